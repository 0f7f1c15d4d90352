"""Placing stories: whatever editors do, the order is the one they see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.catalog import newsletter_settings
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import article_lookup, intake
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import approval, edition_lookup, editions, picks
from newsletter.curator.editions.values import Edition
from newsletter.kernel.errors import BadInput, NotFound, Refused

Told = Callable[..., Article]
TITLES = tuple(f"{what} {verb}" for what in ("Bridge", "Weir", "Mill", "Chapel") for verb in ("opens", "closes"))


def order(edition: Edition) -> dict[str, list[str]]:
    """Headlines by section, as shown."""
    shown: dict[str, list[str]] = {}
    for pick in edition.picks:
        shown.setdefault(pick.section, []).append(pick.headline)
    return shown


def key(edition: Edition, headline: str) -> str:
    return next(pick.key for pick in edition.picks if pick.headline == headline)


@pytest.fixture
def articles(told: Told) -> list[Article]:
    return [told(title) for title in TITLES]


@pytest.fixture
def place(edition: Edition, articles: list[Article], now: datetime) -> Callable[..., Edition]:
    def place(number: int, **where: Any) -> Edition:
        return picks.add_pick(edition.id, articles[number].id, reason="again", now=now, **where)

    return place


def test_stories_fill_the_sections_in_turn_then_the_last(place: Callable[..., Edition]) -> None:
    for number in range(7):
        edition = place(number)
    assert {section: len(titles) for section, titles in order(edition).items()} == {"top": 2, "more": 2, "good": 3}


def test_the_first_story_leads_and_is_number_one(place: Callable[..., Edition]) -> None:
    place(0, section="good")
    edition = place(1, section="top")
    assert [(pick.headline, pick.size, pick.number) for pick in edition.picks] == [
        (TITLES[1], "m", 2),
        (TITLES[0], "l", 1),
    ]


def test_a_new_story_comes_last_even_after_others_were_dropped(
    place: Callable[..., Edition], edition: Edition, now: datetime
) -> None:
    for number in range(4):
        full = place(number, section="top")
    for title in TITLES[:2]:
        picks.drop_pick(edition.id, key(full, title), now=now)
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
    moved = picks.move_pick(edition.id, key(full, TITLES[0]), section="good", position=1, now=now)
    assert [(pick.section, pick.position) for pick in moved.picks] == [("top", 1), ("top", 2), ("good", 1)]


@pytest.mark.parametrize(("position", "expected"), [(1, 0), (2, 1), (3, 2), (99, 2), (0, 0), (-4, 0)])
def test_a_place_beyond_either_end_is_that_end(
    place: Callable[..., Edition], edition: Edition, now: datetime, position: int, expected: int
) -> None:
    for number in range(3):
        full = place(number, section="top")
    moved = picks.move_pick(edition.id, key(full, TITLES[1]), position=position, now=now)
    assert order(moved)["top"].index(TITLES[1]) == expected


def test_a_story_is_placed_once(place: Callable[..., Edition]) -> None:
    place(0)
    with pytest.raises(Refused, match=TITLES[0]):
        place(0, section="good")


def test_what_is_not_there_cannot_be_placed_moved_or_dropped(
    place: Callable[..., Edition], edition: Edition, now: datetime
) -> None:
    before = place(0)
    with pytest.raises(BadInput, match="top, more, good") as refused:
        place(1, section="sports")
    assert refused.value.field == "section"
    with pytest.raises(BadInput):
        picks.move_pick(edition.id, before.picks[0].key, section="sports", position=1, now=now)
    with pytest.raises(NotFound, match="nokey"):
        picks.move_pick(edition.id, "nokey", position=1, now=now)
    with pytest.raises(NotFound, match="nokey"):
        picks.drop_pick(edition.id, "nokey", now=now)
    with pytest.raises(NotFound, match="articles list"):
        picks.add_pick(edition.id, 999, now=now)
    assert edition_lookup.get_edition(edition.id) == before


def test_a_key_of_another_edition_is_not_taken(
    place: Callable[..., Edition], newsletter: Newsletter, now: datetime
) -> None:
    first = place(0)
    other = editions.create_edition(newsletter.id, date(2026, 12, 1), now=now, by="ada@example.com")
    with pytest.raises(NotFound):
        picks.drop_pick(other.id, first.picks[0].key, now=now)
    assert edition_lookup.get_edition(first.id) == first


def test_there_is_one_lead(place: Callable[..., Edition], edition: Edition, now: datetime) -> None:
    place(0)
    full = place(1)
    led = picks.edit_pick(edition.id, key(full, TITLES[1]), size="l", now=now)
    assert {pick.headline: pick.size for pick in led.picks} == {TITLES[0]: "m", TITLES[1]: "l"}


def test_a_section_that_is_taken_away_loses_no_story(
    place: Callable[..., Edition], newsletter: Newsletter, edition: Edition, now: datetime
) -> None:
    for number in range(5):
        place(number)
    newsletter_settings.set_sections(newsletter.id, [("top", "Top stories", 3), ("rest", "The rest", 9)])
    shown = edition_lookup.get_edition(edition.id)
    assert order(shown)["top"] == list(TITLES[:2])
    assert sorted(order(shown)["rest"]) == sorted(TITLES[2:5])
    rendered = approval.preview(edition.id, now=now)
    assert all(title in rendered.html and title in rendered.text for title in TITLES[:5])
    moved = picks.move_pick(edition.id, key(shown, TITLES[4]), position=1, now=now)
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
    newsletter: Newsletter, articles: list[Article], now: datetime, steps: list[tuple[str, int, str, int]]
) -> None:
    day = now.date() + timedelta(days=next(DAYS))  # each example has an edition of its own
    edition = editions.create_edition(newsletter.id, day, now=now, by="ada@example.com")
    expected: dict[str, list[str]] = {"top": [], "more": [], "good": []}
    for what, number, section, position in steps:
        title = TITLES[number]
        holder = next((titles for titles in expected.values() if title in titles), None)
        if what == "pick" and holder is None:
            edition = picks.add_pick(edition.id, articles[number].id, section=section, reason="again", now=now)
            expected[section].append(title)
        elif what == "drop" and holder is not None:
            edition = picks.drop_pick(edition.id, key(edition, title), now=now)
            holder.remove(title)
        elif what == "move" and holder is not None:
            edition = picks.move_pick(edition.id, key(edition, title), section=section, position=position, now=now)
            holder.remove(title)
            expected[section].insert(position - 1, title)
        assert order(edition) == {section: titles for section, titles in expected.items() if titles}
        assert sorted(pick.number for pick in edition.picks) == list(range(1, len(edition.picks) + 1))
        assert sum(pick.size == "l" for pick in edition.picks) <= 1
        places = {section: [pick.position for pick in edition.picks if pick.section == section] for section in expected}
        assert places == {section: list(range(1, len(titles) + 1)) for section, titles in expected.items()}


PICTURE = "https://pictures.example.org/funicular.png"


def test_words_are_copied_when_a_story_is_picked(edition: Edition, told: Told, web: Any, now: datetime) -> None:
    article = told("Funicular reopens", dek="After repairs.", image=PICTURE, credit="Una Crag", publisher="Valley News")
    (pick,) = picks.add_pick(edition.id, article.id, now=now, fetch=web).picks
    assert (pick.headline, pick.blurb, pick.publisher, pick.url) == (
        "Funicular reopens",
        "After repairs.",
        "Valley News",
        article.url,
    )
    assert pick.picture_url.startswith("http://testserver/pictures/")
    assert pick.image_credit == "Una Crag"


def test_a_story_without_its_picture_is_still_picked(edition: Edition, told: Told, web: Any, now: datetime) -> None:
    web.fail(PICTURE)
    article = told("Funicular reopens", image=PICTURE)
    (pick,) = picks.add_pick(edition.id, article.id, now=now, fetch=web).picks
    assert (pick.headline, pick.picture_id) == ("Funicular reopens", None)


def test_a_change_of_the_article_leaves_the_pick_alone(edition: Edition, now: datetime, web: Any, told: Told) -> None:
    article = told("Funicular reopens", dek="After repairs.")
    picks.add_pick(edition.id, article.id, now=now)
    body = "".join(
        f"<p>The funicular stays shut for another {n} weeks, the operator told the council.</p>" for n in range(9)
    )
    web.serve(
        article.url, f"<html><head><title>Funicular stays shut</title></head><body><article>{body}</article></body>"
    )
    assert intake.add_article_from_page(article.url, now=now, fetch=web).article.title == "Funicular stays shut"
    assert edition_lookup.get_edition(edition.id).picks[0].headline == "Funicular reopens"


def test_a_long_standfirst_is_cut_between_words(edition: Edition, told: Told, now: datetime) -> None:
    (pick,) = picks.add_pick(edition.id, told("Long", dek="several words " * 60).id, now=now).picks
    assert len(pick.blurb) <= 480
    assert pick.blurb.removesuffix("…").split()[-1] in ("several", "words")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"headline": " "}, "headline"),
        ({"headline": "h" * 501}, "headline"),
        ({"size": "xl"}, "size"),
        ({"size": "x"}, "size"),
        ({"size": ""}, "size"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"position": 3}, "position"),
    ],
)
def test_an_edit_of_a_story_that_cannot_be_is_refused_naming_its_field(
    filled: Edition, now: datetime, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        picks.edit_pick(filled.id, filled.picks[0].key, now=now, **fields)
    assert refused.value.field == field
    assert edition_lookup.get_edition(filled.id) == filled


def test_words_of_a_story_are_edited_and_its_picture_taken_out(
    edition: Edition, told: Told, web: Any, now: datetime
) -> None:
    article = told("Funicular reopens", image=PICTURE, credit="Una Crag")
    (pick,) = picks.add_pick(edition.id, article.id, now=now, fetch=web).picks
    edited = picks.edit_pick(edition.id, pick.key, now=now, headline="Up we go", label="Transport", no_picture=True)
    (after,) = edited.picks
    assert (after.headline, after.label, after.picture_id, after.picture_url) == ("Up we go", "Transport", None, "")
    assert (after.key, after.blurb) == (pick.key, pick.blurb)
    assert article_lookup.get_article(article.id).title == "Funicular reopens"
