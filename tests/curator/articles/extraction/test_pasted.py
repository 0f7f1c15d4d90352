"""Pasted text: the story without what surrounds it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.extraction import pasted, phrases

STORY = (
    "<p>From the first of May two boats will cross the lake between the mill and the castle, the office said.</p>" * 5
)


PASTED = """Clock stops for the third time this year

The town clock, as it stood on Monday
(Image credit: Kim Example/Valley Pictures)

The town clock of Upland stopped at twenty past four on Monday afternoon, for the third time this year \
and for the same reason as before.

Jackdaws had built a nest between the wheels, the clock keeper said, \
and this time they had used the rope that was meant to keep them out.

Subscribe to The Valley Post

Get the facts behind the news, every day, with a view from the hill.

SUBSCRIBE & SAVE
https://pictures.example.com/promo/offer123.jpg

Sign up for The Valley Post's Free Newsletters

From the morning briefing to a weekly letter of good news, get the best of the paper delivered directly to your inbox.

Sign up
To continue reading this article...
Already a subscriber to The Valley Post?
Not sure which email you used for your subscription? Contact us
Robin Sample, The Valley Post UK

Robin has worked as a reporter and editor at the paper since 2009. She covers clocks, rivers and the council, \
and has written a book about all three of them.
"""


def test_pasted_text_yields_the_story_without_the_promotion() -> None:
    found = pasted.clean(PASTED)
    assert found.title == "Clock stops for the third time this year"
    assert found.image_caption == "The town clock, as it stood on Monday"
    assert found.image_credit == "Kim Example/Valley Pictures"
    assert [paragraph[:14] for paragraph in found.text.split("\n\n")] == ["The town clock", "Jackdaws had b"]
    assert found.byline == "Robin Sample"
    assert found.publisher == "The Valley Post UK"
    assert found.image_url == "", "the only address in it belongs to the promotion"
    assert found.published_at is None
    assert found.biography.startswith("Robin has worked")


def test_pasted_navigation_byline_and_date_are_told_from_the_story() -> None:
    text = (
        "Ferry gets a second boat | The Upland Echo\nHome\nNews\nSport\n"
        "Ferry gets a second boat\nBy Ann Example\nPublished 23 November 2026\n" + PASTED.split("\n\n", 2)[2]
    )
    found = pasted.clean(text, "https://echo.example.org/ferry")
    assert found.title == "Ferry gets a second boat"
    assert found.byline == "Ann Example"
    assert found.published_at == datetime(2026, 11, 23, tzinfo=UTC)
    assert found.canonical_url == "https://echo.example.org/ferry"


LONG = (
    "The keeper of the clock has climbed the tower every week for forty years, "
    "and she says that no year had as many birds as this one has."
)


def test_a_pasted_story_goes_on_behind_a_box_of_other_stories() -> None:
    first, second = PASTED.split("\n\n")[2:4]
    found = pasted.clean(
        f"Clock stops again\n\n{first}\n\n{second}\n\nRelated articles\n\nBridge to close\n\n{LONG}\n\n{second} "
        f"Again.\n\n{first} Twice."
    )
    assert "The keeper of the clock has climbed" in found.text
    assert found.text.endswith("Twice.")
    assert "Related articles" not in found.text


@pytest.mark.parametrize(
    "other",
    [
        "This website uses cookies to improve your experience while you are here, and we assume that you are fine "
        "with that until you say otherwise.",
        "Out of these cookies, the cookies that are categorised as necessary are stored by your browser, for without "
        "them nothing here works at all.",
        "Share your thoughts with friends.",
        "The council met on Tuesday to talk about the bridge, the library, the school, the swimming pool and, once "
        "more, about the question of the bri...",
    ],
)
def test_notices_and_the_beginnings_of_other_stories_are_not_the_story(other: str) -> None:
    story = PASTED.split("\n\n")[2:4]
    found = pasted.clean(
        "\n".join(["Clock stops again", *story, other, "News", "Sport", "Weather", other, "Home", "Contact", other])
    )
    assert found.text.split("\n\n") == story


def test_other_stories_behind_the_end_of_a_long_one_are_dropped() -> None:
    story = [f"{LONG} It was so in the year {year}, too." for year in range(2001, 2012)]
    others = [
        line
        for n in range(8)
        for line in (f"Another headline of the newsroom, number {n}", f"{LONG} But this is story {n}.")
    ]
    menu = ["Most read", "News", "Comments"]
    found = pasted.clean("\n".join(["Clock stops again", *menu, *story, "Share your thoughts with friends.", *others]))
    assert found.text.split("\n\n") == story


def test_a_standfirst_above_the_caption_is_no_paragraph() -> None:
    title, rest = PASTED.split("\n\n", 1)
    found = pasted.clean(f"{title}\n\nThe keeper of the clock knows who did it, and they have wings again.\n\n{rest}")
    assert found.dek == "The keeper of the clock knows who did it, and they have wings again."
    assert found.image_credit == "Kim Example/Valley Pictures"
    assert found.text.startswith("The town clock of Upland stopped")


@pytest.mark.parametrize(
    "line",
    [
        "Download our app to get the news on your phone.",
        "Start your free trial",
        "Support independent journalism. Donate to the Echo today.",
        "This article originally appeared on the Upland Echo: Clock stops",
        "Leggi anche: Un orologio fermo",
        "[Related: Why clocks stop]",
        "The clock at noon. (AP Photo/Kim Example)",
    ],
)
def test_promotion_and_captions_between_paragraphs_are_dropped(line: str) -> None:
    first, second = PASTED.split("\n\n")[2:4]
    found = pasted.clean(f"Clock stops for the third time\n\n{first}\n\n{line}\n\n{second}")
    assert found.text == f"{first}\n\n{second}"


@pytest.mark.parametrize(
    "line",
    [
        "Try as they might, the jackdaws could not open it.",
        "Follow the river on foot and you come to the mill.",
        "Support for the clock keeper grew on Tuesday.",
        "Also on Tuesday the council met.",
        "Related costs rose by a third.",
        "Reach the mill before noon and you will find the door open.",
        "Follow the coverage of the moss from the gate to the weir.",
    ],
)
def test_sentences_that_begin_like_promotion_are_the_story(line: str) -> None:
    assert not phrases.is_promotion(line)


@given(st.text(max_size=600))
def test_any_pasted_text_is_read(text: str) -> None:
    found = pasted.clean(text)
    assert all(
        line in " ".join(text.replace("\u00ad", "").replace("\x00", "").split()) for line in found.text.split("\n\n")
    )


def test_a_paste_is_read_to_the_last_character_of_the_limit_and_no_further() -> None:
    story = "Ferry gets a second boat\n\nTwo boats will cross the lake between the mill and the castle, said the clerk."
    assert pasted.clean(story.rjust(pasted.LARGEST_PASTE, "\n")).text.endswith("said the clerk.")
    assert not pasted.clean(story.rjust(pasted.LARGEST_PASTE + 1, "\n")).text.endswith("said the clerk.")


@pytest.mark.parametrize(
    "text", ["Photo: " * 100_000, "x y\n" * 100_000, "(" * 100_000, "By " * 100_000, "\n\n".join([STORY] * 500)]
)
def test_a_paste_without_end_is_read(text: str) -> None:
    pasted.clean(text)


COPIED = (
    "<meta charset='utf-8'><nav><a href='/'>Home</a></nav><article><h1>Ferry gets a second boat</h1>"
    "<img src='https://echo.example.org/a.jpg' alt='The boat'><time datetime='2026-11-24'>today</time>"
    f"<p>{LONG}</p><ul><li>Mill: 7:00</li><li>Castle: 7:20</li></ul><p>{LONG} It was so in 1961.</p></article>"
)


def test_what_a_browser_copied_as_markup_is_read_as_a_page() -> None:
    text = f"Home\nFerry gets a second boat\nBy Ann Example\n{LONG}\n{LONG} It was so in 1961."
    found = pasted.clean_copied(text, COPIED, "https://echo.example.org/ferry")
    assert found.published_at == datetime(2026, 11, 24, tzinfo=UTC)
    assert (found.title, found.byline) == ("Ferry gets a second boat", "Ann Example")
    assert "Castle: 7:20" in found.text


def test_markup_that_is_no_page_or_a_mail_is_left_alone() -> None:
    text = f"Ferry gets a second boat\n\n{LONG}\n\n{LONG} Again."
    for html in ("", "<b>", "<p>Ferry</p>"):
        assert pasted.clean_copied(text, html) == pasted.clean(text)
    mail = f"Do not print this note, ever.\n\nFrom: ann@example.com\nTo: bo@example.com\nSubject: Ferry\n\n{LONG}"
    markup = f"<h1>Ferry</h1><p>Do not print this note, ever.</p><p>{LONG}</p>"
    assert "note" not in pasted.clean_copied(mail, markup).text


def test_a_heading_above_a_list_stays() -> None:
    said = "From the first of May two boats will cross the lake between the mill and the castle, the office said."
    found = pasted.clean(
        f"Ferry gets a second boat\n\n{said}\n\nWhat changes\n* Two boats\n* Every half hour\n\n{said}"
    )
    assert "What changes\n\n* Two boats" in found.text
