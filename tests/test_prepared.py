"""What was made once is the same when it is repeated, and is made anew wherever it could be another."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from subscribers import models
from subscribers.imports.run import import_csv
from subscribers.lists import create_list
from tests import prepared
from tests.actors import SYSTEM
from tests.conftest import NOW

made: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_made(db: None) -> Iterator[None]:
    kept = prepared._kept.copy()
    made.clear()
    prepared._kept.clear()
    yield
    prepared._kept.clear()
    prepared._kept.update(kept)


@contextmanager
def as_another_test(monkeypatch: pytest.MonkeyPatch, *, flushes: bool = False) -> Iterator[None]:
    """As a test of its own has it; what it writes is undone."""
    ours = connection.execute_wrappers[:]
    connection.execute_wrappers.clear()
    try:
        with transaction.atomic():
            with prepared.keep_history(monkeypatch, flushes=flushes):
                yield
            transaction.set_rollback(True)
    finally:
        connection.execute_wrappers[:] = ours
        shutil.rmtree(settings.CONFIG.data_dir, ignore_errors=True)


def create(slug: str, now: datetime) -> Any:
    made.append(slug)
    return create_list(slug, slug.title(), by=SYSTEM, now=now)


def read_database() -> dict[str, list[Any]]:
    """All rows but the statistics, which SQLite makes when it thinks best."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        tables = sorted(name for name in names if not name.startswith("sqlite_stat"))
        return {table: cursor.execute(f"SELECT * FROM {table}").fetchall() for table in (*tables, "sqlite_sequence")}


def test_what_is_repeated_is_what_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for _ in range(2):
        with as_another_test(monkeypatch):
            results = [prepared.prepare(create, "noon", NOW), prepared.prepare(create, "night", NOW)]
            found.append((results, read_database()))
    assert found[0] == found[1]
    assert made == ["noon", "night"]


def test_no_test_gets_the_very_object_that_another_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def give() -> list[int]:
        return [1]

    for _ in range(3):
        with as_another_test(monkeypatch):
            given = prepared.prepare(give)
            assert given == [1]
            given.append(2)


def write(monkeypatch: pytest.MonkeyPatch) -> None:
    create_list("other", "Other", by=SYSTEM, now=NOW)


def write_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.connection.execute("INSERT INTO subscribers_tag (name) VALUES ('new')")


def write_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CONFIG.data_dir.mkdir(exist_ok=True)
    (settings.CONFIG.data_dir / "new").write_text("new")


def patch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subscribers.lists.create_list", create_list)


def configure(monkeypatch: pytest.MonkeyPatch) -> None:
    object.__setattr__(settings, "CONFIG", replace(settings.CONFIG, provider="smtp"))


def listen(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.execute_wrappers.append(lambda execute, *statement: execute(*statement))


@pytest.mark.parametrize("differ", [write, write_beside, write_a_file, patch, configure, listen])
def test_where_it_could_be_another_it_is_made_anew(
    differ: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    config = settings.CONFIG
    with as_another_test(monkeypatch):
        prepared.prepare(create, "noon", NOW)
    try:
        with as_another_test(monkeypatch):
            differ(monkeypatch)
            assert prepared.prepare(create, "noon", NOW).slug == "noon"
    finally:
        settings.CONFIG = config
    assert made == ["noon", "noon"]


def test_what_reaches_code_that_must_be_executed_is_made_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = count()
    prepared.count_reached = reached.__next__
    try:
        for _ in range(2):
            with as_another_test(monkeypatch):
                prepared.prepare(create, "noon", NOW)
    finally:
        prepared.count_reached = int
    assert made == ["noon", "noon"]


@pytest.mark.parametrize("given", [("night", NOW), ("noon", NOW.replace(hour=7))])
def test_what_is_asked_for_otherwise_is_made_anew(given: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (("noon", NOW), given):
        with as_another_test(monkeypatch):
            assert prepared.prepare(create, *each).slug == each[0]
    assert len(made) == 2


def test_after_a_test_that_empties_the_database_it_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    for flushes in (True, False):
        with as_another_test(monkeypatch, flushes=flushes):
            prepared.prepare(create, "noon", NOW)
    assert made == ["noon", "noon"]


def test_what_was_undone_on_the_way_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def create_twice() -> None:
        create("noon", NOW)
        models.Tag.objects.create(name="one")
        with pytest.raises(IntegrityError), transaction.atomic():
            models.Tag.objects.create(name="one")

    for _ in range(2):
        with as_another_test(monkeypatch):
            prepared.prepare(create_twice)
    assert made == ["noon", "noon"]


def test_files_are_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def keep() -> Path:
        made.append("file")
        path = Path(settings.CONFIG.data_dir / "pictures" / "a")
        path.parent.mkdir(parents=True)
        path.write_bytes(b"drawn")
        return path

    for _ in range(2):
        with as_another_test(monkeypatch):
            path = prepared.prepare(keep)
            assert path.read_bytes() == b"drawn"
    assert made == ["file"]


def test_files_are_changed_and_removed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(changed: Path, gone: Path) -> None:
        made.append("changed")
        changed.write_bytes(b"drawn anew")
        gone.unlink()

    folder = Path(settings.CONFIG.data_dir / "pictures")
    for _ in range(2):
        with as_another_test(monkeypatch):
            folder.mkdir(parents=True)
            for name in ("a", "b"):
                (folder / name).write_bytes(b"drawn")
            prepared.prepare(change, folder / "a", folder / "b")
            assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("a", b"drawn anew")]
    assert made == ["changed"]


def test_what_waits_for_the_commit_waits_again(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def wait() -> None:
        made.append("wait")
        transaction.on_commit(lambda: made.append("committed"))

    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True), as_another_test(monkeypatch):
            prepared.prepare(wait)
    assert made.count("wait") == 1


def test_an_import_is_repeated_with_all_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has temporary tables, triggers, statements that return rows, and a file that comes and goes."""

    def take_in() -> None:
        file = io.BytesIO(b"email,tags\na@example.com,x\nb@example.com,y\n")
        import_csv(file, create("noon", NOW).id, dry_run=False, by=SYSTEM, now=NOW)

    found = []
    for _ in range(2):
        with as_another_test(monkeypatch):
            prepared.prepare(take_in)
            found.append(read_database())
    assert found[0] == found[1]
    assert models.Subscriber.objects.count() == 0
    assert len(found[0]["subscribers_subscriber"]) == 2
    assert made == ["noon"]
