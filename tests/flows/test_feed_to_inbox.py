"""The whole line: feeds in, a briefing suggested, approved, and in every reader's inbox exactly once."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from tests.fakes.sendgrid import Fault, SendGridServer
from tests.flows.conftest import Command

READERS = 2_300


def prepare(command: Command, stories: Callable[[int], Path], tmp_path: Path, readers: int = READERS) -> int:
    """A newsletter with readers and an approved edition; its id."""
    command("lists", "create", "morning", "--name", "Morning Briefing")
    command(
        *("newsletters", "create", "morning"),
        *("--name", "Morning Briefing"),
        *("--from", "news@example.com"),
        *("--list", "morning"),
        *("--address", "1 High Street, Upland"),
        *("--zone", "Europe/London"),
    )
    command("feeds", "add", str(stories(16)))
    command("feeds", "fetch")
    file = tmp_path / "readers.csv"
    file.write_text("email,first_name\n" + "".join(f"reader{n}@example.com,First{n}\n" for n in range(readers)))
    report = command.json("subscribers", "import", str(file), "--list", "morning")
    assert report["new"] == readers
    edition = command.json("editions", "create", "morning", "--suggest")
    assert len(edition["picks"]) == 12
    command("editions", "edit", str(edition["id"]), "--intro", "Good morning, {{ first_name | reader }}.")
    command("editions", "approve", str(edition["id"]))
    return int(edition["id"])


def ready(command: Command, readers: int = READERS, zone: str = "Europe/London") -> int:
    """The same in one process, for tests that are about what comes after; the edition's id."""
    return int(command(str(readers), zone, module="tests.flows.approved_edition"))


def until_finished(command: Command, mailing: int, seconds: float = 60) -> dict[str, object]:
    return until_in_state(command, mailing, "finished", seconds)


def until_in_state(command: Command, mailing: int, state: str, seconds: float = 60) -> dict[str, object]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found: dict[str, object] = command.json("mailings", "show", str(mailing))
        if found["state"] == state:
            return found
        time.sleep(0.3)
    raise AssertionError(f"not {state}: {found}")


