"""Another process that acts between our look at a row and our write: at the database's edge, nothing is mocked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def just_before(statement: str, act: Callable[[], object]) -> Iterator[None]:
    """Lets `act` happen right before the first statement that begins with these words; it is an error if none does.

    Quotes around names do not count. What `act` did stays: when our savepoint is rolled back, which on this one
    connection takes it along, it is done once more. It is an error, too, when the statement is tried for ever.
    """
    words = statement.replace('"', "")
    acted = acting = False
    count = 0
    within: frozenset[str] = frozenset()

    def interleaved(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal acted, acting, within, count
        if acting:
            return execute(sql, params, many, context)
        meant = " ".join(sql.replace('"', "").split()).startswith(words)
        count += meant
        assert count < 1_000, f"{statement} is tried for ever"
        if not acted and meant:
            acted = acting = True
            act()
            acting, within = False, frozenset(filter(None, connection.savepoint_ids))
        done = execute(sql, params, many, context)
        if sql.startswith("ROLLBACK TO") and any(name in sql for name in within):
            acting = True
            act()
            acting = False
        return done

    with connection.execute_wrapper(interleaved):
        yield
    assert acted, f"No statement begins with {statement}"


@contextmanager
def failing(statement: str, value: object = None) -> Iterator[None]:
    """Every statement that begins with these words, and has this parameter, fails; quotes around names do not count."""

    def fail(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.replace('"', "").startswith(statement) and (value is None or value in (params or ())):
            raise ValueError("broken")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield
