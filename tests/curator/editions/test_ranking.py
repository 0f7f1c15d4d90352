"""Grouping and ranking: one story per event, fresh, varied, not run before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.grouping import group, match_groups, regroup
from newsletter.curator.editions.ranking import RankingCandidate, RankingRule, suggest
from newsletter.curator.editions.track_record import OfferedArticle, learn

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
BRIDGE = "Masons take down the eastern arch of the packhorse bridge stone by stone; buses go round by the quarry for nine weeks."
LIBRARY = "Councillors voted eleven to ten to keep the reading room open at weekends after a petition with two thousand names."


def article(title: str, text: str, hours: float = 1) -> dict[str, object]:
    return {"title": title, "text": text, "published_at": NOW - timedelta(hours=hours)}


def test_two_tellings_of_one_event_are_one_story() -> None:
    found = group(
        [
            article("Bridge closes for nine weeks while masons rebuild an arch", BRIDGE),
            article("Library keeps its weekend by one vote", LIBRARY),
            article(
                "Nine weeks without the packhorse bridge as masons start on its arch",
                BRIDGE.replace("stone by stone", "in numbered stones"),
            ),
        ]
    )
    assert found == [0, 1, 0]


def test_the_story_of_the_day_is_one_however_many_tell_it() -> None:
    tellings = [
        "The Fellside funicular stopped halfway on its slope with forty passengers in it; firemen brought them down "
        "by ladder, said Wardle, who runs it.",
        "Forty passengers were brought down a ladder by firemen after the Fellside funicular stopped halfway up its "
        "slope, the operator Wardle said.",
        "A bearing broke and the funicular of Fellside stopped on the slope; firemen led forty passengers down by "
        "ladder, reports the operator Wardle.",
        "Passengers tell of two hours halfway up the slope in the stopped Fellside funicular, until firemen came "
        "with a ladder for the forty of them.",
        "How firemen with a ladder freed forty passengers from the funicular that stopped halfway up Fellside, and "
        "what its operator Wardle says.",
    ]
    stories = [article(f"Funicular {n}", text) for n, text in enumerate(tellings)]
    others = [
        article("Bridge closes for nine weeks", BRIDGE),
        article("Library keeps its weekend by one vote", LIBRARY),
    ]
    assert group(stories + others) == [0, 0, 0, 0, 0, 1, 2]


def test_two_short_notes_that_share_a_place_and_little_else_are_two_stories() -> None:
    found = group(
        [
            article(
                "Germany: man charged after forty years", "A man was charged in Germany over the killing of a nurse."
            ),
            article(
                "Germany inflation rises", "Prices in Germany rose by two percent in January, the statisticians report."
            ),
            article("Library keeps its weekend by one vote", LIBRARY),
        ]
    )
    assert found == [0, 1, 2]


def test_a_name_counts_for_more_than_a_word_that_anybody_uses() -> None:
    flood = "Heavy rain flooded the cellars of {} overnight; firemen pumped them dry, and the school stayed shut."
    found = group(
        [
            article("Cellars under water", flood.format("Tarnby and of Upper Tarnby, where Mayor Ilse Brandt")),
            article("Night of rain", flood.format("Tarnby and of Upper Tarnby, says Mayor Ilse Brandt")),
            article(
                "Firemen pump all night",
                flood.format("Crookham, and of Lower Crookham by the Wansfell, says Councillor Aled Rees"),
            ),
        ]
    )
    assert found[0] == found[1]


def test_the_same_words_a_month_apart_are_two_events() -> None:
    assert group([article("Bridge closes", BRIDGE), article("Bridge closes", BRIDGE, hours=24 * 30)]) == [0, 1]


@given(st.lists(st.fixed_dictionaries({"title": st.text(max_size=40), "text": st.text(max_size=80)}), max_size=12))
def test_every_article_gets_a_group_counted_from_zero(articles: list[dict[str, str]]) -> None:
    found = group(list(articles))
    assert len(found) == len(articles)
    assert sorted(set(found)) == list(range(len(set(found))))


def candidate(number: int, hours: float = 1, publisher: str = "", group_number: int | None = None) -> RankingCandidate:
    return RankingCandidate(
        number,
        f"T{number}",
        publisher or f"P{number}",
        NOW - timedelta(hours=hours),
        number if group_number is None else group_number,
    )


def test_fresh_comes_before_old() -> None:
    assert [each.id for each in suggest([candidate(1, 30), candidate(2, 1), candidate(3, 8)], wanted=3, now=NOW)] == [
        2,
        3,
        1,
    ]


def test_what_many_tell_comes_first_and_once() -> None:
    found = suggest(
        [
            candidate(1, 3),
            candidate(2, 5, group_number=9),
            candidate(3, 5, group_number=9),
            candidate(4, 5, group_number=9),
        ],
        wanted=4,
        now=NOW,
    )
    assert [each.id for each in found] == [2, 1]
    assert found[0].reason == "5 h old, told by 3 sources (P3, P4 too)"


def test_no_paper_has_more_than_a_third_while_others_wait() -> None:
    pool = [candidate(n, 1, publisher="Loud") for n in range(10)] + [candidate(n, 20) for n in range(10, 16)]
    found = suggest(pool, wanted=9, now=NOW)
    assert sum(each.id < 10 for each in found) == 3


def test_places_are_filled_when_there_is_only_one_paper() -> None:
    assert len(suggest([candidate(n, 1, publisher="Only") for n in range(10)], wanted=6, now=NOW)) == 6


def test_what_ran_or_is_picked_is_not_suggested_again() -> None:
    found = suggest([candidate(1), candidate(2), candidate(3)], wanted=3, now=NOW, already_ran={1}, groups_taken={3})
    assert [each.id for each in found] == [2]


@given(
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from("ABC"), st.integers(0, 4)), max_size=20), st.integers(0, 12)
)
def test_suggestions_are_distinct_and_deterministic(rows: list[tuple[int, str, int]], wanted: int) -> None:
    pool = [candidate(n, hours, publisher, group_number) for n, (hours, publisher, group_number) in enumerate(rows)]
    found = suggest(pool, wanted=wanted, now=NOW)
    assert found == suggest(pool, wanted=wanted, now=NOW)
    assert len(found) == min(wanted, len({c.group for c in pool}))
    assert len({each.id for each in found}) == len(found)


FERRY = replace(candidate(1, 6), title="Ferry gets a second boat", dek="The town pays.", source_id=7, words=300)
ARCH = replace(candidate(2, 5), title="Bridge opens again", source_id=8, tags=("roads",))
RAIN = replace(candidate(3, 4), title="Rain for a week", source_id=8)


def ids(*rules: RankingRule, wanted: int = 3, **more: Any) -> list[int]:
    return [each.id for each in suggest([FERRY, ARCH, RAIN], wanted=wanted, now=NOW, rules=rules, **more)]


def test_an_editors_rule_brings_mutes_or_forces() -> None:
    assert ids()[0] == 1 or ids()[0] == 3
    assert ids(RankingRule("boost", phrase="bridge"))[0] == 2
    assert 3 not in ids(RankingRule("mute", phrase="rain"))
    assert ids(RankingRule("mute", source_id=8)) == [1]
    assert ids(RankingRule("must", phrase="roads"), wanted=1) == [2]  # a tag counts as well
    assert ids(RankingRule("mute", source_id=8), RankingRule("must", phrase="bridge opens")) == [2, 1]


def test_a_phrase_is_whole_words() -> None:
    assert 3 in ids(RankingRule("mute", phrase="rai"))
    assert 3 not in ids(RankingRule("mute", phrase="a week"))


def test_the_reason_names_the_rule_and_the_taste() -> None:
    taste = learn([*[OfferedArticle("Ferry news", "P1", True)] * 9, *[OfferedArticle("Other", "P9", False)] * 40])
    rules = (RankingRule("boost", source_id=7, name="Lake Echo"), RankingRule("boost", phrase="bridge"))
    found = {
        each.id: each.reason for each in suggest([FERRY, ARCH], wanted=2, now=NOW, rules=rules, track_record=taste)
    }
    assert "rule: more of Lake Echo" in found[1]
    assert "this newsletter likes" in found[1]
    assert "rule: more of “bridge”" in found[2]


def test_what_somebody_shortlisted_comes_before_what_is_fresher() -> None:
    assert [each.id for each in suggest([RAIN, replace(ARCH, shortlisted=True)], wanted=2, now=NOW)] == [2, 3]


def test_what_readers_cannot_read_comes_later_and_says_so() -> None:
    found = suggest([replace(RAIN, paywalled=True), ARCH], wanted=2, now=NOW)
    assert [each.id for each in found] == [2, 3]
    assert "behind a paywall" in found[1].reason


def test_a_rule_sends_stories_to_its_section_while_there_is_room() -> None:
    rules = (RankingRule("boost", source_id=8, section="town"),)
    found = suggest([FERRY, ARCH, RAIN], wanted=3, now=NOW, rules=rules, quotas={"top": 2, "town": 1})
    assert {each.id: each.section for each in found} == {1: "", found[0].id: "town"}
    assert found[0].id in (2, 3)


def test_a_second_story_about_the_same_things_waits() -> None:
    talks = replace(
        candidate(1, 1), title="Lakeland and Fellside hold talks", dek="The mayors of Lakeland and Fellside met."
    )
    again = replace(candidate(2, 2), title="Talks between Lakeland, Fellside go on", dek="In Lakeland they met again.")
    otters = replace(candidate(3, 9), title="Otters return", dek="A family of four.")
    others = [replace(candidate(n, 90), title=f"Word{n} alone{n}") for n in range(4, 12)]
    assert [each.id for each in suggest([talks, again, otters, *others], wanted=2, now=NOW)] == [1, 3]


def test_places_taken_count_for_the_share_of_a_paper() -> None:
    mine = [candidate(n, 1, publisher="Loud") for n in range(3)] + [candidate(9, 40, publisher="Quiet")]
    assert [each.id for each in suggest(mine, wanted=1, now=NOW, publishers_taken=["Loud"])] == [9]


@given(st.lists(st.sampled_from(["a", "b", None]), max_size=12), st.data())
def test_groups_go_on_where_most_of_them_is(known: list[str | None], data: st.DataObject) -> None:
    found = data.draw(st.lists(st.integers(0, 3), min_size=len(known), max_size=len(known)))
    kept = match_groups(known, found)
    by_number: dict[int, set[object]] = {}
    for number, label in zip(found, kept, strict=True):
        by_number.setdefault(number, set()).add(label)
    assert all(len(labels) == 1 for labels in by_number.values())  # a group goes on as one
    named = [next(iter(labels)) for labels in by_number.values() if labels != {None}]
    assert len(named) == len(set(named))  # and no two as the same


def test_articles_that_come_later_join_the_stories_there_are() -> None:
    event = "The ferry on the upper lake hit the jetty in fog, and three passengers were hurt, the harbour office said."
    told = [
        {"title": "Ferry hits jetty in fog", "text": event},
        {
            "title": "Otters seen in the mill race",
            "text": "A family of four otters swims below the weir every evening.",
        },
        {"title": "Three hurt as ferry hits jetty", "text": event + " The captain blamed the fog."},
    ]
    found = regroup(told, ["ferry", "otters", None])
    assert match_groups(["ferry", "otters", None], found) == ["ferry", "otters", "ferry"]
