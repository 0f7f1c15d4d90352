"""Where a story stands in its section."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.catalog import newsletter_settings
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import approval, edition_lookup, editions, picks
from newsletter.curator.editions.values import Edition
from tests.actors import SYSTEM
from tests.curator.editions.conftest import key

AddArticle = Callable[..., Article]
TITLES = tuple(f"{what} {verb}" for what in ("Bridge", "Weir", "Mill", "Chapel") for verb in ("opens", "closes"))


def move(edition_id: int, key: str, position: int, *, section: str | None = None, now: datetime) -> Edition:
    """Moves a story to a place (from 1), as the command line does."""
    after = picks.find_key_before(edition_lookup.get_edition(edition_id), key, position=position, section=section)
    return picks.move_pick(edition_id, key, after=after, section=section, by=SYSTEM, now=now)


def order(edition: Edition) -> dict[str, list[str]]:
    """Headlines by section, as shown."""
    shown: dict[str, list[str]] = {}
    for pick in edition.picks:
        shown.setdefault(pick.section, []).append(pick.headline)
    return shown


def test_stories_fill_the_sections_in_turn_then_the_last(place: Callable[..., Edition]) -> None:
    for number in range(7):
        edition = place(number)
    assert {section: len(titles) for section, titles in order(edition).items()} == {"top": 2, "more": 2, "good": 3}


def test_a_new_story_comes_last_even_after_others_were_dropped(
    place: Callable[..., Edition], edition: Edition, now: datetime
) -> None:
    for number in range(4):
        full = place(number, section="top")
    for title in TITLES[:2]:
        picks.drop_pick(edition.id, key(full, title), now=now, content_hash=None, by=SYSTEM)
    assert order(place(4, section="top"))["top"] == [TITLES[2], TITLES[3], TITLES[4]]


def test_a_story_can_be_placed_in_the_middle(place: Callable[..., Edition]) -> None:
    place(0, section="top")
    place(1, section="top")
    assert order(place(2, section="top", position=2))["top"] == [TITLES[0], TITLES[2], TITLES[1]]


def test_a_story_that_leaves_its_section_leaves_no_gap(
    place: Callable[..., Edition], edition: Edition, now: datetime
) -> None:
    for number in range(3):
        full = place(number, section="top")
    moved = move(edition.id, key(full, TITLES[0]), 1, section="good", now=now)
    assert [(pick.section, pick.position) for pick in moved.picks] == [("top", 1), ("top", 2), ("good", 1)]


@pytest.mark.parametrize(("position", "expected"), [(1, 0), (2, 1), (3, 2), (99, 2), (0, 0), (-4, 0)])
def test_a_place_beyond_either_end_is_that_end(
    place: Callable[..., Edition], edition: Edition, now: datetime, position: int, expected: int
) -> None:
    for number in range(3):
        full = place(number, section="top")
    moved = move(edition.id, key(full, TITLES[1]), position, now=now)
    assert order(moved)["top"].index(TITLES[1]) == expected


def test_a_section_that_is_taken_away_loses_no_story(
    place: Callable[..., Edition], newsletter: Newsletter, edition: Edition, now: datetime
) -> None:
    for number in range(5):
        place(number)
    newsletter_settings.set_sections(
        newsletter.id, [("top", "Top stories", 3), ("rest", "The rest", 9)], seen=None, by=SYSTEM, now=now
    )
    shown = edition_lookup.get_edition(edition.id)
    assert order(shown)["top"] == list(TITLES[:2])
    assert sorted(order(shown)["rest"]) == sorted(TITLES[2:5])
    rendered = approval.preview(edition.id)
    assert all(title in rendered.html and title in rendered.text for title in TITLES[:5])
    moved = move(edition.id, key(shown, TITLES[4]), 1, now=now)
    others = [title for title in order(shown)["rest"] if title != TITLES[4]]
    assert order(moved)["rest"] == [TITLES[4], *others]
    assert [pick.position for pick in moved.picks if pick.section == "rest"] == [1, 2, 3]


DAYS = count(1)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pick", "move", "drop"]),
        st.integers(0, len(TITLES) - 1),
        st.sampled_from(["top", "more", "good"]),
        st.integers(1, 9),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_sequence_of_changes_gives_the_order_of_a_plain_list(
    newsletter: Newsletter, feed_articles: list[Article], now: datetime, steps: list[tuple[str, int, str, int]]
) -> None:
    day = now.date() + timedelta(days=next(DAYS))  # each example has an edition of its own
    edition = editions.create_edition(newsletter.id, day, now=now, by=SYSTEM)
    expected: dict[str, list[str]] = {"top": [], "more": [], "good": []}
    for what, number, section, position in steps:
        title = TITLES[number]
        holder = next((titles for titles in expected.values() if title in titles), None)
        if what == "pick" and holder is None:
            edition = picks.add_pick(
                edition.id, feed_articles[number].id, section=section, reason="again", now=now, by=SYSTEM
            )
            expected[section].append(title)
        elif what == "drop" and holder is not None:
            edition = picks.drop_pick(edition.id, key(edition, title), now=now, content_hash=None, by=SYSTEM)
            holder.remove(title)
        elif what == "move" and holder is not None:
            edition = move(edition.id, key(edition, title), position, section=section, now=now)
            holder.remove(title)
            expected[section].insert(position - 1, title)
        assert order(edition) == {section: titles for section, titles in expected.items() if titles}
        assert sorted(pick.number for pick in edition.picks) == list(range(1, len(edition.picks) + 1))
        assert sum(pick.size == "l" for pick in edition.picks) <= 1
        places = {section: [pick.position for pick in edition.picks if pick.section == section] for section in expected}
        assert places == {section: list(range(1, len(titles) + 1)) for section, titles in expected.items()}
