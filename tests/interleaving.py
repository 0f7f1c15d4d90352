"""Another process that acts between our look at a row and our write: at the database's edge, nothing is mocked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def just_before(statement: str, act: Callable[[], object]) -> Iterator[None]:
    """Lets `act` happen right before the first statement that begins with these words; it is an error if none does.

    Names are written as in SQL, without quotes.
    """
    done: list[str] = []

    def interleaved(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not done and " ".join(sql.replace('"', "").split()).startswith(statement):
            done.append(sql)
            act()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(interleaved):
        yield
    assert done, f"No statement begins with {statement}"
