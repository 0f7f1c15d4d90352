"""From a page's HTML to its story. trafilatura finds the body; metadata is read from what pages declare.

html ─▶ JSON-LD ▸ meta tags ▸ markup        (first that knows wins, field by field)
     └▶ trafilatura ─▶ body, completed, without promotion, caption and biography (body.py)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from newsletter.curator import dating, urls, wording
from newsletter.curator.body import body
from newsletter.curator.extracted import ExtractedArticle

_ARTICLE_TYPES = {
    "Article", "NewsArticle", "BlogPosting", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle", "Report",
    "LiveBlogPosting", "ReviewNewsArticle", "BackgroundNewsArticle", "TechArticle",
}  # fmt: skip
LARGEST_PAGE = 10 * 2**20  # characters


def extract(html: str | bytes, url: str) -> ExtractedArticle:
    """The story of a page. Never raises for bad markup: what cannot be found is "" or None.

    A date is taken where the page declares one, shows one with its story, or has one in its address: none is invented.
    """
    text = html if isinstance(html, str) else _decoded(html)
    tree = _tree(text[:LARGEST_PAGE])
    if tree is None:
        return ExtractedArticle()
    meta = _meta(tree)
    data = _json_ld(tree)
    caption, credit = _caption(tree, data)
    publisher = _publisher(data, meta)
    title = _title(tree, data, meta, publisher)
    return ExtractedArticle(
        title=title,
        dek=_flat(data.get("description") or meta.get("og:description") or meta.get("description") or ""),
        text=body(text, tree, url, drop=(title, caption, credit)),
        byline=_byline(data, meta, tree, (publisher, meta.get("og:site_name", ""), urls.host(url).split(".")[0])),
        published_at=_published(data, meta, tree, url),
        language=_language(tree, data, meta),
        image_url=_image(data, meta, url),
        image_alt=_flat(meta.get("og:image:alt") or meta.get("twitter:image:alt") or _lead_alt(tree)),
        image_caption=caption,
        image_credit=credit,
        publisher=publisher,
        canonical_url=_canonical(tree, meta, url),
        biography=_biography(tree, data),
    )


def _decoded(data: bytes) -> str:
    from trafilatura.utils import decode_file

    return str(decode_file(data[: LARGEST_PAGE * 2]))


def _tree(text: str) -> Any:
    from lxml import etree
    from lxml import html as lxml_html

    if not text.strip():
        return None
    try:
        tree = lxml_html.document_fromstring(text)
    except ValueError:  # a str with an encoding declaration
        tree = lxml_html.document_fromstring(
            text.encode("utf-8", "ignore"), parser=lxml_html.HTMLParser(encoding="utf-8")
        )
    except etree.LxmlError:
        return None
    return tree


def _meta(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in tree.iter("meta"):
        name = tag.get("property") or tag.get("name") or tag.get("itemprop")
        content = (tag.get("content") or "").strip()
        if name and content:
            found.setdefault(name.strip().lower(), content)
    return found


def _json_ld(tree: Any) -> Mapping[str, Any]:
    for node in _json_ld_nodes(tree):
        kinds = node.get("@type")
        if _ARTICLE_TYPES & set(kinds if isinstance(kinds, list) else [kinds] if isinstance(kinds, str) else []):
            return node
    return {}


def _json_ld_nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            document = json.loads((script.text or "").strip().rstrip(";"), strict=False)
        except (ValueError, RecursionError):
            continue
        waiting = [document]
        for _ in range(500):  # pages nest graphs; a hostile one must not keep us busy
            if not waiting:
                break
            node = waiting.pop(0)
            if isinstance(node, list):
                waiting += node
            elif isinstance(node, dict):
                yield node
                graph = node.get("@graph")
                waiting += (
                    graph
                    if isinstance(graph, list)
                    else [node[key] for key in ("mainEntity", "mainEntityOfPage") if isinstance(node.get(key), dict)]
                )


def _title(tree: Any, data: Mapping[str, Any], meta: Mapping[str, str], publisher: str) -> str:
    headings = [_flat(h.text_content()) for h in tree.iter("h1")]
    title = _flat(
        data.get("headline")
        or meta.get("og:title")
        or meta.get("twitter:title")
        or next((h for h in headings if h), "")
        or (tree.findtext(".//title") or "")
    )
    for heading in headings:
        if heading and len(heading) > 10 and title.startswith(heading):
            return heading  # the page's own headline, without the paper's name behind it
    if publisher:
        title = re.sub(rf"\s*[|–—-]\s*{re.escape(publisher)}\s*$", "", title, flags=re.I)
    return title[:500]


def _byline(data: Mapping[str, Any], meta: Mapping[str, str], tree: Any, sites: Sequence[str]) -> str:
    """The authors as the first place says them that names any; the paper itself (`sites`) is none."""
    declared = (
        meta.get(name, "")
        for name in ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl")
    )
    shown = tree.xpath(
        "(//*[@rel='author'] | //*[@itemprop='author'] | //*[contains(concat(' ',@class,' '),' byline ')])[position()<4]"
    )
    places: list[Iterable[str]] = [
        _names(data.get("author")),
        *([said] for said in declared),
        *([_flat(node.text_content())] for node in shown),
    ]
    for place in places:
        found = [name for said in place for name in wording.authors(_flat(said), sites)]
        if found:
            return ", ".join(dict.fromkeys(found))[:300]
    return ""


def _names(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from _names(item.get("name"))


def _publisher(data: Mapping[str, Any], meta: Mapping[str, str]) -> str:
    declared = next((name for name in _names(data.get("publisher")) if name), "")
    return _flat(declared or meta.get("og:site_name") or meta.get("application-name") or "")[:200]


_DATE_TAGS = (
    "article:published_time", "article:published", "og:published_time", "datepublished", "date", "pubdate", "publish-date",
    "publication_date", "publishdate", "dc.date", "dc.date.issued", "dcterms.created", "dcterms.issued", "sailthru.date", "parsely-pub-date",
    "bt:pubdate", "article.published", "pdate", "post-date", "sn-post-date",
)  # fmt: skip


def _published(data: Mapping[str, Any], meta: Mapping[str, str], tree: Any, url: str) -> datetime | None:
    given = (data.get("datePublished"), *(meta.get(name) for name in _DATE_TAGS))
    said = next((moment for value in given if (moment := dating.declared(value))), None)
    return said or dating.shown(tree) or dating.in_address(url)


def _language(tree: Any, data: Mapping[str, Any], meta: Mapping[str, str]) -> str:
    declared = data.get("inLanguage") or tree.get("lang") or meta.get("og:locale") or meta.get("content-language") or ""
    match = re.match(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{2,4})?", declared if isinstance(declared, str) else "")
    return match[0].replace("_", "-") if match else ""


def _image(data: Mapping[str, Any], meta: Mapping[str, str], url: str) -> str:
    candidate = (
        meta.get("og:image") or meta.get("og:image:url") or meta.get("twitter:image") or _image_of(data.get("image"))
    )
    return _address(candidate, url)


def _image_of(value: Any) -> str:
    if isinstance(value, list):
        return next((found for found in map(_image_of, value) if found), "")
    if isinstance(value, dict):
        return str(value.get("url") or value.get("contentUrl") or "")
    return value if isinstance(value, str) else ""


def _address(candidate: str, base: str) -> str:
    if not candidate:
        return ""
    try:
        absolute = urljoin(base, candidate.strip())
    except ValueError:
        return ""
    # A page in a file has pictures beside it; whoever reads it decides whether files may be read.
    return absolute if absolute.startswith(("http://", "https://")) or not base else ""


def _canonical(tree: Any, meta: Mapping[str, str], url: str) -> str:
    declared = tree.xpath("string(//link[@rel='canonical']/@href)") or meta.get("og:url") or ""
    return _address(declared, url) or url


def _lead_figure(tree: Any) -> Any:
    found = tree.xpath("(//article//figure[.//img] | //main//figure[.//img] | //figure[.//img])[1]")
    return found[0] if found else None


def _lead_alt(tree: Any) -> str:
    figure = _lead_figure(tree)
    return str(figure.xpath("string(.//img/@alt)")) if figure is not None else ""


def _caption(tree: Any, data: Mapping[str, Any]) -> tuple[str, str]:
    figure = _lead_figure(tree)
    caption = credit = ""
    if figure is not None:
        credits = figure.xpath(
            ".//*[contains(translate(@class,'CREDIT','credit'),'credit') or contains(@itemprop,'copyrightHolder')"
            " or contains(translate(@class,'COPYRIGHT','copyright'),'copyright')]"
        )
        if credits:
            said = _flat(credits[0].text_content())
            credit = wording.bare_credit(said)
        captions = figure.xpath(".//figcaption")
        if captions:
            whole = _flat(captions[0].text_content())
            if credits:
                whole = whole.replace(_flat(credits[0].text_content()), "").strip()
            caption, found = wording.split_caption(whole)
            credit = credit or found
    image = data.get("image")
    declared = image[0] if isinstance(image, list) and image else image
    if isinstance(declared, dict):
        caption = caption or _flat(declared.get("caption") or declared.get("description") or "")
        credit = credit or _flat(declared.get("creditText") or next(_names(declared.get("creator")), "") or "")
    return caption, credit[:300]


def _biography(tree: Any, data: Mapping[str, Any]) -> str:
    author = data.get("author")
    first = author[0] if isinstance(author, list) and author else author
    if isinstance(first, dict) and first.get("description"):
        return _flat(first["description"])
    nodes = tree.xpath(
        "//*[contains(@class,'author-bio') or contains(@class,'author__bio') or contains(@class,'authorBio') or @itemprop='description'][not(self::meta)]"
    )
    texts = [_flat(node.text_content()) for node in nodes]
    return next((text for text in texts if 60 < len(text) < 1500), "")


def _first(meta: Mapping[str, str], *names: str) -> str:
    return next((meta[name] for name in names if meta.get(name)), "")


def _flat(value: Any) -> str:
    """One line of text from whatever a page declares."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if not isinstance(value, str):
        return ""
    if "&" in value:
        from html import unescape

        value = unescape(value)
    return " ".join(value.split())
