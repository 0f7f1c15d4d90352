"""A backup is of one instant, sound when it has its name, and for its owner alone."""

from __future__ import annotations

import sqlite3
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from newsletter.jobs import backup
from newsletter.kernel.errors import BadInput, Refused, SurroundingsError
from tests.actors import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)


def make(tmp_path: Path, now: datetime, **more: Any) -> Path:
    file = tmp_path / "backup.tar"
    backup.back_up(file, by=SYSTEM, now=now, **more)
    return file


def test_writes_of_others_do_not_begin_the_backup_anew(
    tmp_path: Path, now: datetime, newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "PAGES_PER_STEP", 20)
    steps = 0

    def write(pages: int) -> None:
        nonlocal steps
        steps += 1
        assert steps < 1_000, "it never ends"
        with sqlite3.connect(connection.settings_dict["NAME"], timeout=5) as other:
            other.execute("UPDATE catalog_newsletter SET name = name || 'x'")

    file = make(tmp_path, now, advance=write)

    assert steps > 5
    with tarfile.open(file) as archive:
        archive.extract("database.sqlite3", tmp_path, filter="data")
    copy = sqlite3.connect(tmp_path / "database.sqlite3")
    assert copy.execute("SELECT name FROM catalog_newsletter ORDER BY id").fetchall() == [
        ("Morning Briefing",),
        ("Evening Letter",),
    ]


def test_a_backup_is_for_its_owner_alone_and_has_pictures_but_no_key(
    tmp_path: Path, now: datetime, settings: Any
) -> None:
    folder = settings.CONFIG.data_dir / "pictures" / "ab"
    folder.mkdir(parents=True)
    (folder / "abc.png").write_bytes(b"a picture")
    (settings.CONFIG.data_dir / "secret.key").write_text("secret")
    key = tmp_path / "key"

    file = make(tmp_path, now, secret_key_to=key)

    assert file.stat().st_mode & 0o777 == 0o600
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_text().strip() == settings.CONFIG.secret_key
    with tarfile.open(file) as archive:
        assert sorted(archive.getnames()) == ["database.sqlite3", "manifest.json", "pictures/ab/abc.png"]
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == ["backup.tar"]
    with pytest.raises(Refused, match="exists already"):
        make(tmp_path, now, secret_key_to=key)


def test_a_file_that_was_changed_is_refused(tmp_path: Path, now: datetime) -> None:
    file = make(tmp_path, now)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)

    with pytest.raises(BadInput, match="damaged"):
        backup.read_back(file, tmp_path)
    (tmp_path / "text").write_text("no archive at all")
    with pytest.raises(BadInput, match="is no backup"):
        backup.read_back(tmp_path / "text", tmp_path)


def test_a_backup_that_fails_leaves_the_last_one_as_it_is(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make(tmp_path, now)
    before = file.read_bytes()

    def fail(*given: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_add", fail)
    with pytest.raises(SurroundingsError, match="No space left on device. No backup was made."):
        make(tmp_path, now)

    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == ["backup.tar"]


def test_a_program_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SurroundingsError, match="pg_dump is not installed"):
        backup.run_postgresql("pg_dump")
