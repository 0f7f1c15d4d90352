"""Merges a chunk of an import into the lists, in a handful of statements (merge_statements.py).

The ORM makes an object of every row and asks about each: that took ten times as long, and the web waited for the write
lock meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from subscribers.consent import erased_addresses
from subscribers.imports import merge_postgresql, merge_sqlite, merge_statements
from subscribers.imports.rows import STRENGTH
from subscribers.states import SubscriptionState

OUTCOMES = ("new", "updated", "unchanged", "kept_unsubscribed")
MAX_TRIES = 5


@dataclass(frozen=True, slots=True)
class MergeTarget:
    """Into what a file is merged, and what is noted with each change. `run` is the id of the import.

    `list_ids` are the lists whose people the import may change; None: everybody. Others get or lose the subscription
    and nothing else.
    """

    run: int
    list_id: int
    by: str
    origin: str
    overwrite: bool
    columns: Sequence[str]  # of the staged rows
    list_ids: frozenset[int] | None = None


@dataclass(slots=True)
class _ChunkSummary:
    """What a chunk comes to, once its rows are judged: how many new subscribers, and so on."""

    outcomes: dict[str, int]
    new_subscribers: int = 0
    new_subscriptions: int = 0
    filled_in: int = 0
    changed_state: int = 0
    strongest_status: int = 0
    tagged: int = 0


class _ConcurrentInsertError(Exception):
    """Somebody else added one of these people meanwhile."""


@dataclass(frozen=True, slots=True)
class JudgedChunk:
    """What would become of some rows: counts by outcome, and of the people by the state they would then have.

    `states` has “suppressed” for whoever must not be mailed whatever their state. `newly_active` would get the next
    edition, and would not without this import.
    """

    outcomes: dict[str, int]
    states: dict[str, int]
    newly_active: int


def judge_chunk(rows: Sequence[tuple[Any, ...]], target: MergeTarget, now: datetime) -> JudgedChunk:
    """What would become of a chunk of staged rows. Changes nothing but temporary tables."""
    with transaction.atomic(), connection.cursor() as cursor:
        merger = _ChunkMerger(cursor, target, now)
        outcomes = merger.count_outcomes(rows)
        return JudgedChunk(outcomes, *merger.count_states())


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What was done: counts by outcome, and whether anybody was named by an address they had before."""

    outcomes: dict[str, int]
    named_by_former_address: bool


def merge_chunk(
    rows: Sequence[tuple[Any, ...]],
    target: MergeTarget,
    now: datetime,
    *,
    before_former: Callable[[], None] = lambda: None,
) -> MergeResult:
    """Merges a chunk of staged rows, within the caller's transaction or one of its own.

    Two chunks name the same person only when one of them does so by a former address: `before_former` is called before
    such a one is judged.
    """
    for last in (*[False] * (MAX_TRIES - 1), True):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                merger = _ChunkMerger(cursor, target, now, before_former)
                return MergeResult(merger.merge_rows(rows), merger.named_by_former_address)
        except _ConcurrentInsertError:
            if last:
                raise
    raise AssertionError


