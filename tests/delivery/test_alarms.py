"""What an operator must know."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.delivery import models
from newsletter.delivery.alarms import raise_alarm
from newsletter.delivery.reports.summary import Mailing

pytestmark = pytest.mark.django_db


def test_the_same_words_are_one_alarm_that_is_counted_and_logged_once(
    plan: Callable[..., Mailing], now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    mailing, later = plan(), now + timedelta(minutes=1)
    raise_alarm(mailing.id, "Somebody got it twice.", now, count=2)
    raise_alarm(mailing.id, "Somebody got it twice.", later, count=3)
    alarm = models.Alarm.objects.get()
    assert (alarm.count, alarm.first_at, alarm.last_at) == (5, now, later)
    assert caplog.record_tuples == [
        ("newsletter.delivery.alarms", logging.ERROR, f"Alarm of mailing {mailing.id}: Somebody got it twice.")
    ]


def test_an_alarm_of_the_account_is_apart_from_that_of_a_mailing(
    plan: Callable[..., Mailing], now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    raise_alarm(None, "The plan is used up.", now)
    mailing = plan()
    raise_alarm(mailing.id, "The plan is used up.", now)
    found = models.Alarm.objects.order_by("id").values_list("mailing_id", "count")
    assert list(found) == [(None, 1), (mailing.id, 1)]
    assert caplog.messages[0] == "Alarm: The plan is used up."


def test_an_alarm_is_cut_to_its_column_and_still_counted(now: datetime) -> None:
    for _ in range(2):
        raise_alarm(None, "x" * 301, now)
    assert models.Alarm.objects.get().message == "x" * 300
