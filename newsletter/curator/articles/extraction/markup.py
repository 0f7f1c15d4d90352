"""Reading the text of elements, with a bound on how much is read: a page may be anything. Pure."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from newsletter.kernel.patterns import LINE

BREAK = re.compile(r"</(?:p|div|li|h[1-6])>|<br\s{0,9}/?>", re.I)
_ENTRY = re.compile(r"<li(?:\s[^<>]{0,200})?>", re.I)
_WORD = re.compile(r"\w{3,}")  # shorter ones are in most texts
TAG = re.compile(r"</?[a-zA-Z!?][^<>]{0,2000}>")  # “5 < 6” is none

LONGEST_ATTRIBUTE = 5_000  # characters; a description may be as long, a class never is


def cut_attributes(tree: Any) -> Any:
    """The tree with attributes of bounded length: they are split and searched, each many times."""
    for node in tree.iter():
        for name, value in node.items():
            most = LINE if name in ("class", "id") else LONGEST_ATTRIBUTE
            if len(value) > most:
                node.set(name, value[:most])
    return tree


def strip_code(tree: Any) -> Any:
    """The tree without scripts, styles and what stands for them: their text is not the page's."""
    from lxml import etree

    etree.strip_elements(tree, "script", "style", "noscript", "template", with_tail=False)
    return tree


def get_called(node: Any) -> str:
    """What the markup calls an element, without case: its class, id and property."""
    return f"{node.get('class') or ''} {node.get('id') or ''} {node.get('itemprop') or ''}".casefold()


def extract_text(node: Any) -> str:
    """The text of an element on one line, with a blank between its parts: pages rely on markup to part them."""
    return " ".join(" ".join(node.itertext()).split())


def extract_short_text(node: Any, most: int) -> str | None:
    """The same; None when it is longer than `most` characters, for no more than that is read of an element."""
    parts, length = [], 0
    for part in node.itertext():
        parts.append(part)
        length += len(part.strip())
        if length > most or len(parts) > most:
            return None
    text = " ".join(" ".join(parts).split())
    return text if len(text) <= most else None


def split_declared(text: str) -> list[str]:
    """The paragraphs of a text that a page gives for machines: with tags or not, escaped once, twice or not."""
    flat = TAG.sub("", BREAK.sub("\n", _ENTRY.sub("\n• ", unescape(unescape(text)))))
    return [line for each in flat.splitlines() if (line := " ".join(each.split()))]


def compare_words(one: str, other: str) -> float:
    """The share of the words of the shorter of two texts that both have."""
    first, second = (set(_WORD.findall(text.casefold())) for text in (one, other))
    return len(first & second) / (min(len(first), len(second)) or 1)
