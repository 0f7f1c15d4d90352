"""The lead picture's caption and credit, wherever a page puts them. Pure.

the picture declared, else the first in the story ─▶ what holds it and some words ─▶ caption · credit
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from newsletter.curator.articles.extraction import declared, markup, phrases
from newsletter.kernel.patterns import LINE, compile_bounded

_STORY_MARKUP = compile_bounded(LINE, "article|story")
_CAMEL = compile_bounded(LINE, r"(?<=[a-z])(?=[A-Z])")
_SIZE = compile_bounded(LINE, r"(?:[-_.](?:\d{2,4}x\d{2,4}|\d{2,4}w?|scaled|large|medium|thumb|full))+$")
_CAPTION_MARKUP = compile_bounded(
    LINE, r"(?:^|[-_])(?:\w*caption|credits?|copyright|attribution|(?:image|img|photo|picture)[-_]?source)", re.I
)
_CREDIT = compile_bounded(
    LINE, r"credit|copyright|attribution|(?:image|img|photo|picture)[-_]?source|^source$|__source|agency", re.I
)
_CREDIT_ALONE = compile_bounded(LINE, r"(?:image|img|photo|picture|media)[-_]*(?:credits?|attribution)$", re.I)
_ASIDE_MARKUP = compile_bounded(
    LINE,
    r"comment|related|recommend|sidebar|footer|widget|trending|promo|teaser|avatar|author|logo|advert|video|player",
    re.I,
)
STEPS_UP = 5  # from a picture, to what holds its caption
LONGEST = 700  # characters of a caption
MOST_PICTURES, MOST_LOOKED_AT = 40, 300
PARAGRAPHS_ABOVE = 4  # of the story, above its lead picture
LONG_PARAGRAPH = 120  # characters; shorter ones are standfirsts and stamps


@dataclass(frozen=True, slots=True)
class Caption:
    """The caption and credit of a picture; "" is unknown."""

    text: str = ""
    credit: str = ""
    alt: str = ""


def find_lead_caption(tree: Any, data: Mapping[str, Any], image_url: str) -> Caption:
    """What the page says of its lead picture."""
    shown = _find_shown_caption(tree, image_url)
    image = data.get("image")
    given = image[0] if isinstance(image, list) and image else image
    if not isinstance(given, dict):
        given = {}
    text = shown.text or phrases.flatten(given.get("caption") or given.get("description") or "")
    credit = shown.credit or phrases.strip_credit(
        phrases.flatten(given.get("creditText") or next(declared.list_names(given.get("creator")), "") or "")
    )
    return Caption(text, (credit or _find_marked_credit(tree) or _find_credit_line(tree))[:300], shown.alt)


def _find_shown_caption(tree: Any, image_url: str) -> Caption:
    """The caption beside the declared picture where the page shows it, else beside the first picture above the story.

    A picture further down is another one: its credit would be wrong for the declared one.
    """
    pictures = list(islice(_list_pictures(tree), MOST_PICTURES))
    late = _find_late_elements(tree)
    stem = _file_stem(image_url)
    same = [node for node in pictures if stem and any(_file_stem(address) == stem for address in _picture_urls(node))]
    above = [node for node in pictures if node not in late]
    for node in (*same, *above):
        found = _find_caption_beside(node)
        if found.text or found.credit:
            return found
    alt = next((phrases.flatten(node.get("alt")) for node in (same or above)[:1]), "")
    captions = (node for node in tree.iter() if node not in late and _is_caption(node) and not _is_aside(node))
    for node in islice(captions, MOST_PICTURES):
        found = _split_caption(
            node, _caption_text(node) or ""
        )  # pages that load their pictures later have captions too
        if found.credit:
            return Caption(found.text, found.credit, alt)
    return Caption(alt=alt)


def _find_late_elements(tree: Any) -> set[Any]:
    """What stands behind the first paragraphs of the story."""
    behind: set[Any] = set()
    begun = next(tree.iter("h1"), None) is None
    paragraphs = 0
    for node in tree.iter():
        begun = begun or node.tag == "h1"
        if begun and node.tag == "p" and len(node.text_content()) >= LONG_PARAGRAPH:
            paragraphs += 1
        if paragraphs > PARAGRAPHS_ABOVE:
            behind.add(node)
    return behind


def _list_pictures(tree: Any) -> Iterator[Any]:
    """The pictures that may be the story's, in the order of the page; those in a figure, an article or main first."""
    some = [node for node in islice(tree.iter("img"), MOST_LOOKED_AT) if not _is_aside(node)]
    yield from sorted(some, key=lambda node: not _is_in_story(node))


def _is_in_story(node: Any) -> bool:
    return any(
        holder.tag in ("article", "main", "figure") or _STORY_MARKUP.search(holder.get("class") or "")
        for holder in node.iterancestors()
    )


