"""When batches leave, so that no more messages a minute do than are allowed, and how many may on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

BATCHES_PER_MINUTE = 20  # under a limit, at most: a larger batch would be a burst
# A little slower than the limit, so that what leaves at both ends of a minute does not exceed it.
_PACE = 0.99


def compute_send_times(sizes: Iterable[int], start: datetime, per_minute: int) -> Iterator[datetime]:
    """When each of these batches may leave, the first at `start`: at most `per_minute` messages a minute (0: no limit).

    The times are planned, nobody waits for them: a batch that is late does not make the next one late.
    """
    at = start
    for size in sizes:
        yield at
        at = compute_next_time(at, size, per_minute)


def compute_next_time(at: datetime, size: int, per_minute: int) -> datetime:
    """When the next batch may leave after one of this size."""
    return at + timedelta(minutes=size / (_PACE * per_minute)) if per_minute else at


def compute_batch_size(largest: int, per_minute: int) -> int:
    """How many messages a batch may hold: what the provider takes, and no more than leave in some seconds."""
    return min(largest, max(per_minute // BATCHES_PER_MINUTE, 1)) if per_minute else largest


def compute_ceiling(day: date, first_day: date | None, first_day_limit: int) -> int | None:
    """How many messages may leave on a day of a warm-up that begins with `first_day_limit` and doubles daily.

    None: no ceiling. Before the first day, the ceiling is that of the first day.
    """
    if first_day is None or not first_day_limit:
        return None
    days = max((day - first_day).days, 0)
    doubled: int = 2 ** min(days, 40)
    return first_day_limit * doubled
