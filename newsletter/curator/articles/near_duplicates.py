"""Which articles print the same text? Wire copy runs in many papers, shortened or with another opening. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

SHINGLE_WORDS = 5  # in a shingle
LEAST_SHINGLES = 25  # shingles a text needs to count as a copy: a teaser of two lines proves nothing
LEAST_SHARED = 0.6  # of the shingles of the shorter text
_WORD = re.compile(r"\w+")


def build_shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The runs of five words of a text."""
    words = _WORD.findall(text.casefold())
    return frozenset(tuple(words[at : at + SHINGLE_WORDS]) for at in range(len(words) - SHINGLE_WORDS + 1))


def find_originals(texts: Sequence[str]) -> list[int | None]:
    """For each text the index of the first earlier original that it copies; None: it is an original."""
    runs = [build_shingles(text) for text in texts]
    found: list[int | None] = []
    for place, mine in enumerate(runs):
        found.append(
            next(
                (earlier for earlier in range(place) if found[earlier] is None and _is_copy(mine, runs[earlier])),
                None,
            )
        )
    return found


def _is_copy(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    shorter = min(len(one), len(other))
    return shorter >= LEAST_SHINGLES and len(one & other) >= LEAST_SHARED * shorter
