"""A database whose file is replaced under running processes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from django.db import connection

from newsletter.jobs import database_file, heartbeats, worker_threads


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "newsletter.sqlite3"
    path.touch()
    monkeypatch.setitem(connection.settings_dict, "NAME", str(path))
    return path


def replace(file: Path) -> None:
    new = file.with_suffix(".new")
    new.touch()
    new.replace(file)


def test_another_file_is_noticed_once_and_one_that_is_gone_is_waited_for(file: Path) -> None:
    assert not database_file.notice_replacement()
    file.write_text("written")
    assert not database_file.notice_replacement()
    replace(file)
    assert database_file.notice_replacement()
    assert not database_file.notice_replacement()
    file.unlink()
    assert not database_file.notice_replacement()


def test_a_process_ends_in_order_when_another_file_is_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    monkeypatch.setattr(heartbeats, "record_heartbeat", lambda *given, **named: None)
    monkeypatch.setattr(worker_threads, "_keep_watch", lambda: None)
    assert worker_threads.try_record_heartbeat(heartbeats.ProcessKind.WORKER)
    replace(file)
    assert not worker_threads.try_record_heartbeat(heartbeats.ProcessKind.WORKER)
    assert killed == [(os.getpid(), signal.SIGTERM)]
