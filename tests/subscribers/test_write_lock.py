"""Writing in turn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from subscribers import models, write_lock


@pytest.mark.django_db(transaction=True)
def test_on_sqlite_a_thread_waits_in_line_before_it_asks_the_database() -> None:
    asked: list[str] = []
    waiting = threading.Event()

    def note(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        asked.append(sql)
        return execute(sql, *more)

    def second() -> None:
        connection.ensure_connection()
        with connection.execute_wrapper(note):
            waiting.set()
            with write_lock.serialised_transaction():
                pass
        connection.close()

    thread = threading.Thread(target=second)
    with write_lock.serialised_transaction():
        thread.start()
        assert waiting.wait(5)
        thread.join(0.2)
        assert asked == []
    thread.join(5)
    assert asked[0].startswith("BEGIN")


def test_what_fails_within_is_taken_back(active: Callable[..., int]) -> None:
    active("ann@example.com")
    with pytest.raises(RuntimeError), write_lock.serialised_transaction():
        models.Subscriber.objects.update(first_name="Eve")
        raise RuntimeError
    assert models.Subscriber.objects.get().first_name == ""


def test_within_a_transaction_nobody_waits_for_themselves(db: None) -> None:
    with transaction.atomic(), write_lock.serialised_transaction():
        assert not write_lock._LOCK.locked()
