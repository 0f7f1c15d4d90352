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


def _add(pieces: list[Piece], words: Sequence[str], differs: bool) -> None:
    if words:
        pieces.append(("".join(words), differs))
