"""`newsletter run` keeps its children alive and ends them in order."""

from __future__ import annotations

import signal
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from newsletter.jobs import supervisor
from newsletter.jobs.heartbeats import ProcessKind
from newsletter.jobs.models import Heartbeat


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for `python -m newsletter NAME` that notes its starts and its orderly ends."""
    log = tmp_path / "log"
    script = tmp_path / "child.py"
    script.write_text(
        "import signal, sys, time\n"
        f"log = open({str(log)!r}, 'a', buffering=1)\n"
        "def end(*_):\n    log.write('end\\n'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "signal.signal(signal.SIGHUP, lambda *_: log.write('hangup\\n'))\n"
        "log.write('start\\n')\n"
        "while True: time.sleep(0.05)\n"
    )
    real = supervisor.subprocess.Popen
    monkeypatch.setattr(
        supervisor.subprocess, "Popen", lambda command, **options: real([sys.executable, str(script)], **options)
    )
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the test's own process keeps its handlers
    return log


def words(log: Path) -> list[str]:
    return log.read_text().split() if log.exists() else []


def wait_for(condition: object, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.05)
    assert condition()  # type: ignore[operator]


def test_a_child_that_dies_is_started_again_and_all_end_in_order(program: Path) -> None:
    child = supervisor.Child("worker")
    watching = supervisor.Supervisor([child])
    codes: list[int] = []
    runner = threading.Thread(target=lambda: codes.append(watching.run()))
    runner.start()
    wait_for(lambda: words(program) == ["start"])
    assert child.process is not None
    child.process.kill()
    wait_for(lambda: words(program) == ["start", "start"])
    watching.stop()
    runner.join(10)
    assert codes == [0]
    assert words(program) == ["start", "start", "end"]


def test_a_child_that_dies_young_waits_longer_each_time() -> None:
    child = supervisor.Child("worker")
    waits = []
    for _ in range(7):
        child.process = _dead()
        child.started_at = time.monotonic()
        child.watch()
        waits.append(child.restart_delay)
    assert waits == [2, 4, 8, 16, 30, 30, 30]


def _dead() -> supervisor.subprocess.Popen[bytes]:
    process = supervisor.subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    return process


def run_in_thread(watching: supervisor.Supervisor) -> threading.Thread:
    runner = threading.Thread(target=watching.run)
    runner.start()
    return runner


@pytest.mark.django_db(transaction=True)
def test_a_child_that_gives_no_sign_of_life_any_more_is_killed_and_started_again(
    program: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, now: datetime
) -> None:
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.1)
    child = supervisor.Child("worker", kind=ProcessKind.WORKER)
    watching = supervisor.Supervisor([child], hung_after=1.0)
    runner = run_in_thread(watching)
    wait_for(lambda: words(program) == ["start"])
    name = child.heartbeat_name
    first = child.process
    for beat in range(15):  # by a clock that runs backwards: that it changes is what counts
        Heartbeat.objects.update_or_create(
            name=name,
            defaults={"kind": "worker", "started_at": now, "last_seen_at": now - timedelta(hours=beat)},
        )
        time.sleep(0.1)
    assert child.process is first
    wait_for(lambda: words(program) == ["start", "start"])
    wait_for(lambda: not Heartbeat.objects.filter(name=name).exists())  # nobody takes it for alive any more
    watching.stop()
    runner.join(10)
    assert caplog.text.count("gave no sign of life for") == 1


@pytest.mark.django_db(transaction=True)
def test_as_long_as_the_database_takes_nothing_nobody_is_taken_for_dead(
    program: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    monkeypatch.setattr(supervisor, "START_SECONDS", 0.2)
    child = supervisor.Child("worker", kind=ProcessKind.WORKER)
    child.start()
    Heartbeat.objects.create(name=child.heartbeat_name, kind="worker", started_at=now, last_seen_at=now)
    monitor = supervisor.LifeMonitor([child], hung_after=0.2)
    assert monitor.list_hung() == []
    time.sleep(0.3)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TRIGGER full BEFORE UPDATE ON jobs_pulse BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    assert monitor.list_hung() == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER full")
    assert monitor.list_hung() == [], "it counts from the beginning"
    time.sleep(0.3)
    assert [name for _, name, _ in monitor.list_hung()] == [child.heartbeat_name]
    assert child.process is not None
    child.process.kill()
    child.process.wait()
    supervisor._close_pipe(child.process)


def test_a_hangup_is_passed_on_and_ends_nobody(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "SETTLE_SECONDS", 0.5)
    watching = supervisor.Supervisor([supervisor.Child("worker")])
    runner = run_in_thread(watching)
    wait_for(lambda: words(program) == ["start"])
    watching._note_hangup()
    wait_for(lambda: words(program) == ["start", "hangup"])
    watching.stop()
    runner.join(10)
    assert words(program) == ["start", "hangup", "end"]
