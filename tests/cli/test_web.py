"""Where the web server listens."""

from __future__ import annotations

import logging
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from newsletter.cli import web
from newsletter.kernel.errors import BadInput
from tests.cli.conftest import SURROUNDINGS, run


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [
        ("0.0.0.0:80", "0.0.0.0", 80),
        (":9000", "127.0.0.1", 9000),
        ("9000", "127.0.0.1", 9000),
        ("[::1]:8000", "::1", 8000),
    ],
)
def test_an_address_to_listen_on_is_read(listen: str, host: str, port: int) -> None:
    assert web.parse_listen(listen) == (host, port)


@pytest.mark.parametrize("listen", ["localhost", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http"])
def test_what_is_no_address_is_refused_with_an_example(listen: str) -> None:
    with pytest.raises(BadInput, match=r"127\.0\.0\.1:8000"):
        web.parse_listen(listen)


@pytest.mark.parametrize(
    ("base_url", "port"),
    [
        ("http://127.0.0.1:8123", 8123),
        ("http://localhost", 8000),
        ("https://news.example.com", 8000),
        ("https://news.example.com:8443", 8000),
    ],
)
def test_without_one_it_is_the_port_of_a_local_base_url(settings: Any, base_url: str, port: int) -> None:
    settings.CONFIG = replace(settings.CONFIG, base_url=base_url)
    assert web.parse_listen("") == ("127.0.0.1", port)


def test_a_port_that_is_taken_is_said_with_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run(tmp_path, "web", "--listen", where, NEWSLETTER_PROVIDER="outbox")
    assert done.returncode == SURROUNDINGS
    assert f"Cannot listen on {where}" in done.stderr
    assert "--listen HOST:PORT" in done.stderr


@pytest.mark.django_db(transaction=True)
def test_the_web_does_not_wait_for_the_disk_at_each_commit() -> None:
    def ask(name: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {name}")
            return int(cursor.fetchone()[0])

    full, normal = 2, 1
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA synchronous = {full}")
    web._relax_durability(connection)
    assert (ask("synchronous"), ask("wal_autocheckpoint")) == (normal, 20_000)
    connection.close()  # others get one of their own


def test_requests_that_wait_for_a_thread_are_not_logged_one_by_one() -> None:
    """Thousands come at once where a mailing is opened."""
    assert not logging.getLogger("waitress.queue").isEnabledFor(logging.WARNING)
    assert logging.getLogger("waitress").isEnabledFor(logging.WARNING), "what went wrong is logged"
