"""Pages, pastes and feeds become stories: what is there is found, what is not is not invented."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.curator.articles.extraction.page import extract

PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Ferry gets a second boat | The Upland Echo</title>
<link rel="canonical" href="/2026/ferry"><meta property="og:site_name" content="The Upland Echo">
<meta property="og:image" content="/pictures/ferry.jpg">\
<meta name="description" content="From May two boats cross the lake.">
<script type="application/ld+json">{"@context":"https://schema.org",\
"@graph":[{"@type":"NewsArticle","headline":"Ferry gets a second boat",
"datePublished":"2026-11-23T18:30:00+01:00",\
"author":[{"@type":"Person","name":"Ann Example"},{"@type":"Person","name":"Bo Sample"}],
"publisher":{"@type":"Organization","name":"The Upland Echo"}}]}</script></head><body>
<nav><a href="/">Home</a> <a href="/news">News</a></nav><article><h1>Ferry gets a second boat</h1>
<figure><img src="/pictures/ferry.jpg" alt="A white ferry at a jetty">\
<figcaption>The new boat on its first day. (Photo: Kim Example)</figcaption></figure>
<p>From the first of May two boats will cross the lake between the mill and the castle, \
the harbour office said on Monday morning.</p>
<p>The second boat was built in 1961 for another lake, and it spent ten years in a barn \
before somebody asked what was under the tarpaulin.</p>
<p>Both boats leave at the same time from opposite shores, so that nobody has to wait longer \
than twenty minutes on a cold jetty.</p></article>
<aside><h2>Sign up for our newsletter</h2><p>The best of the week, every Friday, straight to your inbox.</p></aside>\
<footer>© The Upland Echo</footer></body></html>"""


def test_a_page_yields_everything_it_declares() -> None:
    found = extract(PAGE, "https://echo.example.org/2026/ferry?utm_source=x")
    assert found.title == "Ferry gets a second boat"
    assert found.dek == "From May two boats cross the lake."
    assert found.byline == "Ann Example, Bo Sample"
    assert found.published_at == datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    assert found.publisher == "The Upland Echo"
    assert found.canonical_url == "https://echo.example.org/2026/ferry"
    assert found.image_url == "https://echo.example.org/pictures/ferry.jpg"
    assert (found.image_alt, found.image_caption, found.image_credit) == (
        "A white ferry at a jetty",
        "The new boat on its first day.",
        "Kim Example",
    )
    assert found.language == "en-GB"
    assert found.text.startswith("From the first of May")
    assert "newsletter" not in found.text
    assert "Photo:" not in found.text


def test_a_page_without_a_date_gets_none() -> None:
    assert (
        extract(
            "<html><body><h1>A headline of some length</h1><p>Seen in 1961 and on 3 May 2020.</p></body></html>",
            "https://x.example/",
        ).published_at
        is None
    )


@pytest.mark.parametrize(
    "page",
    [
        "",
        " ",
        "<",
        "<html>",
        "plain words",
        "\x00\x01",
        "<html><body>" + "<div>" * 3000,
        '<?xml version="1.0" encoding="utf-16"?><html/>',
    ],
)
def test_a_page_without_a_story_is_empty_and_no_error(page: str) -> None:
    assert extract(page, "https://x.example/").text == "" or page == "plain words"


def test_a_page_from_an_address_that_is_none_is_read_too() -> None:
    assert extract(PAGE, "http://[").title == "Ferry gets a second boat"
