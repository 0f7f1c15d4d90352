"""Pages, pastes and feeds become stories: what is there is found, what is not is not invented."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from newsletter.curator.articles.extraction.page import LARGEST_PAGE, extract, parse_html
from newsletter.curator.editions import page_comparison

URL = "https://echo.example.org/ferry"
STORY = (
    "<p>From the first of May two boats will cross the lake between the mill and the castle, the office said.</p>" * 5
)
MANY = 20_000  # elements: what is quadratic takes minutes with these
WALLED_STORY = (
    "<p>From the first of May two boats will cross the lake between the mill and the castle, the office said.</p>" * 4
)


def walled_page(head: str = "", end: str = "") -> str:
    return (
        f"<html><head><title>Ferry gets a boat</title>{head}</head>"
        f"<body><article><h1>Ferry gets a boat</h1>{WALLED_STORY}{end}</article></body></html>"
    )


def data(more: str) -> str:
    return (
        f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Ferry gets a boat",{more}}}</script>'
    )


def page(more: str, head: str = "") -> str:
    return (
        f"<html><head><title>Ferry gets a second boat</title>{head}</head>"
        f"<body><article><h1>Ferry gets a second boat</h1>{more}{STORY}</article></body></html>"
    )


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


@pytest.mark.parametrize(
    "more",
    [
        "<div>" * MANY,
        "<span class='credit'>" * MANY,
        "<figure><img src=x.jpg><figcaption class=caption>x</figcaption></figure>" * MANY,
        "<h1>Another headline of this page</h1>" * MANY,
        "<time datetime=soon>soon</time>" * MANY,
        "<a class=author>Ann Example</a>" * MANY,
        "<span class='date updated'>soon</span>" * MANY,
        "<figure><img src=x><figcaption>" + "Photo by A B ( " * MANY + "</figcaption></figure>",
        "<p class=byline>" + "By Ann, " * MANY + "</p>",
        f"<p title='{'x' * 1_000_000}'>hello</p>",
    ],
    ids=["divs", "credits", "figures", "headlines", "times", "authors", "dates", "caption", "byline", "attribute"],
)
def test_a_page_of_endless_markup_is_read(more: str) -> None:
    assert extract(page(more), URL).title == "Ferry gets a second boat"
    assert page_comparison.read_page(page(more).encode(), URL).title == "Ferry gets a second boat"


@pytest.mark.parametrize("reference", ["&#1;", "&#x1b;[31m", "&#008", "&#xD800;", "&#xfffe;", "&#0;", "&#1114112;"])
def test_a_reference_to_no_character_costs_no_story(reference: str) -> None:
    """Where a page had an `&#1;`, trafilatura found no body."""
    assert "two boats will cross the lake" in extract(page(f"<p>At the quay{reference}</p>"), URL).text


@pytest.mark.parametrize(
    "head",
    [
        '<script type="application/ld+json">' + "[" * 500_000 + "</script>",
        '<script type="application/ld+json">[' + ",".join(['{"@type":"X"}'] * MANY) + "]</script>",
        "<meta name=a content=b>" * MANY,
    ],
    ids=["nested", "graph", "meta"],
)
def test_a_head_without_end_is_read(head: str) -> None:
    assert extract(page("", head), URL).title == "Ferry gets a second boat"


@pytest.mark.parametrize(
    "data", [random.Random(1).randbytes(300_000), b"\0" * 100_000, b"\xff\xfe" * 50_000, page("").encode("utf-16")]
)
def test_what_is_no_page_is_no_error(data: bytes) -> None:
    extract(data, URL)
    page_comparison.read_page(data, URL)


def test_only_the_top_of_a_page_without_end_is_read() -> None:
    found = extract(page("") + "<p>The very end</p>".rjust(LARGEST_PAGE), URL)
    assert "very end" not in found.text


@pytest.mark.parametrize("encoded", [False, True])
def test_a_page_is_read_to_the_last_character_of_the_limit_and_no_further(encoded: bool) -> None:
    def last(length: int) -> str:
        paragraph = "<p>seventeen chars.</p>\n"
        html = "<html><body>" + paragraph * ((length - 40) // len(paragraph))
        html += f"{' ' * (length - len(html) - len('<p>x'))}<p>x"
        return str(parse_html(html.encode() if encoded else html).text_content())[-1]

    assert (last(LARGEST_PAGE), last(LARGEST_PAGE + 1)) == ("x", " ")


@pytest.mark.parametrize(
    "html",
    [
        walled_page(data('"isAccessibleForFree":false')),
        walled_page(data('"isAccessibleForFree":"False"')),
        walled_page("<meta property='article:content_tier' content='metered'>"),
        walled_page(end="<div class='c-paywall'><h3>Subscribe to continue reading</h3></div>"),
        walled_page(end="<div id='Paywall'><p>Already a subscriber? Log in.</p></div>"),
    ],
)
def test_a_page_that_is_not_free_says_so(html: str) -> None:
    assert extract(html, URL).paywalled


@pytest.mark.parametrize(
    "html",
    [
        walled_page(),
        walled_page(data('"isAccessibleForFree":true')),
        walled_page("<meta property='article:content_tier' content='free'>"),
        walled_page(end="<div class='no-paywall-here'><p>Ferries are free.</p></div>"),
        walled_page(
            end="<p>Subscribe to continue reading, said the sign on the boat, "
            "and everybody laughed about the paywall.</p>"
        ),
    ],
)
def test_a_page_that_is_free_is_not_behind_a_wall(html: str) -> None:
    assert not extract(html, URL).paywalled


@pytest.mark.parametrize(
    ("head", "section"),
    [
        (data('"articleSection":"Lake"'), "Lake"),
        (data('"articleSection":["Lake","Town"]'), "Lake"),
        ("<meta property='article:section' content='News - Lake'>", "News"),
        ("<meta property='article:section' content='Front Page, Lake'>", "Lake"),
        ("<meta property='article:section' content='post'>", ""),
        ("<meta property='article:section' content='https://echo.example.org/lake'>", ""),
        ("", ""),
    ],
)
def test_the_section_is_the_papers_own(head: str, section: str) -> None:
    assert extract(walled_page(head), URL).section == section


@pytest.mark.parametrize("dek", ["Two boats &amp;amp; a mill", "&lt;p&gt;Two boats &amp;amp; a mill&lt;/p&gt;"])
def test_a_standfirst_is_text_however_often_it_was_escaped(dek: str) -> None:
    found = extract(page("", f'<meta property="og:description" content="{dek}">'), URL)
    assert found.dek == "Two boats & a mill"


def test_a_headline_may_be_about_a_tag() -> None:
    head = '<meta property="og:title" content="How to use &lt;details&gt; well">'
    assert extract(f"<html><head>{head}</head><body><p>So.</p></body></html>", URL).title == "How to use <details> well"


def test_a_stamp_between_paragraphs_is_no_part_of_the_story() -> None:
    found = extract(page("<p>Dienstag, 24. November 2026, 7:00 Uhr</p>"), URL)
    assert "Dienstag" not in found.text
    assert found.published_at is not None
