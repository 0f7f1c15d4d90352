"""RSS, Atom and JSON Feed."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles import feeds
from newsletter.curator.articles.feeds import FeedError
from newsletter.kernel.errors import Refused

URL = "https://echo.example.org/ferry"
MANY = 20_000  # elements: what is quadratic takes minutes with these


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>\
<title>Echo &amp; Post RSS</title>
<link>https://echo.example.org</link>
<item><title>Two &lt;b&gt;boats&lt;/b&gt; &amp;amp; a barn</title><link>/a?utm_source=rss</link><guid>id-1</guid>\
<pubDate>Mon, 23 Nov 2026 18:30:00 +0100</pubDate>
<description>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt; Continue reading</description>
<media:content url="pictures/a.jpg" medium="image"><media:credit>Photo: Kim Example</media:credit>\
<media:description>The boats.</media:description></media:content></item>
<item><title>No date, no id</title><link>https://echo.example.org/b</link></item>
<item><description>Nothing but words, and no headline at all here.</description></item></channel></rss>"""


def test_a_feed_is_read_as_it_is() -> None:
    feed = feeds.parse(RSS.encode(), "https://echo.example.org/feed.xml")
    first, second = feed.entries[:2]
    assert feed.title == "Echo & Post RSS"
    assert (first.title, first.dek, first.key) == ("Two boats & a barn", "One. Two.", "id-1")
    assert first.url == "https://echo.example.org/a?utm_source=rss"
    assert first.published_at == datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    assert (first.image_url, first.image_credit, first.image_caption) == (
        "https://echo.example.org/pictures/a.jpg",
        "Kim Example",
        "The boats.",
    )
    assert second.published_at is None, "an invented date is worse than none"
    assert second.key == "https://echo.example.org/b"


def test_atom_with_only_an_updated_date_has_a_date() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title>'
        "<entry><title>T</title><id>x</id><updated>2026-11-24T05:00:00Z</updated></entry></feed>"
    )
    assert feeds.parse(atom.encode(), "https://x.example/").entries[0].published_at == datetime(
        2026, 11, 24, 5, 0, tzinfo=UTC
    )


def test_a_broken_feed_that_yields_entries_is_a_feed() -> None:
    assert len(feeds.parse(RSS[: RSS.index("<item><description>")].encode(), "https://x.example/").entries) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "nothing at all"),
        (
            b"<!DOCTYPE html><html><head><link rel='alternate' type='application/rss+xml' href='/rss'></head></html>",
            "https://x.example/rss",
        ),
        (b"<html><body>Hello</body></html>", "RSS or Feed"),
        (b"\x89PNG\r\n", "not an RSS, Atom or JSON feed"),
        (b"just words", "not an RSS, Atom or JSON feed"),
    ],
)
def test_what_is_no_feed_is_said_with_the_remedy(data: bytes, message: str) -> None:
    with pytest.raises(feeds.FeedError, match=message):
        feeds.parse(data, "https://x.example/feed")


@given(st.binary(max_size=400))
def test_any_bytes_are_a_feed_or_an_error(data: bytes) -> None:
    try:
        feeds.parse(data, "https://x.example/feed")
    except feeds.FeedError as error:
        assert "https://x.example/feed" in str(error)


JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "The Fellside Paper", \
"home_page_url": "https://paper.example.org/",
 "language": "en-GB", "items": [
 {"id": 7, "url": "/bridge", "title": "Bridge <b>shut</b>", "summary": "For a week.", \
"date_published": "2026-11-24T05:00:00+01:00",
  "authors": [{"name": "By Ann Lee"}, {"name": "Ben Ray"}], "image": "https://paper.example.org/bridge.jpg",
  "content_html": "<p>The bridge is shut.</p><script>alert(1)</script><a href='javascript:alert(1)'>More</a>"},
 {"id": "8", "external_url": "https://other.example.org/x", "content_text": "A note of <five> words here.", \
"author": {"name": "Cleo"}},
 {"id": "9"}, "rubbish", {"id": "7", "title": "Twice"}]}"""


def test_a_json_feed_is_a_feed() -> None:
    feed = feeds.parse(b"\xef\xbb\xbf" + JSON_FEED.encode(), "https://paper.example.org/feed.json")
    assert (feed.title, feed.homepage, feed.language) == ("The Fellside Paper", "https://paper.example.org/", "en-GB")
    bridge, note = feed.entries
    assert (bridge.key, bridge.url, bridge.title, bridge.dek) == (
        "7",
        "https://paper.example.org/bridge",
        "Bridge shut",
        "For a week.",
    )
    assert bridge.author == "Ann Lee, Ben Ray"
    assert bridge.published_at is not None
    assert bridge.published_at.isoformat() == "2026-11-24T04:00:00+00:00"
    assert "The bridge is shut." in bridge.content_html
    assert "script" not in bridge.content_html
    assert (note.title, note.author, note.published_at) == ("A note of <five> words here.", "Cleo", None)


@pytest.mark.parametrize(
    "data", [b"{", b'{"items": 5}', b'{"title": "no items"}', b"{" * 100_000, b'{"items": [[[]]], "title": []']
)
def test_json_that_is_no_feed_is_refused_with_words(data: bytes) -> None:
    with pytest.raises(Refused, match=r"feed\.json"):
        feeds.parse(data, "https://paper.example.org/feed.json")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


NAMES = ["id", "url", "title", "authors", "author", "image", "date_published", "content_html", "summary", "language"]


@given(
    st.lists(st.dictionaries(st.sampled_from(NAMES), JSON_VALUES)),
    st.dictionaries(st.sampled_from(["title", "language"]), JSON_VALUES),
)
def test_whatever_stands_in_a_json_feed_it_is_read(items: list[dict[str, Any]], head: dict[str, Any]) -> None:
    import json

    feed = feeds.parse(json.dumps(head | {"items": items}).encode(), "https://paper.example.org/feed.json")
    assert all(replace(each).title for each in feed.entries)


def test_as_many_entries_of_a_feed_are_read_as_the_limit_and_no_more() -> None:
    items = "".join(f"<item><title>Ferry {n}</title><link>{URL}/{n}</link></item>" for n in range(501))
    rss = f"<rss version='2.0'><channel><title>Echo</title>{items}</channel></rss>".encode()
    entries = [{"id": str(n), "title": f"Ferry {n}", "url": f"{URL}/{n}"} for n in range(501)]
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "Echo", "items": entries}
    for data in (rss, json.dumps(document).encode()):
        found = feeds.parse(data, URL).entries
        assert (len(found), found[-1].title) == (500, "Ferry 499")


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


def read(item: str, channel: str = "<link>https://echo.example.org/</link>", url: str = URL) -> feeds.Feed:
    namespaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    )
    rss = f'<rss version="2.0" {namespaces}><channel><title>Top Stories</title>{channel}{item}</channel></rss>'
    return feeds.parse(rss.encode(), url)


def read_item(more: str, **how: str) -> feeds.Entry:
    return read(f"<item><title>Ferry</title><link>/ferry</link>{more}</item>", **how).entries[0]


def test_categories_and_all_authors_of_an_entry_are_read() -> None:
    entry = read_item(
        "<category>Lake</category><category>Town</category><category>Lake</category>"
        "<dc:creator>Ann Example and Bo Sample</dc:creator><dc:creator>Kim Trial</dc:creator>"
    )
    assert entry.categories == ("Lake", "Town")
    assert entry.author == "Ann Example, Bo Sample, Kim Trial"


def test_an_entry_of_another_paper_names_it() -> None:
    entry = read(
        "<item><title>Ferry gets a boat - The Upland Echo</title><link>https://echo.example.org/f</link>"
        '<source url="https://echo.example.org">The Upland Echo</source></item>'
    ).entries[0]
    assert (entry.title, entry.publisher) == ("Ferry gets a boat", "The Upland Echo")


def test_a_thread_is_no_paper() -> None:
    assert read_item('<source url="https://echo.example.org/t/1">Ferry</source>').publisher == ""


@pytest.mark.parametrize(
    "link",
    [
        "<link>http://feedproxy.example.com/~r/echo/1</link>"
        "<feedburner:origLink>https://echo.example.org/ferry</feedburner:origLink>",
        "<link>https://search.example.com/url?rct=j&amp;url=https://echo.example.org/ferry&amp;ct=ga</link>",
        "<link>https://news.example.com/rss/articles/CBMiHmh0dHBzOi8vZWNoby5leGFtcGxlLm9yZy9mZXJyedIBAA?oc=5</link>",
    ],
    ids=["feedburner", "query", "packed"],
)
def test_the_story_behind_a_counting_address_is_linked(link: str) -> None:
    assert read(f"<item><title>Ferry</title>{link}</item>").entries[0].url == "https://echo.example.org/ferry"


def test_a_key_that_is_given_twice_loses_no_story() -> None:
    items = "".join(
        f"<item><title>{title}</title><link>/{path}</link><guid>1</guid></item>"
        for title, path in (("One", "one"), ("Two", "two"), ("One", "one"))
    )
    assert [entry.title for entry in read(items).entries] == ["One", "Two"]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2016/6/29", datetime(2016, 6, 29, tzinfo=UTC)),
        ("November 24, 2026 2:17:57 PM CEST", datetime(2026, 11, 24, 12, 17, 57, tzinfo=UTC)),
        ("mar., 17 févr. 2026 08:00:00 +0100", datetime(2026, 2, 17, 7, tzinfo=UTC)),
        ("Di, 24 Nov 2026 12:00 AM", datetime(2026, 11, 24, tzinfo=UTC)),
        ("soon", None),
    ],
)
def test_a_date_is_read_however_a_feed_writes_it(written: str, moment: datetime | None) -> None:
    assert read_item(f"<pubDate>{written}</pubDate>").published_at == moment


@pytest.mark.parametrize(("language", "month"), [("en-US", 10), ("en-GB", 2), ("fr", 2), ("", 2)])
def test_which_number_of_a_date_is_the_month_is_said_by_the_language(language: str, month: int) -> None:
    channel = f"<link>https://echo.example.org/</link><language>{language}</language>"
    found = read_item("<pubDate>10/02/2026 07:00</pubDate>", channel=channel).published_at
    assert found is not None
    assert (found.month, found.hour) == (month, 7)


def test_relative_links_are_of_the_site_and_not_of_who_carries_its_feed() -> None:
    carried = "https://feeds.example.com/echo.xml"
    assert read_item("", url=carried).url == "https://echo.example.org/ferry"
    assert read_item("", channel="<link>echo</link>", url=carried).url == "https://feeds.example.com/ferry"


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_feed_that_is_packed_without_a_word_is_unpacked(pack: Any) -> None:
    assert feeds.parse(pack(RSS.encode()), URL).entries[0].key == "id-1"
    with pytest.raises(FeedError):
        feeds.parse(pack(RSS.encode())[:20], URL)


@pytest.mark.parametrize(
    "counter",
    [
        '<media:content url="https://x.example.com/a.gif" medium="image" width="1" height="1"/>',
        '<description>&lt;img src="https://x.example.com/a.gif" width="1px"/&gt;{}</description>',
        '<description>&lt;img src="https://x.example.com/pixel.gif"/&gt;{}</description>',
        '<enclosure type="image/gif" url="https://x.example.com/1x1.gif"/>',
    ],
)
def test_what_counts_readers_is_no_picture(counter: str) -> None:
    assert read_item(counter.format("")).image_url == ""
    if "{}" in counter:
        picture = '&lt;img data-src="no" src="/b.jpg" width="60%" alt="B"/&gt;'
        entry = read_item(counter.format(picture))
        assert (entry.image_url, entry.image_alt) == ("https://echo.example.org/b.jpg", "B")


def test_a_tag_that_a_title_is_about_is_text() -> None:
    items = "<item><title>How to use &lt;details&gt; &lt;em&gt;well&lt;/em&gt;</title><link>/a</link></item>"
    assert read(items).entries[0].title == "How to use <details> well"


def test_a_feed_that_names_its_section_only_is_called_after_its_paper() -> None:
    image = "<link>https://www.upland-echo.org/</link><image><title>Upland-Echo</title></image>"
    assert read("", channel=image).title == "Upland-Echo"
    assert read("").title == "Top Stories"
