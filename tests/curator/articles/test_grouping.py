"""Which articles are one story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.grouping import group, match_groups, regroup

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


BRIDGE = (
    "Masons take down the eastern arch of the packhorse bridge stone by stone; "
    "buses go round by the quarry for nine weeks."
)


LIBRARY = (
    "Councillors voted eleven to ten to keep the reading room open at weekends "
    "after a petition with two thousand names."
)


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
    add_article = [
        {"title": "Ferry hits jetty in fog", "text": event},
        {
            "title": "Otters seen in the mill race",
            "text": "A family of four otters swims below the weir every evening.",
        },
        {"title": "Three hurt as ferry hits jetty", "text": event + " The captain blamed the fog."},
    ]
    found = regroup(add_article, ["ferry", "otters", None])
    assert match_groups(["ferry", "otters", None], found) == ["ferry", "otters", "ferry"]
