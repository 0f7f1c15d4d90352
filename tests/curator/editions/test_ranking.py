"""Grouping and ranking: one story per event, fresh, varied, not run before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.editions.ranking import RankingCandidate, RankingRule, suggest
from newsletter.curator.editions.track_record import OfferedArticle, learn

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


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
    assert found[0].reason == "5 h old, covered by 3 sources (P3, P4 too)"


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
    track_record = learn(
        [*[OfferedArticle("Ferry news", "P1", True)] * 9, *[OfferedArticle("Other", "P9", False)] * 40]
    )
    rules = (RankingRule("boost", source_id=7, name="Lake Echo"), RankingRule("boost", phrase="bridge"))
    found = {
        each.id: each.reason
        for each in suggest([FERRY, ARCH], wanted=2, now=NOW, rules=rules, track_record=track_record)
    }
    assert "rule: more of Lake Echo" in found[1]
    assert "this newsletter likes" in found[1]
    assert "rule: more of “bridge”" in found[2]


def test_what_somebody_shortlisted_comes_before_what_is_fresher() -> None:
    assert [each.id for each in suggest([RAIN, replace(ARCH, shortlisted=True)], wanted=2, now=NOW)] == [2, 3]


def test_what_subscribers_cannot_read_comes_later_and_says_so() -> None:
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
