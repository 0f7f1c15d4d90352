"""The schedule on the desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from newsletter.scheduling import occurrences, schedules
from newsletter.web.views import schedule, today


def test_a_schedule_is_changed_by_ticking_days(admin: Client, house: Any, now: datetime) -> None:
    rule = schedules.create_schedule(house.briefing.id, weekdays="daily", time="07:00", zone="UTC", now=now)
    admin.post(f"/schedule/{rule.id}/", {"weekdays": ["1", "3", "5"], "time": "06:30", "do": "save"})
    changed = schedules.get_schedule(rule.id)
    assert (changed.weekdays, f"{changed.time:%H:%M}") == ("135", "06:30")


def test_a_schedule_without_a_day_is_refused_and_stays(admin: Client, house: Any, now: datetime) -> None:
    rule = schedules.create_schedule(house.briefing.id, weekdays="daily", time="07:00", zone="UTC", now=now)
    answer = admin.post(f"/schedule/{rule.id}/", {"time": "06:30", "do": "save"}, follow=True)
    assert "names no weekdays" in answer.content.decode()
    assert schedules.get_schedule(rule.id).weekdays == "1234567"


def test_an_edition_sent_by_hand_is_not_shown_as_still_to_come(sent: Any, house: Any, now: datetime) -> None:
    schedules.create_schedule(house.briefing.id, weekdays="daily", time="23:59", zone="UTC", now=now)
    occurrences.materialise(now)
    occurrence = occurrences.list_occurrences(now, now + timedelta(days=1))[0]
    _, _, state, edition_id = schedule.describe_occurrence(occurrence, {house.briefing.id: house.briefing})
    assert (state, edition_id) == ("sent", sent.edition_id)
    (line,) = [each for each in today.list_due_items((house.briefing,), now) if each.edition]
    assert (line.state, line.when) == ("sent", now)
