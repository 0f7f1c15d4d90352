"""What many tests begin with is made once in a process; later tests execute the statements that this took.

`prepare(make, …)` calls `make` the first time. Where a later test's database has the same history (every statement that
wrote since the test began, nothing beside), folder of data and configuration, it executes the statements that `make`
executed, writes the files that it wrote, and gives what it gave. Otherwise, and wherever a test patches something,
listens to statements or commits, it is made anew.
"""

from __future__ import annotations

import hashlib
import pickle
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest
from django.conf import settings
from django.db import connection, transaction

P = ParamSpec("P")
T = TypeVar("T")
Statement = tuple[str, Any, bool]
KEPT_AT_MOST = 300
_NEUTRAL = ("SELECT", "PRAGMA", "SAVEPOINT", "RELEASE", "BEGIN", "EXPLAIN")
_UNDOING = ("ROLLBACK", "COMMIT", "END")
# What signing in writes, with a key of its own each time: nothing that tests prepare depends on it.
_SIGN_IN = re.compile(
    r'(INSERT INTO|UPDATE|DELETE FROM) "django_session"|UPDATE "accounts_user" SET "last_login" = %s '
)

_kept: OrderedDict[Any, _Kept] = OrderedDict()
_history: History | None = None
_flushes = 0  # tests of this process that have emptied the database
# How often code was reached that must be executed every time, for instance a module that mutants change.
count_reached: Callable[[], int] = int


class NotRepeatable(Exception):
    """What was made cannot be made by statements and files alone."""


@dataclass(frozen=True, slots=True)
class _Kept:
    statements: tuple[Statement, ...]
    rows: int  # how many rows they changed, triggers' included
    files: dict[str, bytes | None]  # what it wrote, and None for those it removed
    at_commit: tuple[Callable[[], object], ...]
    result: bytes
    database: str  # where statements or files name it: in another they would be of somewhere else

    def repeat(self) -> Any:
        before = _count_changes()
        with connection.cursor() as cursor:
            for sql, params, many in self.statements:
                (cursor.executemany if many else cursor.execute)(sql, params)
        assert _count_changes() - before == self.rows, "the same statements changed other rows"
        for name, data in self.files.items():
            path = _get_folder() / name
            if data is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        for act in self.at_commit:
            transaction.on_commit(act)
        return pickle.loads(self.result)


class History:
    """What was written to the database in this test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._digest = hashlib.blake2b()
        self._statements: list[Statement] = []
        self._done: list[bool] = []  # which of them succeeded
        self._digested = 0  # how many of them are in the digest
        self._undone = 0  # statements that failed, were undone or committed
        self._changes = _count_changes()
        self._is_read = True  # rows that a statement returns count as changed once they are read

    def note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """Executes a statement and, if it may write, notes it."""
        verb = sql[:80].lstrip().upper()
        if verb.startswith(_NEUTRAL):
            return execute(sql, params, many, context)
        if many:
            params = list(params)
        self._count_returned()
        before = _count_changes()
        done = False
        try:
            result = execute(sql, params, many, context)
            done = True
            return result
        finally:
            self._is_read = " RETURNING " not in sql.upper()
            self._undone += not done or verb.startswith(_UNDOING)
            self._statements.append((sql, params, many))
            self._done.append(done)
            self._changes += _count_changes() - before

    def _compute_digest(self) -> bytes:
        """Of what was noted; many a test notes much, and prepares nothing after it."""
        for number in range(self._digested, len(self._statements)):
            sql, params, many = self._statements[number]
            if not _SIGN_IN.match(sql):
                text = repr((sql, params, many, self._done[number]))
                self._digest.update(text.encode("utf-8", "surrogatepass"))
        self._digested = len(self._statements)
        return self._digest.digest()

    def _count_returned(self) -> None:
        if not self._is_read:
            self._changes, self._is_read = _count_changes(), True

    def is_complete(self) -> bool:
        """Whether nothing but the statements noted decides what is made now."""
        self._count_returned()
        patched = [*self._monkeypatch._setattr, *self._monkeypatch._setitem]
        return (
            connection.vendor == "sqlite"
            and connection.in_atomic_block
            and len(connection.execute_wrappers) == 1
            and not connection.force_debug_cursor
            and not patched
            and self._changes == _count_changes()
        )

    def describe(self) -> Any:
        """All that what is made now may depend on."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name")
            sequences = tuple(cursor.fetchall())
        folder = _get_folder()
        config = replace(settings.CONFIG, data_dir=folder, outbox_dir=folder)
        known = repr(config).replace(str(folder), ""), settings.SECRET_KEY, repr(settings.SUBSCRIBERS_HOOKS)
        return _flushes, sequences, self._compute_digest(), known, tuple(_read_files().items())

    def record(self, make: Callable[[], T]) -> tuple[T, _Kept]:
        """Makes it, and what repeats it. Raises NotRepeatable, with the result."""
        begun, undone, changes, waiting = (
            len(self._statements),
            self._undone,
            self._changes,
            len(connection.run_on_commit),
        )
        files = _read_files()
        result = make()
        self._count_returned()
        now = _read_files()
        if self._undone != undone or self._changes != _count_changes():
            raise NotRepeatable(result)
        try:
            pickled = pickle.dumps(result)
        except (pickle.PicklingError, TypeError, AttributeError):
            raise NotRepeatable(result) from None
        at_commit = tuple(act for _, act, _ in connection.run_on_commit[waiting:])
        new = {name: now.get(name) for name in files.keys() | now.keys() if now.get(name) != files.get(name)}
        statements, name = tuple(self._statements[begun:]), _get_database()
        database = name if name in repr((statements, new)) else ""
        return result, _Kept(statements, self._changes - changes, new, at_commit, pickled, database)


def prepare(make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`make(…)`, or the same from what an earlier test kept."""
    if _history is None or not _history.is_complete():
        return make(*args, **kwargs)
    key = make.__module__, make.__qualname__, repr((args, kwargs)), _history.describe()
    if key in _kept and _kept[key].database in ("", _get_database()):
        _kept.move_to_end(key)
        result: T = _kept[key].repeat()
        return result
    reached = count_reached()
    try:
        result, kept = _history.record(lambda: make(*args, **kwargs))
    except NotRepeatable as made:
        return made.args[0]  # type: ignore[no-any-return]
    if count_reached() == reached:
        _kept[key] = kept
        if len(_kept) > KEPT_AT_MOST:
            _kept.popitem(last=False)
    return result


def forget_flushes() -> None:
    """Says that the database is as migrations left it, whatever earlier tests did to another."""
    global _flushes
    _flushes = 0


@contextmanager
def keep_history(monkeypatch: pytest.MonkeyPatch, *, flushes: bool) -> Iterator[None]:
    """Notes what a test writes; `flushes` says that the test ends by emptying the database."""
    global _history, _flushes
    _history = History(monkeypatch)
    try:
        with connection.execute_wrapper(_history.note):
            yield
    finally:
        _history = None
        _flushes += flushes


def _count_changes() -> int:
    """How many rows were changed through this connection, triggers' included."""
    return getattr(connection.connection, "total_changes", 0)


def _get_database() -> str:
    return str(connection.settings_dict["NAME"])


def _get_folder() -> Path:
    return Path(settings.CONFIG.data_dir).parent


def _read_files() -> dict[str, bytes]:
    """What is in the folders of data, of the outbox, and of what this machine remembers."""
    folder = _get_folder()
    paths = [path for each in ("data", "outbox", "state") for path in sorted((folder / each).rglob("*"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}
