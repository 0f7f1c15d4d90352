"""The lead picture's caption and credit, wherever a page puts them. Pure.

the picture declared, else the first in the story ─▶ what holds it and some words ─▶ caption · credit
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any
from urllib.parse import unquote, urlsplit

from newsletter.curator.articles.extraction import declared, markup, phrases
from newsletter.curator.articles.extraction.surroundings import is_beside
from newsletter.kernel.patterns import LINE, compile_bounded

_SIZE = compile_bounded(LINE, r"(?:[-_.](?:\d{2,4}x\d{2,4}|\d{2,4}w?|scaled|large|medium|thumb|full))+$")
_CREDIT = ("credit", "copyright", "attribution")  # as markup calls one
_ASIDE = ("recommend", "sidebar", "footer", "widget", "promo", "teaser", "avatar", "author", "logo", "video", "player")
_STORY = ("body", "html", "article", "main")
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
    image = declared.get_first(data.get("image"))
    given = image if isinstance(image, dict) else {}
    text = shown.text or phrases.flatten(given.get("caption") or given.get("description"))
    credit = shown.credit or phrases.strip_credit(phrases.flatten(given.get("creditText")))
    return Caption(text, credit[:300], shown.alt)


def _find_shown_caption(tree: Any, image_url: str) -> Caption:
    """The caption beside the declared picture where the page shows it, else beside the first picture above the story.

    A picture further down is another one: its credit would be wrong for the declared one.
    """
    early = list(_list_early_elements(tree))
    stem = _file_stem(image_url)
    pictures = [node for node in islice(tree.iter("img"), MOST_LOOKED_AT) if not _is_aside(node)]
    same = [
        node
        for node in pictures
        if stem and stem in (_file_stem(node.get("src") or ""), _file_stem(node.get("data-src") or ""))
    ]
    shown = set(early)
    above = [node for node in pictures if node in shown]
    for node in (*same, *above[:MOST_PICTURES]):
        found = _find_caption_beside(node)
        if found.text or found.credit:
            return found
    alt = next((phrases.flatten(node.get("alt")) for node in (same or above)[:1]), "")
    captions = (node for node in early if _is_caption(node) and not _is_aside(node))
    for node in islice(captions, MOST_PICTURES):  # pages that load their pictures later have captions too
        found = _split_caption(node, _caption_text(node) or "")
        if found.credit:
            return Caption(found.text, found.credit, alt)
    return Caption(alt=alt)


def _list_early_elements(tree: Any) -> Iterator[Any]:
    """What stands above and among the first paragraphs of the story."""
    begun, paragraphs = tree.find(".//h1") is None, 0
    for node in tree.iter():
        begun = begun or node.tag == "h1"
        paragraphs += begun and node.tag == "p" and len(node.text_content()) >= LONG_PARAGRAPH
        if paragraphs > PARAGRAPHS_ABOVE:
            return
        yield node


def _find_caption_beside(picture: Any) -> Caption:
    """What the nearest thing around a picture says of it."""
    around = islice(picture.iterancestors(), STEPS_UP)
    for holder in (
        *islice(picture.iterancestors("figure"), 1),
        *takewhile(lambda node: node.tag not in _STORY, around),
    ):
        whole = _caption_text(holder)
        if whole is None:
            break
        found = _split_caption(holder, whole)
        if found.text or found.credit:
            return Caption(found.text, found.credit, phrases.flatten(picture.get("alt")))
    return Caption()


def _split_caption(holder: Any, whole: str) -> Caption:
    """Caption and credit in what holds a picture: by its markup, else by its words."""
    marked = [(node, _caption_text(node) or "") for node in islice(filter(_is_caption, holder.iter()), MOST_PICTURES)]
    credits = [
        (text, phrases.strip_credit(phrases.split_caption(text)[1] or text))
        for node, text in marked
        if _is_credit(node)
    ]
    said, credit = next((each for each in credits if each[1]), ("", ""))
    captions = [text for node, text in marked if text and not _is_credit(node)]
    if captions:
        text, found = phrases.split_caption(captions[0].replace(said, ""))
        return Caption("" if text == credit else text, credit or found)
    if credit or holder.tag == "figure":
        return Caption("", credit)
    text, found = phrases.split_caption(whole)
    return Caption(text, found) if found else Caption("", phrases.parse_signature(whole))


def _is_caption(node: Any) -> bool:
    return node.tag == "figcaption" or "caption" in markup.get_called(node) or _is_credit(node)


def _is_credit(node: Any) -> bool:
    called = markup.get_called(node)
    return any(word in called for word in _CREDIT)


def _is_aside(node: Any) -> bool:
    around = (node, *islice(node.iterancestors(), STEPS_UP))
    holders = takewhile(lambda holder: holder.tag not in (*_STORY, "figure"), around)
    return any(is_beside(holder) or any(word in markup.get_called(holder) for word in _ASIDE) for holder in holders)


def _file_stem(address: str) -> str:
    """The file's name without size and ending: what stays the same when a server gives a picture in many sizes."""
    try:
        name = unquote(urlsplit(address).path).rsplit("/", 1)[-1].casefold()
    except ValueError:
        return ""
    stem = _SIZE.sub("", name.rsplit(".", 1)[0])
    return stem if len(stem) > 4 else ""


def _caption_text(node: Any) -> str | None:
    """Its words; None when they are too many for a caption, or a headline is among them."""
    return markup.extract_short_text(node, LONGEST) if node.find(".//h1") is None else None
