"""From a page's HTML to its story. trafilatura finds the body; metadata is read from what pages declare.

html ─▶ JSON-LD ▸ meta tags ▸ markup        (first that knows wins, field by field)
     └▶ trafilatura ─▶ body, completed, without promotion, caption and biography (body.py)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urljoin

from newsletter.curator.articles import canonical_urls
from newsletter.curator.articles.extraction import byline, caption, declared, headline, markup, phrases
from newsletter.curator.articles.extraction.biography import find_biography
from newsletter.curator.articles.extraction.body import extract_body
from newsletter.curator.articles.extraction.date import find_first, find_in_url, find_shown
from newsletter.curator.articles.extraction.extracted_article import ExtractedArticle
from newsletter.curator.articles.extraction.surroundings import Place, list_places
from newsletter.kernel.patterns import LINE, NAME, compile_bounded

_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{1,99}|[0-9]{1,99});?")
ONE_DAY = timedelta(days=1)
LARGEST_PAGE = 4 * 2**20  # characters; the largest pages of newspapers have a quarter of it


def extract(html: str | bytes, url: str) -> ExtractedArticle:
    """The story of a page. Never raises for bad markup: what cannot be found is "" or None.

    A date is taken where the page declares one, shows one with its story, or has one in its address: none is invented.
    """
    text = _read(html)
    tree = _build_tree(text)
    if tree is None:
        return ExtractedArticle()
    all_meta, meta = declared.list_meta(tree), declared.read_meta(tree)
    data = declared.read_json_ld(tree)
    markup.strip_code(tree)
    image_url = _image(data, meta, url)
    body = data.get("articleBody")
    picture = caption.find_lead_caption(tree, data, image_url)
    titles, papers = _titles(data, meta, tree), _publishers(data, meta)
    publisher = headline.find_publisher(papers, titles, url)
    title = headline.find_headline(tree, titles, (publisher, *papers), url)
    places, language = list_places(tree, title), _language(tree, data, meta)
    sites = (publisher, meta.get("og:site_name", ""), canonical_urls.get_host(url).split(".")[0])
    authors = byline.find_authors(data, all_meta, places, sites)
    story = extract_body(text, tree, url, (title, picture.text, picture.credit), body if isinstance(body, str) else "")
    paragraphs = story.split("\n\n")
    biography = find_biography(tree, data, authors, paragraphs)
    dek = data.get("description") or meta.get("og:description") or meta.get("description") or ""
    return ExtractedArticle(
        title=title,
        dek=" ".join(markup.split_declared(declared.flatten_text(dek))),
        text="\n\n".join(line for line in paragraphs if line != biography),
        byline=", ".join(authors)[:300],
        authors=authors,
        published_at=_find_date(data, meta, places, language, url),
        language=language,
        image_url=image_url,
        image_alt=picture.alt or declared.flatten_text(meta.get("og:image:alt") or meta.get("twitter:image:alt")),
        image_caption=picture.text,
        image_credit=picture.credit,
        publisher=publisher,
        canonical_url=_canonical_url(tree, meta, url),
        biography=biography,
        section=_section(data, meta),
        paywalled=_is_declared_paywalled(data, meta) or ("aywall" in text and _has_barrier(tree)),
    )


def parse_html(html: str | bytes) -> Any:
    """The tree of a page, at most `LARGEST_PAGE` of it; None for what is none."""
    return _build_tree(_read(html))


def _read(html: str | bytes) -> str:
    """The text of a page, without references to characters that no tree can hold: trafilatura finds no body then."""
    text = (html if isinstance(html, str) else _decode(html))[:LARGEST_PAGE]
    return _REFERENCE.sub(lambda found: found[0] if unescape(found[0]) else "", text)


def _decode(data: bytes) -> str:
    from trafilatura.utils import decode_file

    return str(decode_file(data[: LARGEST_PAGE * 2]))


def _build_tree(text: str) -> Any:
    from lxml import etree
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(encoding="utf-8")  # whatever encoding the text declares, it is read
    try:
        tree = lxml_html.document_fromstring(text.encode("utf-8", "ignore"), parser=parser)
    except etree.LxmlError:
        return None
    return markup.cut_attributes(tree)


def _titles(data: Mapping[str, Any], meta: Mapping[str, str], tree: Any) -> list[str]:
    """The headline as the page declares it, best first; the title tag, which often says more, is the last."""
    given = (data.get("headline"), meta.get("og:title"), meta.get("twitter:title"), tree.findtext(".//title"))
    return list(filter(None, map(declared.flatten_text, given)))


def _publishers(data: Mapping[str, Any], meta: Mapping[str, str]) -> list[str]:
    """The paper as the page declares it, best first."""
    given = (*declared.list_names(data.get("publisher")), meta.get("og:site_name"))
    return list(filter(None, map(declared.flatten_text, given)))


def _section(data: Mapping[str, Any], meta: Mapping[str, str]) -> str:
    """The part of the paper, as the page declares it: the first of several; not what says only that it is a story."""
    given = (
        declared.flatten_text(data.get("articleSection")) or meta.get("article:section") or meta.get("section") or ""
    )
    parts = [part.strip() for part in _SECTION_SIGN.split("" if "://" in given else given)]
    return next((part[:120] for part in parts if part and not _NO_SECTION.fullmatch(part)), "")


_SECTION_SIGN = compile_bounded(LINE, r"[,;/>]|\s-\s")
_NO_SECTION = compile_bounded(NAME, r"posts?|all|articles?|front page|uncategori[sz]ed|allgemein|blog", re.I)
_BARRIERS = "//*[contains(@class,'aywall') or contains(@class,'ayWall') or contains(@id,'aywall')]"


def _is_declared_paywalled(data: Mapping[str, Any], meta: Mapping[str, str]) -> bool:
    """Whether the page says for machines that it is not free to read."""
    if str(data.get("isAccessibleForFree", "")).strip().casefold() in ("false", "no", "0"):
        return True
    tier = meta.get("article:content_tier") or meta.get("content_tier") or meta.get("cxenseparse:articlepaywall") or ""
    return tier.strip().casefold() in ("locked", "metered", "premium", "paid", "true")


def _has_barrier(tree: Any) -> bool:
    """Whether a box of the page asks for a subscription before anybody may read on."""
    barriers = tree.xpath(f"{_BARRIERS}[not(self::html or self::body)]")
    return any(phrases.is_barrier(markup.extract_short_text(node, 2000) or "") for node in barriers[:20])


def _find_date(
    data: Mapping[str, Any], meta: Mapping[str, str], places: Sequence[Place], language: str, url: str
) -> datetime | None:
    """What is declared as the publication, else shown; what says less of what it is comes last."""
    published, shown = find_first(declared.list_publication_dates(data, meta)), find_shown(places, language)
    if published and shown and abs(published.date() - shown.date()) == ONE_DAY:
        return shown  # the paper's own day: what is declared is in another zone
    return published or shown or find_first(declared.list_other_dates(data, meta)) or find_in_url(url)


def _language(tree: Any, data: Mapping[str, Any], meta: Mapping[str, str]) -> str:
    given = data.get("inLanguage") or tree.get("lang") or meta.get("og:locale") or meta.get("content-language") or ""
    match = re.match(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{2,4})?", given if isinstance(given, str) else "")
    return match[0].replace("_", "-") if match else ""


def _image(data: Mapping[str, Any], meta: Mapping[str, str], url: str) -> str:
    first = declared.get_first(data.get("image"))
    given = (first.get("url") or first.get("contentUrl")) if isinstance(first, dict) else first
    candidate = meta.get("og:image") or meta.get("og:image:url") or meta.get("twitter:image") or given
    return _absolute_url(candidate if isinstance(candidate, str) else "", url)


def _absolute_url(candidate: str, base: str) -> str:
    try:
        absolute = urljoin(base, candidate.strip()) if candidate else ""
    except ValueError:
        return ""
    # A page in a file has pictures beside it; the caller decides whether files may be read.
    return absolute if absolute.startswith(("http://", "https://")) or not base else ""


def _canonical_url(tree: Any, meta: Mapping[str, str], url: str) -> str:
    given = tree.xpath("string(//link[@rel='canonical']/@href)") or meta.get("og:url") or ""
    return _absolute_url(given, url) or url
