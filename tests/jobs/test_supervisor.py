"""`newsletter run` keeps its children alive and ends them in order."""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from newsletter.jobs import supervisor


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
