"""A schedule as a value."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from newsletter.scheduling import calendar, models, values

pytestmark = pytest.mark.django_db


def test_a_row_becomes_a_value_with_its_skipped_dates_in_order(newsroom: Any, now: datetime) -> None:
    row = models.Schedule.objects.create(
        newsletter_id=newsroom.briefing.id,
        weekdays="135",
        time=time(7),
        zone="Europe/London",
        open_before_minutes=90,
        created_at=now,
    )
    for day, reason in ((26, "Boxing Day"), (25, "Christmas")):
        row.skips.create(date=date(2026, 12, day), reason=reason, created_at=now)
    schedule = values.to_schedule(row)
    assert schedule.skips == ((date(2026, 12, 25), "Christmas"), (date(2026, 12, 26), "Boxing Day"))
    assert schedule.rule == calendar.ScheduleRule(frozenset({1, 3, 5}), time(7), "Europe/London")
    assert (schedule.open_before_minutes, schedule.active) == (90, True)
