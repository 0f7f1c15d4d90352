"""Whether mail leaves, in time: for monitors."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from newsletter.checks import preflight
from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState
from newsletter.delivery.sending import freeze, hand_over, mailings
from newsletter.jobs import doctor, heartbeats, readiness, tasks
from newsletter.scheduling import schedules
from tests.actors import SYSTEM
from tests.fakes.provider import ScriptedProvider, refuses_for_now

MINUTE = timedelta(minutes=1)


@pytest.fixture
def alive(newsroom: Any, now: datetime) -> None:
    for kind in heartbeats.BACKGROUND:
        heartbeats.record_heartbeat(kind, now=now)


@pytest.fixture
def planned(alive: None, edition: Any, readers: Callable[..., list[int]], now: datetime) -> Any:
    readers(3)
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    return tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None)


def problems(now: datetime) -> dict[str, str]:
    """What is wrong with everybody alive."""
    for kind in heartbeats.BACKGROUND:
        heartbeats.record_heartbeat(kind, now=now)
    return readiness.list_problems(now)


def test_with_everybody_alive_and_nothing_due_it_is_ready(alive: None, now: datetime) -> None:
    assert readiness.list_problems(now) == {}


def test_within_a_minute_a_process_that_is_gone_is_missed(alive: None, now: datetime) -> None:
    assert set(readiness.list_problems(now + MINUTE)) == {"scheduler", "worker"}


def test_a_sign_of_life_in_the_future_is_none(alive: None, now: datetime) -> None:
    assert readiness.list_problems(now - timedelta(hours=1)).keys() == {"scheduler", "worker"}


def test_what_a_process_reports_is_kept_for_doctor(alive: None, now: datetime) -> None:
    heartbeats.record_heartbeat(heartbeats.ProcessKind.WORKER, now=now, note="ann@example.com is stuck")
    found = readiness.list_problems(now)
    assert list(found) == ["worker_trouble"]
    assert "ann@" not in str(found)
    told = [each.what for each in doctor._check_processes(now) if each.is_bad]
    assert [each.partition(" reports: ")[2] for each in told] == ["ann@example.com is stuck"]


def test_a_planned_date_that_nobody_takes_up_is_overdue(alive: None, newsroom: Any, now: datetime) -> None:
    schedules.create_schedule(newsroom.briefing.id, weekdays="daily", time="06:30", zone="UTC", by=SYSTEM, now=now)
    due = now + 30 * MINUTE
    assert problems(due + MINUTE) == {}
    assert list(problems(due + 3 * MINUTE)) == ["occurrences"]


def test_a_mailing_that_is_not_frozen_in_time_is_overdue(planned: Any, now: datetime) -> None:
    assert problems(now + 2 * MINUTE) == {}
    assert list(problems(now + 3 * MINUTE)) == ["mailings"]
    assert "1 mailings are overdue" in str([each.what for each in doctor._check_processes(now + 3 * MINUTE)])


def test_batches_that_do_not_leave_are_overdue_unless_somebody_is_at_it(planned: Any, now: datetime) -> None:
    freeze.freeze_next(now)
    later = now + 3 * MINUTE
    assert list(problems(later)) == ["mailings"]
    models.Mailing.objects.update(underway_at=later - MINUTE)
    assert problems(later) == {}, "a long mailing moves"
    models.Mailing.objects.update(underway_at=None)
    models.RateLimit.objects.create(name="outbox", closed_until=later + MINUTE)
    assert problems(later) == {}, "its provider asked us to wait"
    models.RateLimit.objects.all().delete()
    models.Batch.objects.update(state=BatchState.CLAIMED, lease_until=later + MINUTE)
    assert problems(later) == {}, "it is in somebody's hands"
    models.Batch.objects.update(state=BatchState.PLANNED)
    mailings.pause(planned.id, by=SYSTEM, now=now)
    assert problems(later) == {}, "somebody wants it so"


def test_a_provider_that_cannot_be_reached_is_said_within_about_two_minutes(planned: Any, now: datetime) -> None:
    freeze.freeze_next(now)
    provider = ScriptedProvider(*[refuses_for_now] * 50)
    provider.name = "outbox"
    for seconds in range(0, 480, 5):
        at = now + timedelta(seconds=seconds)
        hand_over.hand_over_next(at, owner="worker/1", provider=provider, clock=lambda: at)  # noqa: B023
        assert list(problems(at)) == (["mailings"] if seconds > 120 else []), seconds
    assert len(provider.requests) > 5, "each was in vain"


def test_reports_of_the_provider_that_wait_for_long_are_overdue(alive: None, now: datetime) -> None:
    models.WebhookPayload.objects.create(digest=b"1", body=b"[]", received_at=now)
    assert problems(now + 10 * MINUTE) == {}
    assert problems(now + 11 * MINUTE) == {"events": "What the provider reported waits for 11 minutes."}


def test_a_disk_that_is_full_is_named_while_processes_are_still_alive(
    alive: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = readiness.LEAST_FREE_BYTES
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=room))
    assert readiness.list_problems(now) == {}
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=room - 1))
    assert list(readiness.list_problems(now)) == ["disk"]


def test_a_mailing_that_was_stopped_is_named_until_its_day_is_over_unless_somebody_stopped_it(
    planned: Any, now: datetime
) -> None:
    mailings.pause(planned.id, by=SYSTEM, now=now)
    assert "stopped" not in problems(now)
    models.Mailing.objects.update(reason="SendGrid does not know the key.")
    assert problems(now)["stopped"].startswith("1 mailings were stopped")
    assert "stopped" not in problems(now + timedelta(days=2))
