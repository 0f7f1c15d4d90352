"""The chunks of an import: how many rows each has, and how they follow each other.

Others write meanwhile: people unsubscribe and sign up. So a chunk is short, and is merged whole or not at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from time import perf_counter, sleep
from typing import Any

from django.db import connection, transaction

from newsletter.kernel.errors import Refused
from subscribers import models
from subscribers.imports import merge, staging
from subscribers.states import ImportState

LEASE = timedelta(seconds=60)
FIRST_CHUNK, LEAST_ROWS, MOST_ROWS = 1_000, 100, 20_000  # rows
CHUNK_SECONDS = 0.03  # of a chunk: the web waits for the write lock no longer
SHARED_CHUNK_SECONDS = 0.015  # where others write, too
POSTGRES_CHUNK_SECONDS = 0.15  # there a chunk locks the rows of its own people alone
Progress = Callable[[int], object]
Clock = Callable[[], datetime]


def merge_file(
    row: models.ImportRun,
    work: Path,
    target: merge.MergeTarget,
    *,
    now: datetime,
    clock: Clock,
    progress: Progress | None,
) -> None:
    """Merges all of a work file that is not in yet; each chunk notes on the import's row where it ended.

    Raises Refused when the import is somebody else's by now.
    """
    pace = _ChunkSizer()
    with _relaxed_durability(), _chunk_runner() as relay:
        for rows in staging.read_chunks(work, after=row.merged_to, size=pace):
            with pace.measure(len(rows)):
                relay(lambda turn, rows=rows: _merge_chunk(row, rows, target, now, clock(), turn))  # type: ignore[misc]
            if progress:
                progress(len(rows))


def _merge_chunk(
    row: models.ImportRun,
    rows: Sequence[tuple[Any, ...]],
    target: merge.MergeTarget,
    now: datetime,
    present: datetime,
    turn: _ChunkSignals,
) -> None:
    """Merges some rows and notes it, both or neither. Raises Refused when the import is somebody else's by now."""
    with transaction.atomic():
        merged = merge.merge_chunk(rows, target, now, before_former=turn.wait_for_previous)
        counts = {name: row.counts.get(name, 0) + merged.outcomes[name] for name in merge.OUTCOMES}
        # Locked before it is read: the chunk before may not be in yet, and its note would not be seen.
        models.ImportRun.objects.select_for_update(no_key=True).values_list("id").get(id=row.id)
        mine = models.ImportRun.objects.filter(
            id=row.id, state=ImportState.RUNNING, owner=row.owner, merged_to=row.merged_to
        )
        changed = mine.update(
            merged_to=rows[-1][0],
            merged=row.merged + len(rows),
            counts=row.counts | counts,
            lease_until=present + LEASE,
        )
        if not changed:
            raise Refused(f"Import {row.id} was stopped, or another process took it over.")
        row.merged_to, row.merged, row.counts = rows[-1][0], row.merged + len(rows), row.counts | counts
        if not merged.named_by_former_address:
            turn.allow_next()


@dataclass(frozen=True, slots=True)
class _ChunkSignals:
    """How a chunk talks to its neighbours, where two are under way."""

    allow_next: Callable[[], None]
    wait_for_previous: Callable[[], None]  # waits until the chunk before is in


_ChunkWork = Callable[[_ChunkSignals], None]


@contextmanager
def _chunk_runner() -> Iterator[Callable[[_ChunkWork], None]]:
    """Runs one chunk after the other."""
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        alone = _ChunkSignals(lambda: None, lambda: None)
        yield lambda act: act(alone)
        return
    relay = _TwoChunkRunner()
    try:
        yield relay
    except BaseException:
        relay.close()
        raise
    relay.close()
    relay.wait_for_all()


class _TwoChunkRunner:
    """Two threads with a database connection each: a chunk begins while the one before is being committed.

    PostgreSQL looks foreign keys up at commit, one by one, which takes as long as half of all the rest. The chunks stay
    in order: the note on the import's row waits for the note before it, and finds what it expects only if that one is
    in. A chunk that is being committed waits for nobody, so the two cannot block each other for good.
    """

    def __init__(self) -> None:
        self._threads = (ThreadPoolExecutor(1, "import"), ThreadPoolExecutor(1, "import"))
        self._chunks = 0
        self._under_way: deque[Future[None]] = deque()

    def __call__(self, act: _ChunkWork) -> None:
        """Runs a chunk; returns as soon as the next may begin. Raises what it, or one before it, raised."""
        while len(self._under_way) > 1:
            self._under_way.popleft().result()
        before = tuple(self._under_way)
        begin = Event()
        turn = _ChunkSignals(begin.set, lambda: _wait_for(before))
        thread = self._threads[self._chunks % 2]
        self._chunks += 1
        self._under_way.append(thread.submit(_run_chunk, act, turn))
        begin.wait()

    def wait_for_all(self) -> None:
        """Waits until everything is in. Raises what a chunk raised, the first of them."""
        while self._under_way:
            self._under_way.popleft().result()

    def close(self) -> None:
        for thread in self._threads:
            thread.submit(lambda: connection.close())  # looked up over there: every thread has its own
            thread.shutdown()


def _run_chunk(act: _ChunkWork, turn: _ChunkSignals) -> None:
    try:
        act(turn)
    finally:
        turn.allow_next()


def _wait_for(chunks: Sequence[Future[None]]) -> None:
    for chunk in chunks:
        chunk.result()


class _ChunkSizer:
    """How many rows a chunk takes, and how long the next one waits.

    As many as keep a chunk within `CHUNK_SECONDS`, by how long the last ones took. A process that waits for the write
    lock of SQLite looks for it now and then, so a pause must be long enough to be found: where others write, it is half
    the time.
    """

    def __init__(self) -> None:
        self._rows = FIRST_CHUNK
        self._chunks = 0
        self._version = self._data_version()
        self._shared_until = 0.0  # of perf_counter

    def __call__(self) -> int:
        return self._rows

    @contextmanager
    def measure(self, rows: int) -> Iterator[None]:
        began = perf_counter()
        yield
        spent = max(perf_counter() - began, 1e-6)
        shared = self._others_write()
        most = POSTGRES_CHUNK_SECONDS if connection.vendor == "postgresql" else CHUNK_SECONDS
        wanted = rows * (SHARED_CHUNK_SECONDS if shared else most) / spent
        self._rows = int(max(LEAST_ROWS, min(MOST_ROWS, wanted, self._rows * 2)))
        if shared:
            sleep(spent)

    def _others_write(self) -> bool:
        """Whether others have written lately; they cannot while we never rest, so now and then we do."""
        if connection.vendor != "sqlite" or connection.in_atomic_block:
            return False
        self._chunks += 1
        if self._chunks % 10 == 1:
            sleep(CHUNK_SECONDS)
        version = self._data_version()
        if version != self._version:
            self._version, self._shared_until = version, perf_counter() + 1.0
        return perf_counter() < self._shared_until

    @staticmethod
    def _data_version() -> int:
        """Changes when another connection has written (SQLite)."""
        if connection.vendor != "sqlite":
            return 0
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            return int(cursor.fetchone()[0])


@contextmanager
def _relaxed_durability() -> Iterator[None]:
    """On SQLite each chunk would else wait for the disk, and copy pages into the database file over and over again.

    After a power cut the last chunks may be lost whole, with the record that they were merged: the import resumes
    there.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        careful = int(cursor.fetchone()[0])
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA wal_autocheckpoint = 16384")  # pages: 64 MB
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA synchronous = {careful}")
            cursor.execute("PRAGMA wal_autocheckpoint = 1000")
