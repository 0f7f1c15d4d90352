"""kill -9 at any instant, in real processes on a real database; counted at the server, not in our ledger."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.sendgrid import KEY, Fault, SendGridServer
from tests.flows.conftest import _new_database, postgres_url

__all__ = ["postgres_url"]

ROOT = Path(__file__).resolve().parents[2]
READERS, BATCH, KILLS, SECONDS = 1_000, 25, 5, 60.0
FAULTS = (
    Fault(status=429, headers={"Retry-After": "1"}),
    Fault(status=503),
    Fault(drop=True, accept_first=True),
    Fault(drop=True),
)
AMBIGUOUS = 3
Crew = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    made = SendGridServer(delay=0.05)
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture(params=["sqlite", "postgres"])
def crew(request: pytest.FixtureRequest, server: SendGridServer, tmp_path: Path) -> Iterator[Crew]:
    """crew("work") starts a process of tests.delivery.crew; whatever still runs at the end is ended."""
    environment = os.environ | {
        "NEWSLETTER_DATA_DIR": str(tmp_path),
        "NEWSLETTER_PROVIDER": "sendgrid",
        "NEWSLETTER_SENDGRID_HOST": server.url,
        "SENDGRID_API_KEY": KEY,
    }
    if request.param == "postgres":
        environment["NEWSLETTER_DATABASE_URL"] = _new_database(request.getfixturevalue("postgres_url"))
    started = []

    def start(*words: str, **named: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.delivery.crew", *words]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_kill_9_at_any_instant_doubles_nobody_and_loses_nobody_unsaid(crew: Crew, server: SendGridServer) -> None:
    assert crew("prepare", str(READERS)).wait(SECONDS) == 0
    server.fail_next(*FAULTS)
    workers = [crew("work"), crew("work")]
    chance = random.Random(7)
    for kill in range(KILLS):
        _until(lambda seen=3 * (kill + 1): server.requests >= seen)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.06))
        victim = workers.pop(chance.randrange(len(workers)))
        victim.kill()
        workers.append(crew("work"))
    for worker in workers:
        assert worker.wait(SECONDS) == 0

    told = json.loads(crew("report").communicate(timeout=SECONDS)[0])
    assert told["state"] == "finished"
    assert told["adds_up"]
    assert told["candidates"] == READERS
    assert max(server.accepted.values()) == 1, "somebody was mailed twice"
    by_state: dict[str, set[str]] = {}
    for who in told["who"]:
        by_state.setdefault(who["state"], set()).add(who["address"])
    assert by_state.keys() <= {"accepted", "unknown"}
    assert by_state["accepted"] <= server.accepted.keys(), "somebody is said to have it who has not"
    assert len(by_state.get("unknown", ())) <= (KILLS + AMBIGUOUS) * BATCH, "only what was in flight may be unknown"


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "nothing happens any more"
        time.sleep(0.01)
