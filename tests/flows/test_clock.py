"""A clock that is put back an hour, or forward a day: nothing stops, and nobody is mailed twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.flows.conftest import Command
from tests.flows.test_feed_to_inbox import ready
from tests.forking import Process

pytestmark = pytest.mark.parametrize("command", ["sqlite"], indirect=True)
HOUR, DAY = 3_600, 86_400


class Machine:
    """Processes under one clock, which a test sets."""

    def __init__(self, command: Command, folder: Path) -> None:
        self.file = folder / "clock"
        self.set_clock(0)
        self.running: list[Process] = []
        self.command = Command(command.environment | {"OWN_CLOCK": str(self.file), "OWN_CLOCK_LIMITS": "2 100"})

    def set_clock(self, seconds: int) -> None:
        """Sets the clock to so many seconds ahead of the true time."""
        new = self.file.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self.file)

    def start(self, *words: str) -> Process:
        self.running.append(self.command._get_interpreter().start(*words, module="tests.flows.own_clock"))
        return self.running[-1]

    def run(self, *words: str) -> None:
        self.command(*words, module="tests.flows.own_clock")

    def wait_for_tick(self, ahead: int) -> None:
        """Waits until the scheduler has ticked by a clock so far ahead."""

        def has_ticked() -> bool:
            found = self.rows("SELECT beat_at FROM jobs_pulse WHERE kind = 'heartbeat'")
            seen = [datetime.fromisoformat(at).replace(tzinfo=UTC) for (at,) in found]
            now = datetime.now(UTC) + timedelta(seconds=ahead)
            return any(abs(each - now) < timedelta(minutes=10) for each in seen)

        wait(has_ticked)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        import sqlite3
        from contextlib import closing

        path = Path(self.command.environment["NEWSLETTER_DATA_DIR"]) / "newsletter.sqlite3"
        with closing(sqlite3.connect(path, timeout=20)) as database:
            return database.execute(sql).fetchall()


@pytest.fixture
def machine(command: Command, tmp_path: Path) -> Iterator[Machine]:
    made = Machine(command, tmp_path)
    yield made
    for process in made.running:
        process.terminate()
        process.wait(30)


def wait(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_with_the_clock_put_back_and_forward_all_goes_on_and_nobody_is_mailed_twice(machine: Machine) -> None:
    edition = ready(machine.command, readers=5)
    machine.start("scheduler")
    machine.start("worker")
    machine.wait_for_tick(0)
    machine.set_clock(-HOUR)
    machine.wait_for_tick(-HOUR)  # its watchdog notices that nothing ticks
    machine.run("editions", "send", str(edition), "--other-day")  # at midnight it is
    outbox = Path(machine.command.environment["NEWSLETTER_DATA_DIR"]) / "outbox"

    def count_mails() -> int:
        return len([*outbox.rglob("*.eml")])

    wait(lambda: count_mails() == 5)
    for ahead in (DAY, 0):
        machine.set_clock(ahead)
        machine.wait_for_tick(ahead)
    time.sleep(1)
    assert count_mails() == 5
    assert machine.rows("SELECT state FROM delivery_mailing") == [("finished",)]


def test_a_scheduler_that_cannot_go_on_ends_to_be_started_again(machine: Machine) -> None:
    machine.command.environment["OWN_CLOCK_LIMITS"] = "1000 4"
    process = machine.start("scheduler")
    machine.wait_for_tick(0)
    machine.set_clock(-HOUR)
    assert process.wait(60) == 70
