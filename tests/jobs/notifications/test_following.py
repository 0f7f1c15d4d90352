"""Conditions as rows: told once, whoever sees them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.jobs import models
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications import following, history, messages, texts
from newsletter.jobs.notifications.facts import Sighting
from newsletter.jobs.notifications.observing import Look
from tests.interleaving import just_before

MINUTE = timedelta(minutes=1)


def test_a_condition_that_two_processes_see_is_told_once(newsroom: Any, now: datetime) -> None:
    look = Look((Sighting(NotificationKind.SIGNUP_ATTACK, "signups"),), "signups")
    with just_before("INSERT INTO jobs_notificationcondition", lambda: following.follow_conditions(look, now)):
        assert following.follow_conditions(look, now) == 0
    assert models.Notification.objects.count() == 1


def test_a_condition_that_another_process_has_moved_on_is_left_to_it(newsroom: Any, now: datetime) -> None:
    away = Look((), "signups")
    following.follow_conditions(Look((Sighting(NotificationKind.SIGNUP_ATTACK, "signups"),), "signups"), now)
    following.follow_conditions(away, now + MINUTE)
    later = now + 40 * MINUTE
    with just_before("UPDATE jobs_notificationcondition", lambda: following.follow_conditions(away, later)):
        assert following.follow_conditions(away, later) == 0
    assert models.Notification.objects.count() == 2


def test_feeds_that_die_together_are_told_together(newsroom: Any, now: datetime) -> None:
    names = [f"Feed {n:02}" for n in range(30)]
    seen = [Sighting(NotificationKind.FEED_DEAD, f"feed:{name}", values={"feed": name, "days": 3}) for name in names]
    assert following.follow_conditions(Look(tuple(seen), "feed:"), now) == 1
    for minutes in (1, 3):
        following.follow_conditions(Look((), "feed:"), now + minutes * MINUTE)
    again, dead = history.list_notifications(limit=9)
    assert dead.subject == "Feed dead: Feed 00 and 29 others"
    assert again.subject == "Feed alive again: Feed 00 and 29 others"
    (row,) = texts.write_text(dead.kind, models.Notification.objects.get(key=dead.id).values).rows
    assert row[1].startswith("Feed 01, Feed 02")
    assert row[1].endswith(", and 9 more")


def test_what_does_not_stand_is_one_question_and_nothing_written(newsroom: Any, now: datetime) -> None:
    with CaptureQueriesContext(connection) as asked:
        following.follow_conditions(Look((), "feed:"), now)
        messages.has_due_messages(now)
    assert [each["sql"].split()[0] for each in asked] == ["SELECT", "SELECT"]


def test_a_look_ends_only_what_it_would_have_seen(newsroom: Any, now: datetime) -> None:
    seen = Sighting(NotificationKind.DISK, "disk:other-machine:", values={"host": "other-machine"})
    for minutes in (0, 1):
        following.follow_conditions(Look((seen,), "disk:other-machine:"), now + minutes * MINUTE)
    for minutes in (2, 60):
        following.follow_conditions(Look((), "disk:this-machine:"), now + minutes * MINUTE)
    assert models.NotificationCondition.objects.get().absent_since is None
