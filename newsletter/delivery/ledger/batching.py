"""From a page of candidates to batches and exclusions. Pure: every candidate is in exactly one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Stratum(NamedTuple):
    """What all members of a batch have in common. `tracking`: whether the newsletter’s tracking is for them."""

    wave: int = 0
    variant: str = ""
    language: str = ""
    tracking: bool = True


class ClassifiedCandidate(NamedTuple):
    """One candidate, with the reason for the exclusion or ""."""

    subscriber_id: int
    exclusion: str
    stratum: Stratum = Stratum()


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What one page of candidates becomes. Every list of ids ascends.

    `top_ups` are those who fill up the last batch of their stratum; `batches` are new.
    """

    top_ups: dict[Stratum, tuple[int, ...]]
    batches: tuple[tuple[Stratum, tuple[int, ...]], ...]
    exclusions: dict[str, tuple[int, ...]]

    @property
    def planned(self) -> int:
        """How many are to be mailed."""
        return sum(map(len, self.top_ups.values())) + sum(len(members) for _, members in self.batches)

    @property
    def excluded(self) -> int:
        """How many are excluded."""
        return sum(map(len, self.exclusions.values()))


def plan_batches(
    candidates: Iterable[ClassifiedCandidate], *, batch_size: int, capacity: Mapping[Stratum, int] | None = None
) -> BatchPlan:
    """Splits candidates into batches of at most `batch_size`, one stratum each, and exclusions by reason.

    `capacity`: how many the last batch of a stratum can still take. So batches are full however small the pages and
    however many the strata.
    """
    chosen: dict[Stratum, list[int]] = defaultdict(list)
    excluded: dict[str, list[int]] = defaultdict(list)
    for subscriber_id, reason, stratum in candidates:
        (excluded[reason] if reason else chosen[stratum]).append(subscriber_id)
    capacity = capacity or {}
    return BatchPlan(
        top_ups={s: tuple(ids[: capacity[s]]) for s, ids in chosen.items() if capacity.get(s)},
        batches=tuple(
            (s, members)
            for s, ids in chosen.items()
            for members in split_into_chunks(ids[capacity.get(s, 0) :], batch_size)
        ),
        exclusions={reason: tuple(ids) for reason, ids in sorted(excluded.items())},
    )


def split_into_chunks(items: Sequence[T], size: int) -> Iterable[tuple[T, ...]]:
    """Runs of at most `size`, in order."""
    return (tuple(items[start : start + size]) for start in range(0, len(items), size))
