"""The elements of a page in their order, and how far each is from the headline: there are stamps and bylines. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from newsletter.curator.articles.extraction import markup

NEAR = 360  # characters from the headline, within which stamps and bylines stand
MOST_PLACES = 6_000  # elements
MOST_HEADINGS = 300
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

    @property
    def is_near(self) -> bool:
        """Whether it stands where stamps and bylines do."""
        return self.distance is not None and abs(self.distance) <= NEAR


def list_places(tree: Any, title: str) -> list[Place]:
    """The places of a page but for what stands beside or below the story: lists of other stories, comments, forms."""
    head = _find_headline(tree, title)
    above = set() if head is None else {head, *head.iterancestors()}
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
        if not isinstance(node.tag, str) or (node not in above and is_beside(node)):
            continue
        if node is head:
            headline = passed
        found.append((node, text, passed))
        passed += len(text)
        waiting += [(child, False) for child in reversed(node)]
    return [Place(node, text, None if headline is None else at - headline) for node, text, at in found]


def _find_headline(tree: Any, title: str) -> Any:
    """The heading that says most like the headline, the main one before those of teasers; else the main one."""

    def rank(node: Any) -> tuple[float, bool]:
        return markup.compare_words(title, markup.extract_short_text(node, 600) or ""), node.tag == "h1"

    return max(islice(tree.iter("h1", "h2", "h3"), MOST_HEADINGS), key=rank, default=None)


def is_beside(node: Any) -> bool:
    """Whether an element stands beside or below the story: by its tag, or as comments and other stories are called."""
    if node.tag == "footer":  # an article has one of its own, in which its stamp may be
        return next(node.iterancestors("article"), None) is None
    if node.tag in _BESIDE:
        return True
    called = markup.get_called(node)
    return any(word in called for word in _OF_OTHERS)
