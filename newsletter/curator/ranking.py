"""Which stories to suggest: fresh, told by many, varied, not run before. Pure and deterministic.

A story's date only orders; what counts as new is what the desk has not seen before, which the caller decides.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HALF_LIFE = timedelta(hours=14)
SHARE_OF_ONE_PUBLISHER = 1 / 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that could be picked. `group` is the event it tells of; `at` when it was published, else added."""

    id: int
    title: str
    publisher: str
    at: datetime
    group: int
    has_picture: bool = False
    words: int = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An article proposed, with why in words."""

    id: int
    score: float
    reason: str


def suggest(
    candidates: Sequence[Candidate],
    *,
    wanted: int,
    now: datetime,
    already_ran: Collection[int] = (),
    groups_taken: Collection[int] = (),
) -> list[Suggestion]:
    """At most `wanted` suggestions, best first: one per event, none that ran, no publisher above a third while others wait."""
    tellers = Counter(
        {group: len({c.publisher for c in candidates if c.group == group}) for group in {c.group for c in candidates}}
    )
    fresh = [c for c in candidates if c.id not in already_ran and c.group not in groups_taken]
    ranked = sorted(fresh, key=lambda c: (-_score(c, tellers[c.group], now), c.id))
    most = max(1, math.ceil(wanted * SHARE_OF_ONE_PUBLISHER))
    chosen = _varied(ranked, wanted, most)
    return [
        Suggestion(c.id, round(_score(c, tellers[c.group], now), 4), _reason(c, tellers[c.group], now)) for c in chosen
    ]


def _score(candidate: Candidate, tellers: int, now: datetime) -> float:
    age = max(timedelta(0), now - candidate.at)
    freshness = 0.5 ** (age / HALF_LIFE)
    substance = 0.15 * candidate.has_picture + 0.1 * min(candidate.words, 300) / 300
    return freshness + 0.3 * math.log2(tellers) + substance


def _varied(ranked: Sequence[Candidate], wanted: int, most: int) -> list[Candidate]:
    """Picks in order of score under the caps; then, if places are left, without the cap on publishers."""
    chosen: list[Candidate] = []
    groups: set[int] = set()
    for cap in (most, wanted):
        for candidate in ranked:
            if len(chosen) >= wanted:
                break
            if candidate in chosen or candidate.group in groups:
                continue
            if sum(c.publisher == candidate.publisher for c in chosen) < cap:
                chosen.append(candidate)
                groups.add(candidate.group)
    return sorted(chosen, key=ranked.index)


def _reason(candidate: Candidate, tellers: int, now: datetime) -> str:
    hours = max(0, round((now - candidate.at).total_seconds() / 3600))
    age = "new" if hours < 1 else f"{hours} h old" if hours < 48 else f"{hours // 24} days old"
    told = f", told by {tellers} sources" if tellers > 1 else ""
    return f"{age}{told}"
