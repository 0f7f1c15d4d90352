"""Many processes that tell at once, on both databases: each notification comes once, also when one is killed."""

from __future__ import annotations

import email
import email.policy
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.smtp import SmtpServer, listening
from tests.fakes.webhook import WebhookServer, taking_posts
from tests.flows.conftest import Command
from tests.flows.test_feed_to_inbox import ready

PROCESSES = 4


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with listening(SmtpServer()) as server:
        yield server


@pytest.fixture
def hook() -> Iterator[WebhookServer]:
    with taking_posts() as server:
        yield server


@pytest.fixture
def told(command: Command, smtp: SmtpServer, hook: WebhookServer, tmp_path: Path) -> Command:
    """The command with both routes; an edition waits for approval, and neither scheduler nor worker is alive."""
    notified = Command(command.environment | {"NEWSLETTER_NOTIFY_SMTP_URL": smtp.url})
    edition = ready(notified, readers=3)
    address = tmp_path / "address"
    address.write_text(hook.url)
    notified("notifications", "add-webhook", "chat", "--url-file", str(address), "--allow-private")
    notified("editions", "withdraw", str(edition))
    notified("editions", "request-approval", str(edition), "--note", "The lead")
    return notified


def list_subjects(smtp: SmtpServer) -> Counter[str]:
    parse = email.policy.default
    return Counter(str(email.message_from_bytes(raw, policy=parse)["Subject"]) for _, raw in smtp.accepted)


def test_processes_that_tell_at_once_tell_each_thing_once(told: Command, smtp: SmtpServer, hook: WebhookServer) -> None:
    now = datetime.now(UTC)
    for minutes in (0, 0, 3, 3, 4):
        at = (now + timedelta(minutes=minutes)).isoformat()
        with ThreadPoolExecutor() as threads:
            done = [threads.submit(told, at, module="tests.flows.tell") for _ in range(PROCESSES)]
            assert [each.result() for each in done]
    subjects = list_subjects(smtp)
    assert {subject.partition(":")[0] for subject in subjects} >= {
        "Approval requested",
        "No scheduler is running",
        "No worker is running",
    }
    assert set(subjects.values()) == {1}
    assert set(Counter(each.headers["webhook-id"] for each in hook.posts).values()) == {1}
    kinds = Counter((each.json["kind"], each.json["subject"]) for each in hook.posts)
    assert set(kinds.values()) == {1}


def test_a_process_killed_before_it_could_say_that_a_mail_left_leaves_it_unknown_and_unrepeated(
    told: Command, smtp: SmtpServer, hook: WebhookServer
) -> None:
    now = datetime.now(UTC)
    smtp.gate = threading.Event()
    process = told.start(now.isoformat(), module="tests.flows.tell")
    _wait(lambda: len(smtp.accepted) == 1)
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    smtp.gate.set()
    for minutes in (1, 6, 30):
        told((now + timedelta(minutes=minutes)).isoformat(), module="tests.flows.tell")
    assert list_subjects(smtp)["Approval requested: Morning Briefing, " + _find_day(smtp)] == 1
    listed = told.json("notifications", "list")
    states = Counter(
        message["state"]
        for each in listed
        if each["kind"] == "approval_requested"
        for message in each["messages"]
        if message["route"] == "mail"
    )
    assert states == {"unknown": 1}
    assert Counter(each.json["kind"] for each in hook.posts)["approval_requested"] == 1


def _find_day(smtp: SmtpServer) -> str:
    (subject,) = [each for each in list_subjects(smtp) if each.startswith("Approval requested")]
    return subject.rpartition(", ")[2]


def _wait(what: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)
