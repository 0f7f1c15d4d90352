"""Pieces of SQL by hand, for both databases; and reading all subscribers at once, on SQLite in several threads."""

from __future__ import annotations

import os
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Max

from subscribers import models

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
    """The rows of `select … WHERE asked` over all people: on a large SQLite in ranges of ids, one thread each.

    SQLite lets other threads run while it works. PostgreSQL has parallel workers of its own.
    """
    highest = models.Subscriber.objects.aggregate(n=Max("id"))["n"] or 0
    path = str(connection.settings_dict["NAME"])
    threads = min(os.cpu_count() or 1, 4)
    if connection.vendor != "sqlite" or highest < PARALLEL_FROM or threads == 1 or connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(f"{select} WHERE {asked.text} {tail}", list(asked.values))
            return list(cursor.fetchall())
    bounds = [highest * n // threads for n in range(threads + 1)]
    text = asked.text.replace("%s", "?")

    def rows(low: int, high: int) -> list[tuple[Any, ...]]:
        ranged = _RANGE_MARK.sub(lambda found: f" AND {found[1]} > {low:d} AND {found[1]} <= {high:d}", text)
        statement = f"{select} WHERE p.id > {low:d} AND p.id <= {high:d} AND ({ranged}) {tail}"
        reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
        try:
            reader.execute("PRAGMA mmap_size = 1073741824")
            return reader.execute(statement, asked.values).fetchall()
        finally:
            reader.close()

    with ThreadPoolExecutor(threads) as pool:
        return [row for some in pool.map(rows, bounds[:-1], bounds[1:]) for row in some]
