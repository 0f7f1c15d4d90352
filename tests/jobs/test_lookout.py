"""Threads of a worker sleep when nothing is due, and are woken as soon as something is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.checks import preflight
from newsletter.delivery import models
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.sending import freeze
from newsletter.jobs import lookout, tasks, worker_threads
from newsletter.kernel import clock
from tests.actors import SYSTEM

QUEUES = (lookout.HAND_OVER, lookout.MAIL, lookout.EVENTS, lookout.IMPORTS)


@pytest.fixture
def approved(edition: Any, readers: Callable[..., list[int]], now: datetime) -> int:
    readers(3)
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    return int(edition.id)


def send(edition_id: int, now: datetime, after: timedelta | None = None) -> None:
    tasks.send_edition(edition_id, at=after and now + after, by=SYSTEM, now=now, content_hash=None, on_other_day=True)


def test_what_is_due_is_found_for_the_queue_it_is_for(approved: int, now: datetime) -> None:
    assert set(lookout.find_due(now).values()) == {0}
    send(approved, now)
    assert lookout.find_due(now) == {lookout.HAND_OVER: 1, lookout.MAIL: 0, lookout.EVENTS: 0, lookout.IMPORTS: 0}
    freeze.freeze_next(now)
    models.WebhookPayload.objects.create(digest=b"1", body=b"[]", received_at=now)
    assert lookout.find_due(now)[lookout.EVENTS] == 1


def test_the_next_look_is_when_the_next_thing_is_due(approved: int, now: datetime) -> None:
    assert lookout.compute_wait_until_due(now) == lookout.LONGEST_SECONDS
    send(approved, now, timedelta(seconds=3))
    assert lookout.compute_wait_until_due(now) == 3.0
    models.Mailing.objects.update(begins_at=now + timedelta(seconds=2))
    assert lookout.compute_wait_until_due(now) == 2.0
    models.Mailing.objects.update(begins_at=None)
    freeze.freeze_next(now + timedelta(seconds=3))
    models.Batch.objects.update(due_at=now + timedelta(seconds=4))
    assert lookout.compute_wait_until_due(now) == 4.0
    models.WebhookPayload.objects.create(
        digest=b"1", body=b"[]", received_at=now, next_at=now + timedelta(milliseconds=1500)
    )
    assert lookout.compute_wait_until_due(now) == 1.5


def test_what_comes_while_a_thread_looks_is_not_missed() -> None:
    wakeup = lookout.Wakeup()
    wakeup.begin_look()
    wakeup.wake()  # somebody writes when the thread has just looked
    start = time.monotonic()
    wakeup.wait(30)
    assert time.monotonic() - start < 5


def test_who_sleeps_is_woken_before_who_is_busy(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "_read_version", lambda: 1)
    monkeypatch.setattr(lookout, "find_due", lambda now: {lookout.HAND_OVER: 1})
    busy, idle = lookout.Wakeup(), lookout.Wakeup()
    sleeper = threading.Thread(target=idle.wait, args=(30,))
    sleeper.start()
    while not idle.is_idle:
        time.sleep(0.01)
    lookout.Lookout({lookout.HAND_OVER: [busy, idle]}, threading.Event()).step(now)
    sleeper.join(10)
    assert not sleeper.is_alive()


@pytest.mark.django_db(transaction=True)
def test_nobody_looks_before_somebody_writes_or_the_time_comes(
    newsroom: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[datetime] = []
    monkeypatch.setattr(lookout, "find_due", lambda now: looks.append(now) or dict.fromkeys(QUEUES, 0))
    watching = lookout.Lookout({queue: [lookout.Wakeup()] for queue in QUEUES}, threading.Event())
    for _ in range(3):
        watching.step(now)
    assert len(looks) == 1
    writer = threading.Thread(target=lambda: models.RateLimit.objects.create(name="another"))
    writer.start()
    writer.join()
    watching.step(now)
    assert len(looks) == 2


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker whose threads look by themselves once a minute at most."""
    for module in (lookout, worker_threads):
        monkeypatch.setattr(module, f"LONGEST_{'IDLE_' if module is worker_threads else ''}SECONDS", 60.0)
    made = worker_threads.Worker(threads=2)
    running = threading.Thread(target=made.run)
    running.start()
    time.sleep(1.0)  # all of them have looked, and sleep
    yield
    made.stop()
    running.join(20)
    assert not running.is_alive()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", [None, timedelta(seconds=3)])
def test_what_is_sent_now_or_at_an_instant_begins_then(approved: int, worker: None, after: timedelta | None) -> None:
    now = clock.now()
    send(approved, now, after)
    due = now + (after or timedelta())
    while clock.now() < due + timedelta(seconds=15) and not models.Mailing.objects.filter(state=MailingState.FINISHED):
        time.sleep(0.05)
    started = models.Mailing.objects.values_list("started_at", flat=True).get()
    assert started is not None
    assert timedelta() <= started - due < timedelta(seconds=10)
