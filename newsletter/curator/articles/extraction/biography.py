"""Finds the author's biography: declared, in a box, or at the end of the story, of which it is not part. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.curator.articles.extraction import declared, markup, names

LEAST_WORDS, LONGEST = 8, 1500  # words, characters
AT_END = 2  # paragraphs of a story, in which a biography may stand
MOST_BOXES = 40
_LIFE = re.compile(
    r"\b(?:(?:is|was)\s+(?:an?|the|also|our|chief|senior)|has\s+(?:been|written|worked|reported|covered)|"
    r"writes|covers|reports|joined|worked|works|lives|studied|ist|schreibt|berichtet|arbeitet)\b",
    re.I,
)
_BOXES = "//*[contains(@class,'author') or contains(@class,'bio') or contains(@class,'contributor')]"


def find_biography(tree: Any, data: Mapping[str, Any], authors: Sequence[str], story: Sequence[str]) -> str:
    """The biography of a page's author; "" where it has none. `story` are the paragraphs of its body."""
    first = declared.get_first(data.get("author"))
    if isinstance(first, dict) and isinstance(first.get("description"), str):
        flat = " ".join(markup.split_declared(first["description"]))
        if len(flat.split()) >= LEAST_WORDS:
            return flat[:LONGEST]
    for name in (name for name in authors if not names.is_agency(name)):
        at_end = next((line for line in story[-AT_END:] if is_biography_of(line, name)), "")
        if at_end or (box := _find_box(tree, name)):
            return at_end or box
    return ""


def _find_box(tree: Any, name: str) -> str:
    """The smallest author box, or paragraph of one, that describes somebody."""
    nodes = (node for box in tree.xpath(_BOXES)[:MOST_BOXES] for node in (box, *box.iter("p")))
    texts = (markup.extract_short_text(node, LONGEST) or "" for node in nodes)
    return min((text for text in texts if is_biography_of(text, name)), key=len, default="")


def is_biography_of(line: str, name: str) -> bool:
    """Whether a line says who somebody is: it begins with the name, or the first name, and is biographical."""
    if not name or len(line.split()) < LEAST_WORDS or _LIFE.search(line[:200]) is None:
        return False
    return re.match(rf"(?:about\s+)?(?:{re.escape(name)}|{re.escape(name.split()[0])})\b", line, re.I) is not None
