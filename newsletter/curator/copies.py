"""Which articles print the same text? Wire copy runs in many papers, a little shorter here and with another top there. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

WORDS = 5  # in a shingle
LEAST = 25  # shingles of a text that can be told to be a copy: a teaser of two lines proves nothing
SHARED = 0.6  # of the shingles of the shorter text
_WORD = re.compile(r"\w+")


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The runs of five words of a text."""
    words = _WORD.findall(text.casefold())
    return frozenset(tuple(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1))


def originals(texts: Sequence[str]) -> list[int | None]:
    """For each text the place of the first one before it that it copies, and that copies none itself; None: its own words."""
    runs = [shingles(text) for text in texts]
    found: list[int | None] = []
    for place, mine in enumerate(runs):
        found.append(
            next(
                (earlier for earlier in range(place) if found[earlier] is None and _copies(mine, runs[earlier])),
                None,
            )
        )
    return found


def _copies(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    shorter = min(len(one), len(other))
    return shorter >= LEAST and len(one & other) >= SHARED * shorter