class _ChunkMerger:
    """Runs the statements of one chunk. `%(…)s` parameters are the same in all of them."""

    def __init__(
        self, cursor: Any, target: MergeTarget, now: datetime, before_former: Callable[[], None] = lambda: None
    ) -> None:
        self._cursor, self._target, self._now = cursor, target, now
        self._before_former = before_former
        self.named_by_former_address = False
        self._values = {
            "run": target.run,
            "list": target.list_id,
            "by": target.by[:254],
            "origin": target.origin[:500],
            "source": target.origin[:200],
            "now": connection.ops.adapt_datetimefield_value(now),
        }
        self._dialect = _get_dialect()
        self._sql = merge_statements.Statements(self._dialect, target.overwrite, target.list_ids)

    def count_outcomes(self, rows: Sequence[tuple[Any, ...]]) -> dict[str, int]:
        self._load_rows(rows)
        self._execute(self._sql.judge_only)
        found = self._summarise().outcomes
        twice = self._count_duplicates()
        if twice:  # by a former and by the present address: one person
            found["unchanged"] += twice
            more = self._summarise(merge_statements.ONLY_DUPLICATES).outcomes
            found = {outcome: count - more[outcome] for outcome, count in found.items()}
        return found

    def count_states(self) -> tuple[dict[str, int], int]:
        """Of the judged rows, by the state they would have, and how many would be newly active."""
        self._execute(merge_statements.COUNT_STATES)
        states: dict[str, int] = {}
        newly_active = 0
        for state, count, new in self._cursor.fetchall():
            states[state] = count
            newly_active += new if state == SubscriptionState.ACTIVE else 0
        return states, newly_active

    def merge_rows(self, rows: Sequence[tuple[Any, ...]]) -> dict[str, int]:
        """Counts say what really was done; who is named by a former and the present address is taken twice over."""
        self._load_rows(rows)
        twice = self._count_duplicates()
        later: list[tuple[Any, ...]] = []
        if twice:
            self._execute(merge_statements.FIND_DUPLICATES)
            keys = {key for (key,) in self._cursor.fetchall()}
            later = [row for row in rows if row[0] in keys]
            self._load_rows([row for row in rows if row[0] not in keys])
        if self._dialect.LOCK_SUBSCRIPTIONS:
            self._execute(self._dialect.LOCK_SUBSCRIPTIONS)
        self._execute(self._sql.judge)
        judged = self._summarise()
        self._write(judged)
        found = judged.outcomes
        for row in later:
            for outcome, count in self.merge_rows([row]).items():
                found[outcome] += count
        return found

    def _load_rows(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Loads the rows into a temporary table and finds the subscriber of each."""
        for statement in (*self._dialect.BEFORE_CHUNK, *merge_statements.CREATE_TABLES, *self._dialect.EMPTY_TABLES):
            self._cursor.execute(statement)
        self._execute("SELECT 1 FROM subscribers_suppression WHERE address_key >= '#' AND address_key < '$' LIMIT 1")
        hashed = erased_addresses.get_hasher(self._now).hash_key if self._cursor.fetchone() else lambda key: ""
        numbered = [(n, *row, hashed(row[0])) for n, row in enumerate(rows)]
        self._dialect.insert_rows(self._cursor, ("n", *self._target.columns, "hash"), numbered)
        self._execute(self._sql.find_subscribers)

    def _count_duplicates(self) -> int:
        self._execute(merge_statements.ANY_FORMER)
        if not self._cursor.fetchone()[0]:
            return 0
        self.named_by_former_address = True
        self._before_former()
        self._execute(merge_statements.COUNT_DUPLICATES)
        return int(self._cursor.fetchone()[0])

    def _summarise(self, condition: str = "") -> _ChunkSummary:
        self._execute(f"{merge_statements.SUMS} {condition} GROUP BY j.outcome")
        judged = _ChunkSummary(dict.fromkeys(OUTCOMES, 0))
        for outcome, count, *sums in self._cursor.fetchall():
            repeats, new, joining, filled_in, changed, strongest, tagged = map(int, sums)
            judged.outcomes[outcome] += count
            judged.outcomes["unchanged"] += repeats
            judged.new_subscribers += new
            judged.new_subscriptions += joining
            judged.filled_in += filled_in
            judged.changed_state += changed
            judged.strongest_status = max(judged.strongest_status, strongest)
            judged.tagged += tagged
        return judged

    def _write(self, judged: _ChunkSummary) -> None:
        sql = self._sql
        if judged.new_subscribers:
            self._execute_expecting(sql.add_subscribers, judged.new_subscribers)
            self._execute(sql.note_new_tiers)
        if judged.new_subscriptions:
            self._execute_expecting(sql.join, judged.new_subscriptions)
        if judged.filled_in:
            self._execute(sql.note_before)
            self._execute(sql.note_tiers)
            self._execute(sql.fill)
            self._execute(sql.note_after)
        if judged.changed_state:
            self._execute(merge_statements.CHANGE_STATES)
        self._execute(sql.consent)
        if judged.strongest_status >= STRENGTH[SubscriptionState.BOUNCED]:
            self._execute(sql.suppress)
            self._execute(sql.suppress_more)
        if judged.tagged:
            self._execute(sql.tag)

    def _execute_expecting(self, statement: str, count: int) -> None:
        self._execute(statement)
        if self._cursor.rowcount != count:
            raise _ConcurrentInsertError

    def _execute(self, statement: str) -> None:
        self._cursor.execute(statement, self._values)


def _get_dialect() -> merge_statements.Dialect:
    return merge_postgresql if connection.vendor == "postgresql" else merge_sqlite
