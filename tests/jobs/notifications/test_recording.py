"""Notifications as rows: each once, whoever records it; what is old goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.jobs import models
from newsletter.jobs.notification_kinds import MessageState, NotificationKind, Route
from newsletter.jobs.notifications import recording
from newsletter.jobs.notifications.facts import Fact, Sighting
from newsletter.jobs.notifications.observing import Candidate, Look
from tests.interleaving import just_before
from tests.jobs.notifications.conftest import Routes

MINUTE = timedelta(minutes=1)


def fact(newsroom: Any, now: datetime, subject: str = "occurrence 1") -> Fact:
    return Fact(NotificationKind.HELD, subject, newsroom.briefing.id, now, {"newsletter": "Morning Briefing"})


def test_a_fact_is_recorded_once_also_when_another_process_is_faster(
    newsroom: Any, people: Any, routes: Routes, now: datetime
) -> None:
    with just_before("INSERT INTO jobs_notification ", lambda: recording.record_fact(fact(newsroom, now), now)):
        assert recording.record_fact(fact(newsroom, now), now) is False
    assert models.Notification.objects.count() == 1
    assert sorted(models.NotificationMessage.objects.values_list("route", flat=True)) == ["mail", "mail", "webhook"]


def test_a_message_is_claimed_by_one(newsroom: Any, people: Any, routes: Routes, now: datetime) -> None:
    recording.record_fact(fact(newsroom, now), now)
    with just_before("UPDATE jobs_notificationmessage SET state", lambda: list(recording.claim_messages(now))):
        mine = list(recording.claim_messages(now))
    assert mine == []
    assert set(models.NotificationMessage.objects.values_list("attempts", flat=True)) == {1}


def test_a_condition_that_two_processes_see_is_told_once(newsroom: Any, now: datetime) -> None:
    look = Look((Sighting(NotificationKind.SIGNUP_ATTACK, "signups"),), "signups")
    with just_before("INSERT INTO jobs_notificationcondition", lambda: recording.follow_conditions(look, now)):
        assert recording.follow_conditions(look, now) == 0
    assert models.Notification.objects.count() == 1


def test_a_condition_that_another_process_has_moved_on_is_left_to_it(newsroom: Any, now: datetime) -> None:
    away = Look((), "signups")
    recording.follow_conditions(Look((Sighting(NotificationKind.SIGNUP_ATTACK, "signups"),), "signups"), now)
    recording.follow_conditions(away, now + MINUTE)
    later = now + 40 * MINUTE
    with just_before("UPDATE jobs_notificationcondition", lambda: recording.follow_conditions(away, later)):
        assert recording.follow_conditions(away, later) == 0
    assert models.Notification.objects.count() == 2


def test_a_look_ends_only_what_it_would_have_seen(newsroom: Any, now: datetime) -> None:
    seen = Sighting(NotificationKind.DISK, "disk:other-machine:", values={"host": "other-machine"})
    for minutes in (0, 1):
        recording.follow_conditions(Look((seen,), "disk:other-machine:"), now + minutes * MINUTE)
    for minutes in (2, 60):
        recording.follow_conditions(Look((), "disk:this-machine:"), now + minutes * MINUTE)
    assert models.NotificationCondition.objects.get().absent_since is None


def test_one_that_cannot_be_told_stops_no_other(newsroom: Any, now: datetime) -> None:
    def fail() -> Fact:
        raise ValueError("broken")

    def candidates() -> Iterator[Candidate]:
        yield Candidate(NotificationKind.HELD, "occurrence 1", fail)
        yield Candidate(NotificationKind.HELD, "occurrence 2", lambda: fact(newsroom, now, "occurrence 2"))
        yield Candidate(NotificationKind.HELD, "occurrence 3", lambda: None)

    with pytest.raises(ValueError, match="broken"):
        recording.record_new(candidates(), now)
    assert [each.subject for each in models.Notification.objects.all()] == ["occurrence 2"]


def test_the_same_subject_of_another_kind_is_another_thing(newsroom: Any, now: datetime) -> None:
    recording.record_fact(fact(newsroom, now), now)
    other = Fact(NotificationKind.DRAFT_READY, "occurrence 1", newsroom.briefing.id, now)
    assert recording.record_new([Candidate(other.kind, other.subject, lambda: other)], now) == 1


def test_a_lease_of_a_clock_that_was_put_back_is_cut(newsroom: Any, people: Any, routes: Routes, now: datetime) -> None:
    recording.record_fact(fact(newsroom, now), now)
    list(recording.claim_messages(now))
    models.NotificationMessage.objects.update(lease_until=now + timedelta(days=1))
    list(recording.claim_messages(now))
    assert len(list(recording.claim_messages(now + 6 * MINUTE))) == 1, "the webhook's; mails are unknown"
    mails = models.NotificationMessage.objects.filter(route=Route.MAIL)
    assert set(mails.values_list("state", flat=True)) == {MessageState.UNKNOWN}


def test_an_answer_that_comes_late_still_settles_it(newsroom: Any, people: Any, routes: Routes, now: datetime) -> None:
    recording.record_fact(fact(newsroom, now), now)
    mail = next(each for each in recording.claim_messages(now) if each.route is Route.MAIL)
    list(recording.claim_messages(now + 6 * MINUTE))
    recording.mark_message_sent(mail, now + 7 * MINUTE)
    assert models.NotificationMessage.objects.get(id=mail.id).state == MessageState.SENT


def test_what_is_old_goes(newsroom: Any, people: Any, routes: Routes, now: datetime) -> None:
    recording.record_fact(fact(newsroom, now), now)
    assert recording.delete_old_notifications(now + timedelta(days=89)) == 0
    assert recording.delete_old_notifications(now + timedelta(days=91)) == 1
    assert not models.NotificationMessage.objects.exists()
