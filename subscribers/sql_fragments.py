"""Pieces of SQL by hand, for both databases; and reading all subscribers at once, on SQLite in several threads."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Max

from subscribers import models

_Read = TypeVar("_Read")

PARALLEL_FROM = 200_000  # people: below, a second thread gains nothing
_RANGE_MARK = re.compile(r"/\*([a-z._]+)\*/")


class SqlFragment(NamedTuple):
    """A fragment of SQL with its parameters. `never_null`: it is true or false, never unknown."""

    text: str
    values: tuple[Any, ...]
    never_null: bool = False

    def negate(self) -> SqlFragment:
        """What holds where this does not.

        What is not known is not true: of somebody without an age, “none of: age above 40” holds.
        """
        return SqlFragment(f"NOT ({self.text})" if self.never_null else f"({self.text}) IS NOT TRUE", self.values, True)


def escape_like(text: str) -> str:
    """A text for LIKE … ESCAPE '!', meaning itself."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def build_like(text: str) -> str:
    """LIKE a pattern with a text, whatever the case. What needs no escaping is compared a tenth faster without."""
    return f"{like_operator()} %s" + (" ESCAPE '!'" if text != escape_like(text) or "\\" in text else "")


def like_operator() -> str:
    return "ILIKE" if is_postgresql() else "LIKE"


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def select_in_ranges(select: str, asked: SqlFragment, tail: str = "") -> list[tuple[Any, ...]]:
    """The rows of `select … WHERE asked` over all people: on a large SQLite in ranges of ids, one thread each."""
    statement = SqlFragment(f"{select} WHERE ({asked.text})/*p.id*/ {tail}", asked.values)
    return [row for rows in read_in_ranges(statement, list[tuple[Any, ...]]) for row in rows]


def read_in_ranges(
    statement: SqlFragment, read: Callable[[Iterable[tuple[Any, ...]]], _Read], *, longest: int = 0
) -> list[_Read]:
    """What `read` makes of the rows of a statement about all people, or of those of each range of ids.

    A comment that names a column marks where a range is cut out of it. On a large SQLite a few threads share the
    ranges: it lets others run while it works. PostgreSQL has parallel workers of its own. With `longest` no range has
    more ids, so that what is read of one is not too much for the memory.
    """
    highest = models.Subscriber.objects.aggregate(n=Max("id"))["n"] or 0
    threads = min(os.cpu_count() or 1, 4)
    is_shared = (
        connection.vendor == "sqlite" and highest >= PARALLEL_FROM and threads > 1 and not connection.in_atomic_block
    )
    count = max(threads if is_shared else 1, -(-highest // longest) if longest else 1)
    bounds = [highest * n // count for n in range(count + 1)]
    if not is_shared:
        with connection.cursor() as cursor:
            found = []
            for low, high in pairwise(bounds):
                text = _RANGE_MARK.sub("", statement.text) if count == 1 else cut_range(statement.text, low, high)
                cursor.execute(text, list(statement.values))
                found.append(read(cursor.fetchall()))
            return found
    path, text = str(connection.settings_dict["NAME"]), statement.text.replace("%s", "?")

    def read_range(low: int, high: int) -> _Read:
        reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
        try:
            reader.execute("PRAGMA mmap_size = 1073741824")
            return read(reader.execute(cut_range(text, low, high), statement.values).fetchall())
        finally:
            reader.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(read_range, bounds[:-1], bounds[1:]))


def cut_range(text: str, low: int, high: int) -> str:
    """A statement about those people alone whose ids are behind `low`, up to `high`: where marks are."""
    return _RANGE_MARK.sub(lambda found: f" AND {found[1]} > {low:d} AND {found[1]} <= {high:d}", text)
