"""The elements of a page in their order, and how far each is from the headline: there are stamps and bylines. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from newsletter.curator.articles.extraction import markup

MOST_PLACES = 6_000  # elements
MOST_HEADINGS = 100
_BESIDE = frozenset({"aside", "nav", "form", "select", "head"})
_OF_OTHERS = ("comment", "related")  # as markup calls what is of others


@dataclass(frozen=True, slots=True)
class Place:
    """An element with its own first text, or the text behind one; `distance` in characters, below 0 above the headline.

    It is None on a page without a headline.
    """

    node: Any
    text: str
    distance: int | None = None


def list_places(tree: Any, title: str) -> list[Place]:
    """The places of a page but for what stands beside or below the story: lists of other stories, comments, forms."""
    head = _find_headline(tree, title)
    found: list[tuple[Any, str, int]] = []
    passed, headline = 0, None
    waiting = [(tree, False)]
    while waiting and len(found) < MOST_PLACES:
        node, is_tail = waiting.pop()
        text = " ".join(((node.tail if is_tail else node.text) or "").split())
        if is_tail:
            if text:
                found.append((node.getparent(), text, passed))
            passed += len(text)
            continue
        waiting.append((node, True))
        if not isinstance(node.tag, str) or (node is not head and _is_beside(node)):
            continue
        if node is head:
            headline = passed
        found.append((node, text, passed))
        passed += len(text)
        waiting += [(child, False) for child in reversed(node)]
    return [Place(node, text, None if headline is None else at - headline) for node, text, at in found]


def _find_headline(tree: Any, title: str) -> Any:
    """The element that shows the headline; the page's main heading where none does."""
    start = title[:60].casefold()
    headings = islice(tree.iter("h1", "h2", "h3"), MOST_HEADINGS)
    some = [(node, (markup.extract_short_text(node, 600) or "").casefold()) for node in headings]
    same = [(len(text), node) for node, text in some if start and start in text]
    shortest = min(same, key=lambda head: head[0], default=(0, None))[1]
    return shortest if shortest is not None else next(iter(tree.iter("h1")), None)


def _is_beside(node: Any) -> bool:
    """Whether an element stands beside or below the story: by its tag, or as comments and other stories are called."""
    if node.tag == "footer":  # an article has one of its own, in which its stamp may be
        return next(node.iterancestors("article"), None) is None
    if node.tag in _BESIDE:
        return True
    called = f"{node.get('class') or ''} {node.get('id') or ''}".casefold()
    return any(word in called for word in _OF_OTHERS) and node.find(".//h1") is None
