"""What is written as SQL by hand does on PostgreSQL what it does on SQLite: the same tests, once more."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.flows.conftest import new_database

TESTS_OF_SQL = (
    "curator/articles/test_search.py",
    "curator/articles/test_triage.py",
    "curator/editions/test_pool.py",
    "curator/editions/test_rules.py",
    "delivery/sending/test_audience_size.py",
    "delivery/sending/test_claims.py",
    "delivery/sending/test_freeze_variants.py",
    "delivery/sending/test_probing.py",
    "subscribers/imports/test_export.py",
    "subscribers/imports/test_merge.py",
    "subscribers/imports/test_run.py",
    "subscribers/imports/test_undo.py",
    "subscribers/segments/test_service.py",
    "subscribers/test_attributes.py",
    "subscribers/test_audience.py",
    "subscribers/test_never_again.py",
    "subscribers/test_subscriber_lookup.py",
    "subscribers/test_subscription_counts.py",
    "subscribers/test_suppressions.py",
)


def test_what_holds_on_sqlite_holds_on_postgresql(migrated_postgres: str) -> None:
    database = new_database(migrated_postgres)
    new_database(migrated_postgres, name=f"test_{urlsplit(database).path.strip('/')}")  # where they run
    words = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--reuse-db"]
    files = [f"tests/{name}" for name in TESTS_OF_SQL]
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
        # Numbers that were given out stay so when a test is undone.
        assert there.execute("SELECT is_called FROM subscribers_subscriber_id_seq").fetchone() == (True,), "elsewhere"
