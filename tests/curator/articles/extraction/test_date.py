"""When a story was published: found wherever a page says it, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.extraction.date import find_in_url, parse_declared, parse_written
from newsletter.curator.articles.extraction.page import extract

STORY = (
    "<p>The ferry of the upper lake carried more people than in the year before, and nobody on 3 May 2020 knew quite "
    "why.</p>" * 3
)


def page(head: str = "", above: str = "", below: str = "") -> str:
    return (
        f"<html><head>{head}</head><body><nav><ul><li><time datetime='2001-01-01'>1 January 2001</time></li></ul></nav>"
        f"<article><h1>The ferry carries more people</h1>{above}{STORY}</article>"
        f"<aside><time datetime='2002-02-02'>2 February 2002</time><span class='date'>3 March 2003</span></aside>"
        f"{below}<footer><p class='date'>Copyright 4 April 2004</p></footer></body></html>"
    )


@pytest.mark.parametrize(
    "message",
    [
        page("<meta property='article:published' content='2026-11-24T00:00:00Z'>"),
        page("<meta property='article:published_time' content='November 24, 2026, 07:47 PM EST'>"),
        page("<meta name='pubdate' content='20261124'>"),
        page("<meta name='sn-post-date' content='2026/11/24'>"),
        page(above="<div><time datetime='2026-11-24T00:00:00.000Z'>1 day ago</time></div>"),
        page(above="<time class='pub-date' itemprop='published'>November 24, 2026</time>"),
        page(above="<span class='label'>Published</span> <span class='date date-published'>24 November 2026</span>"),
        page(above="<div class='byline-date'>Nov. 24th, 2026, 07:47 PM EST</div>"),
        page(above="<p>By Ann Lee</p><p><em>Tuesday, November 24, 2026 at 9:02 AM</em></p>"),
        page(above="<p>Published: 24 November 2026</p>"),
        page(above="<p>24.11.2026</p>"),
        page(above="<p>By ANN EXAMPLE - 2026-11-24</p>"),
        page(above="<p class='date'>24 de noviembre de 2026</p>"),
        page(above="<p class='date'>le 24 novembre 2026</p>"),
        page(above="<p>am 24.11.2026, 13:36 Uhr</p>"),
        page(above="<span>24.11.26</span>"),
        page(above="<ul><li>24/11/2026</li></ul>"),
        page(above="<p>24 ноября 2026</p>"),
        page(above="<p>Published 24 November 2026 · updated 25 November 2026</p>"),
        page(above="<p>Publicado em 24 de novembro de 2026 às 7h00 · Atualizado há 2 horas</p>"),
        page(above="<p>24 listopada 2026</p>"),
        page(above="<p>2026年11月24日</p>"),
        page(above="<div>7:00 / 24.11.2026 / Ann Example</div>"),
        page(above="<footer><span>24.11.2026</span></footer>"),
        page(above="<meta itemprop='datePublished' content='2026-11-24'>"),
        page("<meta name='citation_publication_date' content='2026/11/24'>"),
        page("<meta name='DC.date.issued' content='2026-11-24T14:57:21Z'>"),
        page(
            "<script type='application/ld+json'>{'@type':'WebPage','datePublished':'2026-11-24'}</script>".replace(
                "'@type':'WebPage','datePublished':'2026-11-24'", '"@type":"WebPage","datePublished":"2026-11-24"'
            )
        ),
        page(
            above="<div class='date'>Updated 25 November 2026</div><div class='date'>Published 24 November 2026</div>"
        ),
    ],
)
def test_a_date_is_found_where_the_page_says_it(message: str) -> None:
    found = extract(message, "https://echo.example.org/ferry").published_at
    assert found is not None
    assert found.date().isoformat() == "2026-11-24"


@pytest.mark.parametrize(
    "silent",
    [
        page(),
        page(
            above="<p class='lead'>The line opened on 24 November 1926 and closed in 1974, "
            "as everybody here knows to this day.</p>"
        ),
        page(above="<div class='date'>Updated 25 November 2026</div>"),
        page(above="<time datetime='2026-11-25' class='modified'>25 November 2026</time>"),
        page(above="<p>Last updated: 25 November 2026</p>"),
        page(above="<p>Von Ann Beispiel aktualisiert am 25. November 2026</p>"),
        page(above="<p>By the end of the fair on 25 November 2026</p>"),
        page("<meta name='date' content='1970-01-01T00:00:00Z'>"),
        page("<meta property='article:published_time' content='0001-01-01'>"),
        page("<meta name='pubdate' content='soon'>"),
        page(below="<ul><li class='date'>24 November 2026</li></ul>"),
        page(below="<div class='comments'><p class='date'>24 November 2026</p></div>"),
        page(above="<p>© Ann Example, 24.11.2026</p>"),
        page(above="<p>Version 4.8.12</p>"),
        page("<meta property='article:publisher' content='https://example.com/2026/11/24/us'>"),
    ],
)
def test_none_is_invented(silent: str) -> None:
    assert extract(silent, "https://echo.example.org/ferry").published_at is None


@pytest.mark.parametrize("name", ["date", "DC.date.created", "citation_date"])
def test_a_date_that_does_not_say_of_what_counts_where_none_is_shown(name: str) -> None:
    tag = f"<meta name='{name}' content='2026-11-30'>"
    declared = "<meta property='article:published_time' content='2026-11-20'>"
    shown = "<p>24 November 2026</p>"
    found = [extract(each, "").published_at for each in (page(tag), page(tag, shown), page(tag + declared, shown))]
    assert [day and day.day for day in found] == [30, 24, 20]


@pytest.mark.parametrize(
    ("declared", "day"), [("2026-11-23T21:30:00Z", 24), ("2026-11-25T02:00:00Z", 24), ("2026-11-20", 20)]
)
def test_a_day_shown_beside_the_declared_one_is_the_papers_own(declared: str, day: int) -> None:
    tag = f"<meta property='article:published_time' content='{declared}'>"
    found = extract(page(tag, "<p>24 November 2026</p>"), "").published_at
    assert found is not None
    assert found.day == day


@pytest.mark.parametrize(
    "shown",
    [
        "<p>By Ann Example on November 24, 2026</p>",
        "<div>Veröffentlicht am 24. November 2026 von Ann Example in Allgemein</div>",
        "<p>Publié par Ann Example le 24 novembre 2026 à 10h30</p>",
        "<p>Par <a>Ann Example</a> Publié le 24/11/2026 à 10:30</p>",
    ],
)
def test_a_date_is_read_beside_its_author(shown: str) -> None:
    found = extract(page(above=shown), "").published_at
    assert found is not None
    assert found.date().isoformat() == "2026-11-24"


def test_the_day_in_an_address_counts_where_the_page_says_nothing() -> None:
    found = extract(page(), "https://echo.example.org/2026/11/24/ferry.html").published_at
    assert found == datetime(2026, 11, 24, tzinfo=UTC)
    assert find_in_url("https://echo.example.org/2026/13/24/x") is None
    assert find_in_url("https://echo.example.org/item/20261124/1") is None


@given(st.datetimes(datetime(1990, 1, 2), datetime(2199, 12, 30)), st.integers(-12, 14))
def test_a_date_for_machines_is_read_in_its_zone(moment: datetime, hours: int) -> None:
    local = moment.replace(microsecond=0, tzinfo=timezone(timedelta(hours=hours)))
    assert parse_declared(local.isoformat()) == local


@given(st.dates(datetime(1990, 1, 1).date(), datetime(2199, 12, 31).date()))
def test_a_date_in_words_is_read(day: datetime) -> None:
    for way in (
        f"{day:%d %B %Y}",
        f"{day:%B %d, %Y}",
        f"{day:%b}. {day.day}, {day:%Y}",
        f"{day:%d.%m.%Y}",
        f"{day:%Y-%m-%d}",
    ):
        found = parse_written(way)
        assert found is not None, way
        assert (found.year, found.month, found.day) == (day.year, day.month, day.day), way


@pytest.mark.parametrize(
    ("written", "language", "day"),
    [
        ("03/04/2026", "en", "2026-03-04"),
        ("03/04/2026", "en-GB", "2026-04-03"),
        ("03/04/2026", "fr", "2026-04-03"),
        ("13/04/2026", "en", "2026-04-13"),
        ("mar., 17 févr. 2026", "fr", "2026-02-17"),
        ("31. října 2026", "cs", "2026-10-31"),
        ("2026. május 3.", "hu", "2026-05-03"),
        ("14 Haziran 2026", "tr", "2026-06-14"),
        ("2026년 5월 6일", "ko", "2026-05-06"),
        ("2016/6/29", "", "2016-06-29"),
        ("24 नवंबर 2026, 07:00 IST", "hi", "2026-11-24"),
        ("24 พฤศจิกายน 2026", "th", "2026-11-24"),
        ("Tue Nov 24 15:28:56 CET 2026", "de", "2026-11-24"),
        ("Room 41.41.2026, 24.11.2026", "de", "2026-11-24"),
    ],
)
def test_a_date_is_read_in_the_language_of_its_page(written: str, language: str, day: str) -> None:
    found = parse_written(written, language)
    assert found is not None
    assert found.date().isoformat() == day


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_none(text: str) -> None:
    for found in (parse_declared(text), parse_written(text), find_in_url(text)):
        assert found is None or found.tzinfo is not None