def _find_caption_beside(picture: Any) -> Caption:
    """What the nearest thing around a picture says of it."""
    figure = next(picture.iterancestors("figure"), None)
    for holder in (*([] if figure is None else [figure]), *islice(picture.iterancestors(), STEPS_UP)):
        if holder.tag in ("body", "html", "article", "main"):
            break
        whole = _caption_text(holder)
        if whole is None:
            break
        if not whole:
            continue
        found = _split_caption(holder, whole)
        if found.text or found.credit:
            return Caption(found.text, found.credit, phrases.flatten(picture.get("alt")))
        if len(whole) > 40:
            break
    return Caption()


def _split_caption(holder: Any, whole: str) -> Caption:
    """Caption and credit in what holds a picture: by its markup, else by its words."""
    marked = list(islice((node for node in holder.iter() if _is_caption(node)), MOST_PICTURES))
    credit, said = "", ""
    for node in marked:
        if any(_CREDIT.search(token) for token in _class_tokens(node)):
            said = _caption_text(node) or ""
            credit = phrases.strip_credit(phrases.split_caption(said)[1] or said)
            if credit:
                break
    captions = [
        node
        for node in marked
        if not any(_CREDIT.search(token) for token in _class_tokens(node)) and _caption_text(node)
    ]
    if captions:
        text = _caption_text(captions[0]) or ""
        if said and text != said:
            text = text.replace(said, "").strip()
        elif credit and text == said:
            text = ""
        text, found = phrases.split_caption(text)
        return Caption("" if text == credit else text, credit or found)
    if credit or holder.tag == "figure":
        return Caption("", credit)
    text, found = phrases.split_caption(whole)
    return Caption(text, found) if found else Caption("", phrases.parse_signature(whole))


def _find_marked_credit(tree: Any) -> str:
    """The first credit that the markup of the story names, away from any picture."""
    places = "ancestor::article or ancestor::main or ancestor::header"
    found = tree.xpath(f"//*[contains(@class,'redit') or contains(@class,'ttribution')][{places}]")
    for node in found[:MOST_PICTURES]:
        if any(_CREDIT_ALONE.search(token) for token in _class_tokens(node)) and not _is_aside(node):
            name = phrases.strip_credit(_caption_text(node) or "")
            if 2 < len(name) <= 80:
                return name
    return ""


def _find_credit_line(tree: Any) -> str:
    """The credit in a line of its own that says of which picture: “Main image credit: Ann Example” below the story."""
    for node in tree.iter("p", "em", "small", "figcaption"):
        text = markup.extract_short_text(node, 120) or ""
        name = phrases.parse_credit(text) if " " in text.partition(":")[0].strip() and ":" in text else ""
        if name and not _is_aside(node):
            return name
    return ""


def _is_caption(node: Any) -> bool:
    if node.tag == "figcaption":
        return True
    class_text = _class_text(node).casefold()
    if not any(part in class_text for part in ("caption", "credit", "copyright", "attribution", "source")):
        return False  # a page has thousands of elements
    return any(_CAPTION_MARKUP.search(token) for token in _class_tokens(node))


def _class_tokens(node: Any) -> list[str]:
    return _CAMEL.sub("-", _class_text(node)).split()  # imageCredit is image-Credit


def _class_text(node: Any) -> str:
    """What the markup calls an element."""
    if not isinstance(node.tag, str):
        return ""
    return f"{node.get('class') or ''} {node.get('id') or ''} {node.get('itemprop') or ''}"


def _is_aside(node: Any) -> bool:
    for holder in (node, *islice(node.iterancestors(), STEPS_UP)):
        if holder.tag in ("aside", "nav", "footer"):
            return True
        if holder.tag in ("body", "html", "article", "main", "figure"):
            return False
        if any(_ASIDE_MARKUP.search(token) for token in _class_tokens(holder)):
            return True
    return False


def _picture_urls(node: Any) -> Iterator[str]:
    for name in ("src", "data-src", "data-original", "data-lazy-src"):
        if node.get(name):
            yield node.get(name)
    for name in ("srcset", "data-srcset"):
        for part in (node.get(name) or "").split(",")[:6]:
            yield part.strip().split(" ")[0]


def _file_stem(address: str) -> str:
    """The file's name without size and ending: what stays the same when a server gives a picture in many sizes."""
    try:
        name = unquote(urlsplit(address).path).rsplit("/", 1)[-1].casefold()
    except ValueError:
        return ""
    stem = _SIZE.sub("", name.rsplit(".", 1)[0])
    return stem if len(stem) > 4 else ""


def _caption_text(node: Any) -> str | None:
    """Its words without a headline in it; None when they are too many for a caption."""
    text = markup.extract_short_text(node, LONGEST)
    if text and node.find(".//h1") is not None:
        return " ".join(" ".join(node.xpath(".//text()[not(ancestor::h1)]")).split())
    return text
