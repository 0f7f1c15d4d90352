"""States, times and the proof bar as pages show them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import translation
from PIL import Image

from newsletter.catalog import newsletter_settings, newsletters, pictures
from newsletter.curator.editions.states import EditionState
from newsletter.kernel import clock
from newsletter.scheduling.states import OccurrenceState
from newsletter.web.templatetags import desk
from subscribers import subscriber_lookup
from tests.actors import SYSTEM
from tests.conftest import Newsroom

SUMMER = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
WINTER = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


@pytest.fixture
def this_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: WINTER)


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (SUMMER, "Wed 1 Jul, 07:00 BST"),
        (WINTER, "Tue 24 Nov, 06:00 GMT"),
        (datetime(2025, 12, 31, 23, 30, tzinfo=UTC), "Wed 31 Dec 2025, 23:30 GMT"),
        (None, "never"),
    ],
)
def test_an_instant_is_shown_in_its_zone_and_with_another_year(
    this_year: None, instant: datetime | None, words: str
) -> None:
    assert desk.at(instant, "Europe/London") == words


def test_hours_and_the_name_of_their_zone_are_those_of_that_day() -> None:
    assert [
        (desk.hours(each, "Europe/London"), desk.zone_name(each, "Europe/London")) for each in (SUMMER, WINTER)
    ] == [
        ("07:00", "BST"),
        ("06:00", "GMT"),
    ]


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(hours=1, minutes=18), "in 1 h 18 min"),
        (timedelta(minutes=-5), "5 min ago"),
        (timedelta(seconds=29), "just now"),
        (timedelta(seconds=-31), "1 min ago"),
        (timedelta(days=2, hours=3, minutes=5), "in 2 d 3 h"),
    ],
)
def test_a_span_is_said_from_now(span: timedelta, words: str) -> None:
    assert desk.until(WINTER + span, WINTER) == words


def test_the_same_stored_value_has_the_label_of_its_own_enum() -> None:
    assert desk.state_label(EditionState.DRAFT) == EditionState.DRAFT.label
    assert desk.state_label(OccurrenceState.CLAIMED) == "Sending"
    assert 'class="st st--ok"' in desk.state_badge(EditionState.SENT)
    assert "st--mute" in desk.state_badge("a state there is not")


def test_what_stands_in_a_tag_is_escaped() -> None:
    assert "<b>" not in desk.state_badge("<b>")
    assert '"><b>' not in desk.icon('"><b>')


@pytest.mark.parametrize(("number", "text"), [(1234567, "1,234,567"), (0, "0"), (None, "0")])
def test_numbers_are_grouped(number: int | None, text: str) -> None:
    assert desk.thousands(number) == text


def bar(counts: dict[str, int], **excluded: int) -> str:
    mailing: Any = SimpleNamespace(counts=counts, excluded=excluded)
    return str(desk.proof_bar(mailing))


def test_the_proof_bar_says_in_words_what_it_draws() -> None:
    drawn = bar({"unknown": 1, "delivered": 50_000, "accepted": 0}, unsubscribed=3, suppressed=4)
    assert 'aria-label="50,000 delivered, 1 unknown, 7 excluded"' in drawn
    assert drawn.index("p-delivered") < drawn.index("p-unknown") < drawn.index("p-excluded")
    assert "p-accepted" not in drawn


def test_one_subscriber_of_many_is_still_to_be_seen() -> None:
    drawn = bar({"unknown": 1, "delivered": 50_000})
    widths = [float(part.split('%"')[0]) for part in drawn.split('width="')[1:] if "%" in part.split('"')[0]]
    assert min(widths) > 0.3
    assert sum(widths) <= 100


def test_before_anybody_is_in_it_the_bar_says_so() -> None:
    assert 'aria-label="nobody yet"' in bar({})


def test_readers_pages_say_who_publishes_what_they_are_about(
    newsroom: Newsroom, readers: Callable[..., list[int]], now: datetime
) -> None:
    def change(newsletter: Any, **fields: Any) -> None:
        newsletter_settings.change_newsletter(newsletter.id, **fields, by=SYSTEM, now=now, seen=None)

    drawn = io.BytesIO()
    Image.new("RGB", (320, 60), "teal").save(drawn, "PNG")
    logo = pictures.store_picture(drawn.getvalue(), source_url="", now=now)
    change(newsroom.briefing, privacy_url="https://echo.example/privacy", imprint_url="https://echo.example/imprint")
    change(newsroom.other, publication="The Evening Post", privacy_url="https://post.example/privacy")
    newsletter_settings.set_logos(newsroom.other.id, light=logo, dark=None, by=SYSTEM, now=now)
    (reader,) = readers(1)
    signer = subscriber_lookup.get_signer()
    of_the_echo = [
        "/join/morning/",
        "/which/",
        "/archive/",
        "/nothing/",
        "/u/rubbish",
        f"/u/{signer.sign_footer(newsroom.list.id, reader)}",
        f"/p/{signer.sign_footer(newsroom.list.id, reader)}",
    ]
    for path in of_the_echo:
        page = Client().get(path).content.decode()
        assert "The Upland Echo" in page, path
        assert 'href="https://echo.example/privacy"' in page, path
        assert 'href="https://echo.example/imprint"' in page, path
        assert "post.example" not in page, path
    for path in ("/join/evening/", "/embed/evening/"):
        page = Client().get(path).content.decode()
        assert 'href="https://post.example/privacy"' in page, path
        assert "echo.example" not in page, path
    page = Client().get("/join/evening/", headers={"Accept-Language": "de"}).content.decode()
    assert f'src="/pictures/{logo.name}"' in page
    assert 'alt="The Evening Post"' in page
    assert "Datenschutz" in page or "Privacy notice" in page


def test_without_newsletters_or_a_database_readers_pages_are_anonymous(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.find_newsroom() is None
    assert b"pub__home" in Client().get("/which/").content

    def fail(list_ids: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(newsletters, "find_newsroom", fail)
    assert desk.find_newsroom() is None


def test_pieces_that_differ_are_marked_and_all_are_escaped() -> None:
    shown = desk.show_pieces([("Ferry <b> ", False), ("to & fro", True)], "del")
    assert shown == "Ferry &lt;b&gt; <del>to &amp; fro</del>"
    assert desk.show_pieces([], "ins") == '<span class="meta">nothing</span>'


@pytest.mark.parametrize(
    ("stored", "german"),
    [
        ("Subject", "Betreff"),
        ("Headline of “Ferry returns”", "Überschrift von „Ferry returns“"),
        ("Headline of “Man of “steel””", "Überschrift von „Man of “steel”“"),
        ("Text of a box", "Text eines Kastens"),
        ("Blurb of a story", "Kurztext eines Beitrags"),
        ("Story “Men of “steel””", "Beitrag „Men of “steel”“"),
        ("Box “Weather”", "Kasten „Weather“"),
        ("", ""),
    ],
)
def test_what_changed_is_said_in_the_language_of_the_page(stored: str, german: str) -> None:
    with translation.override("de"):
        assert desk.change_label(stored) == german
    assert desk.change_label(stored) == stored


def test_a_large_change_is_named_by_its_first_parts() -> None:
    revisions = tuple(SimpleNamespace(label=each) for each in ("Subject", "Preheader", "Intro", "Signed by", "Blurb"))
    with translation.override("de"):
        assert desk.act_title(SimpleNamespace(revisions=revisions)) == "Betreff, Vorschautext, Einleitung und 2 weitere"  # type: ignore[arg-type]
