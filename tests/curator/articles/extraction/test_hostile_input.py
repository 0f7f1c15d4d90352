"""Pages, pastes and feeds made to keep us busy: bounded work, never an error. Time and memory: docs/curating.md."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from newsletter.curator.articles import feeds, opml, resources
from newsletter.curator.articles.extraction import pasted, phrases
from newsletter.curator.articles.extraction.page import LARGEST_PAGE, extract, parse_html
from newsletter.curator.articles.feeds import FeedError
from newsletter.curator.editions import page_comparison
from newsletter.kernel.errors import BadInput, Refused

URL = "https://echo.example.org/ferry"
STORY = (
    "<p>From the first of May two boats will cross the lake between the mill and the castle, the office said.</p>" * 5
)
MANY = 20_000  # elements: what is quadratic takes minutes with these


def page(more: str, head: str = "") -> str:
    return (
        f"<html><head><title>Ferry gets a second boat</title>{head}</head>"
        f"<body><article><h1>Ferry gets a second boat</h1>{more}{STORY}</article></body></html>"
    )


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


def test_a_paste_is_read_to_the_last_character_of_the_limit_and_no_further() -> None:
    story = "Ferry gets a second boat\n\nTwo boats will cross the lake between the mill and the castle, said the clerk."
    assert pasted.clean(story.rjust(pasted.LARGEST_PASTE, "\n")).text.endswith("said the clerk.")
    assert not pasted.clean(story.rjust(pasted.LARGEST_PASTE + 1, "\n")).text.endswith("said the clerk.")


def test_as_many_entries_of_a_feed_are_read_as_the_limit_and_no_more() -> None:
    items = "".join(f"<item><title>Ferry {n}</title><link>{URL}/{n}</link></item>" for n in range(501))
    rss = f"<rss version='2.0'><channel><title>Echo</title>{items}</channel></rss>".encode()
    entries = [{"id": str(n), "title": f"Ferry {n}", "url": f"{URL}/{n}"} for n in range(501)]
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "Echo", "items": entries}
    for data in (rss, json.dumps(document).encode()):
        found = feeds.parse(data, URL).entries
        assert (len(found), found[-1].title) == (500, "Ferry 499")


def test_a_list_of_feeds_is_taken_up_to_its_limits() -> None:
    feed = '<outline type="rss" xmlUrl="https://echo.example.org/{}"/>'
    data = f"<opml version='2.0'><body>{''.join(map(feed.format, range(5_001)))}</body></opml>".encode()
    assert len(opml.parse_opml(data)) == opml.MOST_FEEDS == 5_000
    assert len(opml.parse_opml(data.ljust(opml.LARGEST_FILE))) == 5_000
    with pytest.raises(BadInput, match="5 MB"):
        opml.parse_opml(data.ljust(opml.LARGEST_FILE + 1))


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_read_up_to_its_limit(packed: bool, tmp_path: Path) -> None:
    def read(length: int) -> bytes:
        path = tmp_path / ("page.gz" if packed else "page.html")
        path.write_bytes(gzip.compress(bytes(length)) if packed else bytes(length))
        return resources.read_file(path)

    assert len(read(resources.MOST_BYTES)) == resources.MOST_BYTES
    with pytest.raises(Refused, match="10 MB"):
        read(resources.MOST_BYTES + 1)


def test_a_caption_is_searched_for_its_credit_up_to_its_limit() -> None:
    def with_credit(length: int) -> str:
        credit = " (Photo: Ann Example)"
        return phrases.split_caption("b" * (length - len(credit)) + credit)[1]

    assert (with_credit(2000), with_credit(2001)) == ("Ann Example", "")


@pytest.mark.parametrize(
    "text", ["Photo: " * 100_000, "x y\n" * 100_000, "(" * 100_000, "By " * 100_000, "\n\n".join([STORY] * 500)]
)
def test_a_paste_without_end_is_read(text: str) -> None:
    pasted.clean(text)


@pytest.mark.parametrize(
    "data",
    [
        b"<rss><channel>" + b"<item>" * MANY,
        b'<!DOCTYPE r [<!ENTITY a "xxxxxxxxxx">'
        + b"".join(b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1) if n else b"&a;") * 10) for n in range(10))
        + b']><rss version="2.0"><channel><title>&a9;</title><item><title>x</title></item></channel></rss>',
        b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        b'<rss version="2.0"><channel><title>&a;</title><item><title>&a;</title></item></channel></rss>',
    ],
    ids=["nested", "laughs", "entity"],
)
def test_a_feed_of_tricks_gives_little_or_a_reason(data: bytes) -> None:
    try:
        found = feeds.parse(data, "https://echo.example.org/rss")
    except FeedError:
        return
    assert sum(len(entry.title) for entry in found.entries) < 10_000
    assert "root:" not in found.title + "".join(entry.title for entry in found.entries)