def until_answered(command: Command, mailing: int, seconds: float = 60) -> dict[str, Any]:
    """The mailing once every batch had its answer, or is known to have lost it, or it is paused."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found: dict[str, Any] = command.json("mailings", "show", str(mailing))
        all_answered = found["counts"].get("unknown") and not found["counts"].get("planned")
        if found["state"] in ("finished", "paused") or all_answered:
            return found
        time.sleep(0.3)
    raise AssertionError(f"not answered: {found}")


def stop(process: object) -> None:
    process.send_signal(signal.SIGTERM)  # type: ignore[attr-defined]
    process.wait(40)  # type: ignore[attr-defined]


def test_every_subscriber_gets_the_briefing_exactly_once(
    to_sendgrid: Command, sendgrid: SendGridServer, stories: Callable[[int], Path], tmp_path: Path
) -> None:
    edition = prepare(to_sendgrid, stories, tmp_path)
    at = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
    mailing = to_sendgrid.json("editions", "send", str(edition), "--at", at)
    running = to_sendgrid.start("run", "--listen", f"127.0.0.1:{20000 + os.getpid() % 20000}")
    try:
        shown = until_finished(to_sendgrid, mailing["id"])
    finally:
        stop(running)
    assert shown["candidates"] == READERS
    assert shown["counts"] == {"accepted": READERS}
    assert len(sendgrid.accepted) == READERS
    assert set(sendgrid.accepted.values()) == {1}
    assert sendgrid.refused == []


def test_the_children_of_a_killed_supervisor_end_and_leave_the_port_to_the_next(command: Command) -> None:
    listen = f"127.0.0.1:{40_000 + os.getpid() % 20_000}"
    running = command.start("run", "--listen", listen)
    children = until(lambda: _children(running.pid, 3))
    running.kill()
    running.wait()
    until(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children))
    again = command.start("run", "--listen", listen)
    try:
        until(lambda: _answers(f"http://{listen}/healthz"))
    finally:
        stop(again)


def _children(pid: int, count: int) -> list[psutil.Process]:
    found = psutil.Process(pid).children()
    return found if len(found) == count else []


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def until(condition: Callable[[], Any], seconds: float = 40) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.1)
    return found


def test_two_workers_at_once_and_faults_send_nobody_twice(to_sendgrid: Command, sendgrid: SendGridServer) -> None:
    edition = ready(to_sendgrid)
    sendgrid.fail_next(
        Fault(status=429, headers={"X-RateLimit-Reset": str(int(time.time()))}),
        Fault(status=503),
        Fault(drop=True, accept_first=True),
    )
    mailing = to_sendgrid.json("editions", "send", str(edition))
    workers = [to_sendgrid.start("worker"), to_sendgrid.start("worker")]
    try:
        shown = until_answered(to_sendgrid, mailing["id"])
        while shown["state"] == "paused":  # requests ended without an answer before any was accepted
            to_sendgrid("mailings", "resume", str(mailing["id"]))
            shown = until_answered(to_sendgrid, mailing["id"])
    finally:
        for worker in workers:
            stop(worker)
    assert max(sendgrid.accepted.values()) == 1
    unknown = {
        row["address"]
        for row in to_sendgrid.json("mailings", "who", str(mailing["id"]), "--state", "unknown", "--limit", "5000")
    }
    missing = {f"reader{n}@example.com" for n in range(READERS)} - set(sendgrid.accepted)
    assert missing <= unknown, "somebody is missing and nobody says who"
    assert shown["counts"]["unknown"] == len(unknown) > 0  # type: ignore[index]


def test_a_wrong_key_pauses_the_mailing_with_the_remedy(to_sendgrid: Command, sendgrid: SendGridServer) -> None:
    edition = ready(to_sendgrid, readers=30)
    wrong = Command(to_sendgrid.environment | {"SENDGRID_API_KEY": "SG.wrong"})
    mailing = wrong.json("editions", "send", str(edition))
    worker = wrong.start("worker")
    try:
        deadline = time.monotonic() + 30
        while (shown := wrong.json("mailings", "show", str(mailing["id"])))[
            "state"
        ] != "paused" and time.monotonic() < deadline:
            time.sleep(0.3)
    finally:
        stop(worker)
    assert shown["state"] == "paused"
    assert "SENDGRID_API_KEY" in shown["reason"]
    to_sendgrid("mailings", "resume", str(mailing["id"]))
    worker = to_sendgrid.start("worker")
    try:
        until_finished(to_sendgrid, mailing["id"])
    finally:
        stop(worker)
    assert len(sendgrid.accepted) == 30


def test_the_outbox_holds_one_message_for_each_subscriber(command: Command) -> None:
    edition = ready(command, readers=12)
    mailing = command.json("editions", "send", str(edition))
    worker = command.start("worker")
    try:
        until_finished(command, mailing["id"])
    finally:
        stop(worker)
    folder = Path(command.environment["NEWSLETTER_DATA_DIR"]) / "outbox" / mailing["key"]
    messages = [path.read_text() for path in folder.glob("*.eml")]
    assert len(messages) == 12
    assert all("List-Unsubscribe-Post: List-Unsubscribe=One-Click" in message for message in messages)
    assert all("-nl_" not in message for message in messages)


def test_a_killed_worker_loses_nobody_and_doubles_nobody(to_sendgrid: Command, sendgrid: SendGridServer) -> None:
    edition = ready(to_sendgrid)
    sendgrid.delay = 1.5
    mailing = to_sendgrid.json("editions", "send", str(edition))
    worker = to_sendgrid.start("worker", "--threads", "1")
    deadline = time.monotonic() + 30
    while not sendgrid.requests and time.monotonic() < deadline:
        time.sleep(0.02)
    worker.kill()  # the first request is in flight
    worker.wait()
    sendgrid.delay = 0
    again = to_sendgrid.start("worker")
    try:
        time.sleep(6)
        shown = to_sendgrid.json("mailings", "show", str(mailing["id"]))
    finally:
        stop(again)
    # The batch in flight waits for its lease: until then it is nobody's, and it is never sent again.
    assert shown["batches"] == {"accepted": 2, "sending": 1}
    assert max(sendgrid.accepted.values()) == 1
