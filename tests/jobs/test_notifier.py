"""The thread that tells: whatever of it fails, the rest is done, and it goes on."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.jobs import heartbeats, models
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications import recording
from newsletter.jobs.notifications.facts import Fact
from newsletter.jobs.notifier import Notifier
from tests.interleaving import failing


def test_a_look_records_sends_cleans_up_and_does_what_else_is_to_be_done(newsroom: Any, now: datetime) -> None:
    done: list[datetime] = []
    notifier = Notifier(also=lambda at: done.append(at) or 0)
    old = Fact(NotificationKind.HELD, "occurrence 1", newsroom.briefing.id, now)
    recording.record_fact(old, now - timedelta(days=100))
    notifier.step(now)
    notifier.step(now + timedelta(minutes=3))
    assert not models.Notification.objects.filter(kind=NotificationKind.HELD).exists()
    assert models.Notification.objects.filter(kind=NotificationKind.PROCESS_GONE).count() == 2
    assert done == [now, now + timedelta(minutes=3)]


def test_what_fails_keeps_nothing_else_from_being_done(newsroom: Any, now: datetime) -> None:
    done: list[datetime] = []
    with failing("SELECT %s AS a FROM jobs_notificationmessage"), pytest.raises(ValueError, match="broken"):
        Notifier(also=lambda at: done.append(at) or 0).step(now)
    assert done == [now]
    assert models.NotificationCondition.objects.count() == 2, "scheduler and worker are gone"


@pytest.mark.django_db(transaction=True)
def test_it_looks_again_and_again_until_it_is_stopped() -> None:
    seen: list[datetime] = []

    def also(at: datetime) -> int:
        seen.append(at)
        raise OSError("away")

    with Notifier(every=0.01, also=also):
        until = time.monotonic() + 20
        while len(seen) < 3 and time.monotonic() < until:
            time.sleep(0.01)
    count = len(seen)
    time.sleep(0.1)
    assert count >= 3
    assert len(seen) == count
    assert not heartbeats.list_processes()
