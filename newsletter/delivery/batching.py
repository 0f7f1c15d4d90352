"""From a page of candidates to batches and exclusions. Pure: every candidate is in exactly one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Planned:
    """What one page of candidates becomes. Every list of ids ascends."""

    batches: tuple[tuple[int, ...], ...]
    exclusions: dict[str, tuple[int, ...]]

    @property
    def planned(self) -> int:
        """How many are to be mailed."""
        return sum(map(len, self.batches))

    @property
    def excluded(self) -> int:
        """How many are left out."""
        return sum(map(len, self.exclusions.values()))


def plan(candidates: Iterable[tuple[int, str]], *, most: int) -> Planned:
    """Splits (subscriber id, reason for leaving out or "") into batches of at most `most` and exclusions by reason."""
    by_reason: dict[str, list[int]] = defaultdict(list)
    for subscriber_id, reason in candidates:
        by_reason[reason].append(subscriber_id)
    chosen = by_reason.pop("", [])
    return Planned(tuple(chunks(chosen, most)), {reason: tuple(ids) for reason, ids in sorted(by_reason.items())})


def chunks(items: Sequence[T], most: int) -> Iterable[tuple[T, ...]]:
    """Runs of at most `most`, in order."""
    return (tuple(items[start : start + most]) for start in range(0, len(items), most))
