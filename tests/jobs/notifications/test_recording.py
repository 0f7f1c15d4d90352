"""Notifications as rows: each once, whoever records it; what is old goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.jobs import models
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications import recording
from newsletter.jobs.notifications.facts import Fact
from newsletter.jobs.notifications.observing import Candidate
from tests.interleaving import just_before
from tests.jobs.notifications.conftest import Routes, build_fact

MINUTE = timedelta(minutes=1)


def test_a_fact_is_recorded_once_also_when_another_process_is_faster(
    newsroom: Any, people: Any, routes: Routes, now: datetime
) -> None:
    with just_before("INSERT INTO jobs_notification ", lambda: recording.record_fact(build_fact(newsroom, now), now)):
        assert recording.record_fact(build_fact(newsroom, now), now) is False
    assert models.Notification.objects.count() == 1
    assert sorted(models.NotificationMessage.objects.values_list("route", flat=True)) == ["mail", "mail", "webhook"]


def test_one_that_cannot_be_told_stops_no_other(newsroom: Any, now: datetime) -> None:
    def fail() -> Fact:
        raise ValueError("broken")

    def candidates() -> Iterator[Candidate]:
        yield Candidate(NotificationKind.HELD, "occurrence 1", fail)
        yield Candidate(NotificationKind.HELD, "occurrence 2", lambda: build_fact(newsroom, now, "occurrence 2"))
        yield Candidate(NotificationKind.HELD, "occurrence 3", lambda: None)

    with pytest.raises(ValueError, match="broken"):
        recording.record_new(candidates(), now)
    assert [each.subject for each in models.Notification.objects.all()] == ["occurrence 2"]


def test_the_same_subject_of_another_kind_is_another_thing(newsroom: Any, now: datetime) -> None:
    recording.record_fact(build_fact(newsroom, now), now)
    other = Fact(NotificationKind.DRAFT_READY, "occurrence 1", newsroom.briefing.id, now)
    assert recording.record_new([Candidate(other.kind, other.subject, lambda: other)], now) == 1


def test_what_is_old_goes(newsroom: Any, people: Any, routes: Routes, now: datetime) -> None:
    recording.record_fact(build_fact(newsroom, now), now)
    assert recording.delete_old_notifications(now + timedelta(days=89)) == 0
    assert recording.delete_old_notifications(now + timedelta(days=91)) == 1
    assert not models.NotificationMessage.objects.exists()
