"""The schedule on the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from newsletter.accounts.actors import SystemActor
from newsletter.kernel import clock
from newsletter.scheduling import schedules
from tests.actors import SYSTEM

SEEN = {"seen_weekdays": "1234567", "seen_time": "07:00"}  # what the page was filled with


def test_a_schedule_is_changed_by_ticking_days(admin: Client, newsroom: Any, now: datetime) -> None:
    rule = schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now
    )
    admin.post(f"/schedule/{rule.id}/", {"weekdays": ["1", "3", "5"], "time": "06:30", "do": "save"} | SEEN)
    changed = schedules.get_schedule(rule.id)
    assert (changed.weekdays, f"{changed.time:%H:%M}") == ("135", "06:30")


def test_a_schedule_without_a_day_is_refused_and_stays(admin: Client, newsroom: Any, now: datetime) -> None:
    rule = schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now
    )
    answer = admin.post(f"/schedule/{rule.id}/", {"time": "06:30", "do": "save"} | SEEN)
    assert answer.status_code == 422
    assert "names no weekdays" in answer.content.decode()
    assert 'value="06:30"' in answer.content.decode(), "what was typed is kept"
    assert schedules.get_schedule(rule.id).weekdays == "1234567"


def test_two_people_at_one_schedule_overwrite_nothing_they_did_not_see(
    admin: Client, newsroom: Any, now: datetime
) -> None:
    rule = schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now
    )
    schedules.change_schedule(rule.id, time="08:00", seen=None, by=SystemActor("Ben"), now=now)
    answer = admin.post(f"/schedule/{rule.id}/", {"weekdays": list("123"), "time": "07:00"} | SEEN)
    assert answer.status_code == 302, "another field"
    changed = schedules.get_schedule(rule.id)
    assert (changed.weekdays, f"{changed.time:%H:%M}") == ("123", "08:00")
    seen = SEEN | {"seen_weekdays": "123"}
    answer = admin.post(f"/schedule/{rule.id}/", {"weekdays": list("123"), "time": "09:00"} | seen)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert ('data-l="Now">08:00' in page, 'data-l="Yours">09:00' in page) == (True, True)
    assert schedules.get_schedule(rule.id).time.hour == 8


def test_a_form_that_does_not_say_what_was_seen_saves_nothing(admin: Client, newsroom: Any, now: datetime) -> None:
    rule = schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now
    )
    answer = admin.post(f"/schedule/{rule.id}/", {"weekdays": list("123"), "time": "09:00"})
    assert answer.status_code == 422
    assert schedules.get_schedule(rule.id).weekdays == "1234567"


@pytest.mark.parametrize(
    ("name", "offered"), [("admin", {"skip", "change", "add"}), ("editor", {"skip"}), ("viewer", set())]
)
def test_buttons_are_shown_to_those_who_may_use_them(
    signed_in: Callable[[str], Client], newsroom: Any, now: datetime, name: str, offered: set[str]
) -> None:
    made = schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=clock.now()
    )
    page = signed_in(name).get("/schedule/").content.decode()
    buttons = {
        "skip": f'action="/schedule/{made.id}/skips/"',
        "change": f'action="/schedule/{made.id}/"',
        "add": "Add schedule",
    }
    assert {what for what, button in buttons.items() if button in page} == offered
