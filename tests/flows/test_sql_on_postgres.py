"""What is written as SQL by hand does on PostgreSQL what it does on SQLite: the same tests, once more."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.flows.conftest import new_database

BY_HAND = {
    "subscribers": (
        "importing",
        "import_runs",
        "undoing",
        "segments",
        "exporting",
        "looking_up",
        "suppressions",
        "never_again",
    ),
    "curator": ("desk_words", "pool", "rules"),
    "delivery": ("claims", "variants"),
}


def test_what_holds_on_sqlite_holds_on_postgresql(postgres_url: str) -> None:
    database = new_database(postgres_url, "template0")
    words = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--reuse-db"]
    files = [f"tests/{room}/test_{name}.py" for room, names in BY_HAND.items() for name in names]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, *files],
        env={**os.environ, "NEWSLETTER_DATABASE_URL": database},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-6_000:]
    name = urlsplit(database).path.strip("/")
    with psycopg.connect(urlunsplit(urlsplit(database)._replace(path=f"/test_{name}"))) as there:
        assert there.execute("SELECT count(*) FROM django_migrations").fetchone() != (0,), "they ran elsewhere"
