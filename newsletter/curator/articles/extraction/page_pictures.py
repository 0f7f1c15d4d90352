"""The pictures of an article's page, to choose from: the one it declares, then those in its text. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from lxml import html as lxml_html

from newsletter.curator.articles.extraction import phrases
from newsletter.kernel.numbers import parse_whole_number

MOST = 8
LEAST = 132  # pixels: what declares itself smaller is a logo or a button
_DECLARED = "//meta[@property='og:image' or @name='twitter:image']/@content"
_IN_TEXT = ("//article//img", "//main//img", "//figure//img")


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A picture that a page shows, with what stands by it."""

    url: str
    alt: str = ""
    caption: str = ""
    credit: str = ""


def list_pictures(html: bytes, url: str) -> tuple[PagePicture, ...]:
    """The pictures of a page, at most `MOST`. It is a stranger's: call this in a confined process."""
    tree = lxml_html.document_fromstring(html, base_url=url)
    found: dict[str, PagePicture] = {}
    for each in (*_list_in_text(tree, url), *_list_declared(tree, url)):
        known = found.get(each.url)
        if known is None or not (known.alt or known.caption):
            found[each.url] = each
    return tuple(found.values())[:MOST]


def _list_declared(tree: lxml_html.HtmlElement, url: str) -> Iterator[PagePicture]:
    for address in tree.xpath(_DECLARED):
        yield from _build(str(address), url)


def _list_in_text(tree: lxml_html.HtmlElement, url: str) -> Iterator[PagePicture]:
    for place in _IN_TEXT:
        for node in tree.xpath(place):
            if _is_small(node.get("width")) or _is_small(node.get("height")):
                continue
            figure = next(node.iterancestors("figure"), None)
            said = figure.xpath("string(.//figcaption)") if figure is not None else ""
            caption, credit = phrases.split_caption(phrases.flatten(said)[:2000])
            address = node.get("src") or node.get("data-src") or ""
            yield from _build(address, url, phrases.flatten(node.get("alt") or "")[:2000], caption, credit)


def _build(address: str, base: str, *words: str) -> Iterator[PagePicture]:
    if not address.strip():
        return
    try:
        full = urljoin(base, address.strip())
    except ValueError:
        return
    if full.startswith(("http://", "https://")) and len(full) <= 2000 and not full.partition("?")[0].endswith(".svg"):
        yield PagePicture(full, *words)


def _is_small(size: str | None) -> bool:
    pixels = parse_whole_number(size or "")
    return pixels is not None and pixels < LEAST
