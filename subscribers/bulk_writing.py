"""Writing many rows so that others can write meanwhile: in short transactions, with room between.

SQLite has one writer at a time and wakes nobody who waits: they look for the lock again after up to 100 ms, each by
chance. Who writes one transaction after the other, however short, keeps them out for minutes. So behind each there is a
pause about as long as it took, of a random length, or it could keep step with those who look.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from time import perf_counter, sleep
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import QuerySet

T = TypeVar("T")

WRITE_SECONDS = 0.05  # of a transaction
FIRST_ROWS, MOST_ROWS = 50, 1_000  # to a transaction


class WritePacer:
    """How many rows a transaction takes: as many as it writes within `WRITE_SECONDS`, by how long the last one took."""

    def __init__(self) -> None:
        self.rows = FIRST_ROWS

    @contextmanager
    def transaction(self, rows: int) -> Iterator[None]:
        """A transaction that writes so many rows, and room behind it."""
        began = perf_counter()
        with transaction.atomic():
            yield
        spent = max(perf_counter() - began, 1e-6)
        self.rows = int(max(1, min(MOST_ROWS, self.rows * 2, rows * WRITE_SECONDS / spent)))
        leave_room(spent)

    def take(self, items: Iterator[T]) -> list[T]:
        """The next items, as many as the next transaction takes; none at the end."""
        return list(islice(items, self.rows))


def leave_room(seconds: float) -> None:
    """Lets others write after so many seconds of writing. Only where they wait: SQLite, outside of a transaction."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        sleep(seconds * random.uniform(0.75, 1.5))  # noqa: S311


def delete_in_chunks(rows: QuerySet[Any]) -> int:
    """Deletes rows, a few at a time. Returns how many, without those that go with them."""
    pacer, done = WritePacer(), 0
    while ids := list(rows.values_list("pk", flat=True)[: pacer.rows]):
        with pacer.transaction(len(ids)):
            rows.filter(pk__in=ids).delete()
        done += len(ids)
    return done
