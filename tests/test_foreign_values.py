"""What strangers and colleagues give may be anything: it is read, or refused in words, never met by a library's error.

Libraries raise errors of their own where nobody expects one: urlsplit for “http://[”, idna for “http://xn--/”, datetime
at the ends of time, json for ten thousand brackets. Each function that takes an address, a date or a document of others
is shown a table of such values here.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from newsletter import config, fetching
from newsletter.api import articles
from newsletter.checks import wording
from newsletter.curator.articles import canonical_urls, feeds, opml, resources
from newsletter.curator.articles.extraction import date, page, pasted
from newsletter.curator.editions import page_comparison
from newsletter.delivery.providers.smtp import Smtp
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.scheduling import recurrence
from newsletter.templater import richtext, template_context
from subscribers import tiers
from subscribers.imports import dates

ROOT = Path(__file__).resolve().parents[1]
ADDRESSES = (
    *("http://xn--/", "http://xn--a/", f"http://xn--{'a' * 70}/", "http://xn--zz--zz/", "http://xn--ls8h=/"),
    *("http://[", "http://[::1", "http://[v1.x]/", "http://[::1%25eth0]/", "http://[fe80::1%25]/"),
    *("http://a:99999/", "http://a:-1/", "http://a:b/", "http://a:١٢/", "http://a:0/", "http://@/", "http://a@b@c/"),
    *("http://\u2100.com/", "http://a\u2100b/", f"http://{'a' * 300}/", "http://.../", "http://a..b/", "http:///x"),
    *(
        "http://\ud800/",
        "http://\0/",
        "https://a/\n",
        "http://%zz/",
        "http://a\\b/",
        "http://\u202e.com/",
        "http://。/",
    ),
    *(
        "http://a" + "\u0301" * 300 + ".com/",
        "http://a/" + "%" * 500,
        "http://a/?" + "&" * 3000,
        "//x",
        "x",
        "",
        "http:",
    ),
)
DATES = (
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999-23:59", "9999-12-31"),
    *("0001-01-01", "0000-00-00", "2026-02-30", "2026-11-24T24:00:00+00:00", "2026-11-24T07:00:00+24:00", "2026-W53"),
    *("٢٠٢٦-١١-٢٤", "-2026-11-24", "2026-11-24T07:00:60Z", "1" * 5000, "1e999", "NaN", "\ud800", "\0", "31/12/9999"),
    *("10000-01-01", "2026-11-24T07:00:00Z[UTC]", "00010101T000000Z", "99991231T235959Z", "99991231", "", "12/31/0001"),
)
DOCUMENTS = (
    *(b"[" * 100_000, b'{"a":' * 50_000, b"1" * 5_000, b"NaN", b'"\\ud800"', b'{"items":' + b"1" * 5_000 + b"}", b""),
    *(b"\0", b"<" * 50_000, b"<div>" * 20_000, b"\xff\xfea\0", b"<?xml version='1.0' encoding='utf-99'?><html><p>x"),
    *(b"<!DOCTYPE x [<!ENTITY a 'b'>]><html>&a;", b"<p>&#0;&#x110000;&#55296;", b"<!--" * 1000, bytes(range(256)) * 20),
    *(b"PK\3\4" + b"\0" * 100, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, b"<a:b:c xmlns:a=''>", b"+/v8-"),
)
BASE = "https://paper.example.org/story"
HTML = (
    '<html><head><base href="{0}"><link rel="canonical" href="{0}"><meta property="og:image" content="{0}">'
    '<meta property="article:published_time" content="{1}">'
    '<script type="application/ld+json">{{"@type": "NewsArticle", "image": {2}, "datePublished": {3}}}</script></head>'
    '<body><article><h1>A headline of some words</h1><time datetime="{1}">x</time><img src="{0}" srcset="{0}">'
    "<p>Words and more words stand here for a while.</p></article></body></html>"
)
RSS = (
    '<rss version="2.0"><channel><title>t</title><link>{0}</link><item><title>a</title><link>{0}</link>'
    '<enclosure url="{0}" type="image/jpeg"/><pubDate>{1}</pubDate><guid>{0}</guid></item></channel></rss>'
)


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def build_html(address: str = "x", moment: str = "x") -> bytes:
    return encode(HTML.format(address, moment, json.dumps(address), json.dumps(moment)))


def refuse_to_resolve(host: str, port: int) -> list[str]:
    raise OSError


def load(name: str, value: str) -> config.Config:
    return config.load({"NEWSLETTER_SECRET_KEY": "x", "HOME": "/nowhere", name: value})


TAKE_ADDRESSES: dict[str, Callable[[str], object]] = {
    "fetched": partial(fetching.fetch, resolver=refuse_to_resolve),
    "folded": lambda url: (canonical_urls.canonicalise(url), canonical_urls.is_same_site(url, url)),
    "as a key": lambda url: canonical_urls.compute_story_key(url, "a title"),
    "checked": resources.check_web_address,
    "beside a file": lambda url: resources.read_neighbour_file(url, ROOT / "tests" / "golden"),
    "in a page": lambda url: page.extract(build_html(url), url),
    "of a page looked at again": lambda url: page_comparison.compare(
        url, page_comparison.PageFacts("a", "", url), page_comparison.read_page(build_html(url), url)
    ),
    "in a feed": lambda url: feeds.parse(encode(RSS.format(url, "x")), url),
    "of a feed that a page names": lambda url: feeds.parse(
        encode(f'<!doctype html><html><link type="application/rss+xml" href="{url}">'), url
    ),
    "in a JSON feed": lambda url: feeds.parse(
        json.dumps({"home_page_url": url, "items": [{"title": "a", "url": url, "image": url, "id": url}]}).encode(), url
    ),
    "in OPML": lambda url: opml.parse_opml(encode(f'<opml><body><outline xmlUrl="{url}" text="a"/></body></opml>')),
    "with parameters": lambda url: template_context.add_story_key(template_context.add_parameters(url, "a=b"), "k"),
    "in Markdown": lambda url: (richtext.render_inline(f"[x]({url})"), richtext.list_links(f"[x]({url}) <{url}>")),
    "in a blurb": lambda url: list(wording.check_markdown_links(f"[x]({url})", "here")),
    "as our own": lambda url: load("NEWSLETTER_BASE_URL", url).host,
    "as a provider's": lambda url: load("NEWSLETTER_SENDGRID_HOST", url),
    "as a relay": lambda url: Smtp(url.replace("http", "smtp")),
}
TAKE_DATES: dict[str, Callable[[str], object]] = {
    "of an article": lambda text: articles._read_moment({"published_at": text}),
    "of days": lambda text: articles._read_day({"eligible_from": text}, "eligible_from"),
    "as a day": clock.parse_day,
    "as an instant": lambda text: [
        clock.format_in_zone(clock.parse_local_moment(text, zone, "at"), other)
        for zone in ("UTC", "Pacific/Kiritimati", "America/Los_Angeles")
        for other in ("Pacific/Kiritimati", "America/Los_Angeles")
    ],
    "of a tier": tiers.parse_end,
    "of a rule": lambda text: recurrence.parse_recurrence(f"FREQ=DAILY;UNTIL={text}"),
    "in a table": lambda text: [dates.parse_date(text, day_first) for day_first in (None, True, False)],
    "declared": lambda text: (date.parse_declared(text), date.parse_written(text), date.find_in_url(text)),
    "in a page": lambda text: page.extract(build_html(moment=text), BASE),
    "in a feed": lambda text: feeds.parse(encode(RSS.format(BASE, text)), BASE),
    "in a JSON feed": lambda text: feeds.parse(
        json.dumps({"items": [{"title": "a", "date_published": text}]}).encode(), BASE
    ),
    "pasted": lambda text: pasted.clean(f"A headline of words\n{text}\n" + "Words and more words here. " * 30),
    "as a zone": clock.get_zone,
}
TAKE_DOCUMENTS: dict[str, Callable[[bytes], object]] = {
    "as a page": lambda data: page.extract(data, BASE),
    "as JSON of a page": lambda data: page.extract(
        b'<script type="application/ld+json">' + data + b"</script><p>x", BASE
    ),
    "as a page looked at again": lambda data: page_comparison.read_page(data, BASE),
    "as a feed": lambda data: feeds.parse(data, BASE),
    "as OPML": opml.parse_opml,
}


@pytest.mark.parametrize("take", TAKE_ADDRESSES.values(), ids=TAKE_ADDRESSES)
def test_an_address_is_taken_or_refused_in_words(take: Callable[[str], object]) -> None:
    assert list(_find_other_errors(take, ADDRESSES)) == []


@pytest.mark.parametrize("take", TAKE_DATES.values(), ids=TAKE_DATES)
def test_a_date_is_taken_or_refused_in_words(take: Callable[[str], object]) -> None:
    assert list(_find_other_errors(take, DATES)) == []


@pytest.mark.parametrize("take", TAKE_DOCUMENTS.values(), ids=TAKE_DOCUMENTS)
def test_a_document_is_taken_or_refused_in_words(take: Callable[[bytes], object]) -> None:
    assert list(_find_other_errors(take, DOCUMENTS)) == []


def _find_other_errors(take: Callable[[Any], object], values: tuple[Any, ...]) -> Iterator[str]:
    for value in values:
        try:
            take(value)
        except NewsletterError:
            continue
        except Exception as error:
            yield f"{value[:60]!r}: {type(error).__name__}: {error}"


def test_the_ends_of_time_are_refused_with_the_field() -> None:
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        with pytest.raises(BadInput, match="too far away") as refused:
            articles._read_moment({"published_at": text})
        assert refused.value.field == "published_at"


# Parsers whose own errors are caught elsewhere, or that read what we wrote ourselves.
OF_OURS = {
    ("accounts/audit_log.py", "loads"): "what was just dumped",
    ("cli/web.py", "urlsplit"): "the checked base URL",
    ("config.py", "urlsplit"): "the checked base URL",
    ("curator/articles/intake.py", "urlsplit"): "what canonicalise made",
    ("curator/articles/resources.py", "urlsplit"): "the caller catches it",
    ("delivery/events/erasure.py", "loads"): "payloads that were parsed when they came",
    ("delivery/installation.py", "urlsplit"): "the database's URL, which Django has read",
    ("delivery/providers/unsubscribe_headers.py", "urlsplit"): "the checked base URL",
    ("delivery/state_folder.py", "loads"): "our own notes",
    ("subscribers/challenges.py", "loads"): "our own challenge",
    ("subscribers/imports/staging.py", "loads"): "what we staged",
    ("subscribers/views/joining.py", "loads"): "our own challenge",
    ("templater/engine.py", "loads"): "what mrml answers",
    ("templater/render_server.py", "loads"): "between our own processes",
    ("templater/sandbox.py", "loads"): "between our own processes",
    ("web/views/calendar_feed.py", "urlsplit"): "the checked base URL",
    ("web/views/segments.py", "loads"): "definitions that were checked",
}
_ERRORS = {
    "loads": {"RecursionError"},
    "urlsplit": {"ValueError"},
    "urljoin": {"ValueError"},
    "urlparse": {"ValueError"},
}


def test_whoever_parses_what_others_wrote_catches_what_the_parser_raises() -> None:
    found = {
        (path.relative_to(ROOT).as_posix().removeprefix("newsletter/"), name)
        for package in ("newsletter", "subscribers")
        for path in (ROOT / package).rglob("*.py")
        for name in _list_uncaught(ast.parse(path.read_text("utf-8")))
    }
    assert sorted(found - OF_OURS.keys()) == []
    assert sorted(OF_OURS.keys() - found) == []


def _list_uncaught(tree: ast.Module) -> Iterator[str]:
    """The parsers called where nothing around them catches what they raise."""
    caught: dict[int, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            names = {
                each.id
                for handler in node.handlers
                if handler.type
                for each in ast.walk(handler.type)
                if isinstance(each, ast.Name)
            }
            for statement in node.body:
                for inner in ast.walk(statement):
                    caught.setdefault(id(inner), set()).update(names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            holder = getattr(node.func.value, "id", "") if isinstance(node.func, ast.Attribute) else ""
            is_caught = (_ERRORS.get(name, set()) | {"Exception"}) & caught.get(id(node), set())
            if name in _ERRORS and (name != "loads" or holder == "json") and not is_caught:
                yield name
