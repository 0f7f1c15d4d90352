"""Two texts side by side, with the words that differ marked. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

Piece = tuple[str, bool]  # words, and whether they differ from the other text
_WORDS = re.compile(r"\s+|[^\s]+")


def mark_differences(one: str, other: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces; joined, the pieces of each are that text."""
    ones, others = _WORDS.findall(one), _WORDS.findall(other)
    left: list[Piece] = []
    right: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, ones, others, autojunk=False).get_opcodes():
        _add(left, ones[a:b], tag != "equal")
        _add(right, others[c:d], tag != "equal")
    return left, right


def mark_first(text: str, query: str) -> list[Piece]:
    """A text in pieces, with the first place of what was searched for marked, whatever its case."""
    lower = text.lower()
    start = lower.find(query.lower()) if query and len(lower) == len(text) else -1
    if start < 0:
        return [(text, False)]
    end = start + len(query)
    return [each for each in ((text[:start], False), (text[start:end], True), (text[end:], False)) if each[0]]


def _add(pieces: list[Piece], words: Sequence[str], differs: bool) -> None:
    if words:
        pieces.append(("".join(words), differs))
