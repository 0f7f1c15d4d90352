"""The scheduler ticks, and one step in trouble never stops it."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.jobs import heartbeats, scheduler, tasks
from newsletter.kernel import clock
from newsletter.kernel.errors import Refused
from newsletter.scheduling import occurrences, schedules
from newsletter.scheduling.models import Occurrence
from tests.actors import SYSTEM


@pytest.mark.django_db(transaction=True)
def test_it_ticks_until_it_is_stopped_and_then_takes_its_sign_of_life_away(
    newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "HUNG_AFTER_SECONDS", 1e9)  # its watchdog outlives it, and would end the tests
    running = scheduler.Scheduler(tick_seconds=1)
    running.start()
    deadline = time.monotonic() + 10
    while not heartbeats.list_processes("heartbeat") and time.monotonic() < deadline:
        time.sleep(0.05)
    (process,) = heartbeats.list_processes("heartbeat")
    running.stop()
    assert process.note == ""
    assert heartbeats.list_processes("heartbeat") == ()


@pytest.mark.parametrize("error", [Refused("A reason."), RuntimeError("A defect.")])
def test_a_step_that_fails_is_logged_and_is_done_again_next_time(
    error: Exception, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(now: datetime) -> int:
        raise error

    with caplog.at_level(logging.WARNING):
        scheduler._run_step(fails, "Feeds could not be fetched")
    assert "Feeds could not be fetched" in caplog.text
    assert str(error) in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_tick_comes_at_the_instant_of_an_occurrence_whenever_the_next_one_would(
    newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "HUNG_AFTER_SECONDS", 1e9)
    started = clock.now()
    schedules.create_schedule(newsroom.briefing.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=started)
    occurrences.materialise(started)
    planned = Occurrence.objects.order_by("instant")[0]
    instant = clock.now() + timedelta(seconds=3)
    Occurrence.objects.filter(id=planned.id).update(instant=instant)
    running = scheduler.Scheduler(tick_seconds=300)
    running.start()
    while clock.now() < instant + timedelta(seconds=15) and planned.state != "held":
        time.sleep(0.05)
        planned.refresh_from_db()
    running.stop()
    assert planned.state == "held", "it has no edition"
    assert timedelta() <= planned.changed_at - instant < timedelta(seconds=10)


def test_when_the_clock_is_put_back_what_waits_is_tried_and_only_then(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[datetime] = []
    monkeypatch.setattr(tasks, "try_again_now", lambda now: ended.append(now) or 0)
    ticking = scheduler.Scheduler()
    for minutes, passed in ((0, 0.0), (1, 60.0), (30, 65.0), (31, 130.0)):  # put forward, that is no matter
        ticking._notice_clock(now + timedelta(minutes=minutes), passed)
    assert ended == []
    ticking._notice_clock(now + timedelta(minutes=-29), 135.0)
    assert len(ended) == 1
    ticking._notice_clock(now + timedelta(minutes=-29, seconds=5), 140.0)
    assert len(ended) == 1
