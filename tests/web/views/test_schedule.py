"""The schedule on the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import lxml.html
import pytest
from django.test import Client

from newsletter.accounts.actors import SystemActor
from newsletter.kernel import clock
from newsletter.scheduling import models, schedules
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


FORM = {"newsletter": "morning", "days_by": "weekdays", "weekdays": list("12345"), "every_weeks": "1"}
FORM |= {"time": "07:00", "zone": "Europe/London", "starts_on": "", "ends_on": "", "region": "", "on_holiday": "skip"}


def test_a_schedule_is_shown_in_words_with_its_next_dates_before_it_is_added(admin: Client, newsroom: Any) -> None:
    page = admin.post("/schedule/", FORM | {"region": "England", "do": "preview"}).content.decode()
    assert "Weekdays at 07:00, Europe/London; not on bank holidays in England." in page
    assert page.count("<li>") >= 10
    assert 'value="England"' in page, "what was typed is kept"
    assert schedules.list_schedules() == ()


def test_a_schedule_is_added_by_a_day_of_the_month_or_a_rule(admin: Client, newsroom: Any) -> None:
    admin.post("/schedule/", FORM | {"days_by": "monthly", "monthly": "first monday", "time": "07:00, 17:30"})
    admin.post("/schedule/", FORM | {"days_by": "recurrence", "recurrence": "FREQ=MONTHLY;BYDAY=2TU"})
    assert [(each.recurrence, each.times) for each in schedules.list_schedules()] == [
        ("FREQ=MONTHLY;BYDAY=1MO", ("07:00", "17:30")),
        ("FREQ=MONTHLY;BYDAY=2TU", ("07:00",)),
    ]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("time", "", "is not a time"),
        ("time", "25:00", "is not a time"),
        ("zone", "Europe/Londn", "Did you mean Europe/London"),
        ("region", "Narnia", "No holidays are known"),
        ("starts_on", "2027-02-30", "is not a date"),
        ("every_weeks", "x", "give 1 to 52"),
        ("weekdays", [], "names no weekdays"),
    ],
)
def test_what_is_wrong_with_a_new_schedule_stands_at_its_field_and_nothing_typed_is_lost(
    admin: Client, newsroom: Any, field: str, value: Any, message: str
) -> None:
    answer = admin.post("/schedule/", {**FORM, "monthly": "typed and kept", field: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page.replace("&#x27;", "'")
    assert 'value="typed and kept"' in page
    assert schedules.list_schedules() == ()


def test_a_form_shows_the_rule_as_it_is_and_saving_it_changes_nothing(
    admin: Client, newsroom: Any, now: datetime
) -> None:
    made = schedules.create_schedule(
        newsroom.briefing.id,
        weekdays="fri",
        every_weeks=2,
        time="07:00, 17:30",
        zone="Europe/London",
        region="GB-ENG",
        on_holiday="later",
        by=SYSTEM,
        now=now,
    )
    seen = {f"seen_{name}": value for name, value in schedules.format_values(made).items()}
    form = FORM | {"weekdays": ["5"], "every_weeks": "2", "time": "07:00, 17:30", "region": "GB-ENG"}
    form |= {"on_holiday": "later", "starts_on": str(made.starts_on)}
    page = admin.get("/schedule/").content.decode()
    assert 'value="GB-ENG"' in page
    assert 'value="07:00, 17:30"' in page
    assert admin.post(f"/schedule/{made.id}/", form | seen).status_code == 302
    assert schedules.get_schedule(made.id) == made


def test_a_schedule_is_removed(admin: Client, newsroom: Any, now: datetime) -> None:
    made = schedules.create_schedule(newsroom.briefing.id, time="07:00", by=SYSTEM, now=now)
    admin.post(f"/schedule/{made.id}/", {"do": "remove"})
    assert schedules.list_schedules() == ()


def test_skipping_a_row_skips_no_other_of_its_day(editor: Client, newsroom: Any) -> None:
    made = schedules.create_schedule(
        newsroom.briefing.id, time="07:00, 17:30", zone="America/New_York", by=SYSTEM, now=clock.now()
    )
    day = (clock.now() + timedelta(days=3)).date()
    rows = models.Occurrence.objects.filter(schedule_id=made.id, date=day)
    first, second = rows.order_by("instant")
    form = {"date": str(second.date), "instant": second.instant.isoformat(), "reason": "A strike"}
    assert form["instant"] in editor.get("/schedule/").content.decode()
    editor.post(f"/schedule/{made.id}/skips/", form)
    states = dict(rows.values_list("id", "state"))
    assert (states[first.id], states[second.id]) == ("planned", "skipped")
    editor.post(f"/schedule/{made.id}/skips/", {**form, "undo": "1"})
    assert dict(rows.values_list("id", "state"))[second.id] == "planned"


def test_a_skip_that_is_refused_stands_in_its_row_with_what_was_typed(editor: Client, newsroom: Any) -> None:
    made = schedules.create_schedule(newsroom.briefing.id, time="07:00, 17:30", by=SYSTEM, now=clock.now())
    day = (clock.now() + timedelta(days=3)).date()
    first, second = models.Occurrence.objects.filter(schedule_id=made.id, date=day).order_by("instant")
    form = {"date": str(day), "instant": second.instant.isoformat(), "reason": "x" * 201}
    answer = editor.post(f"/schedule/{made.id}/skips/", form)
    page = lxml.html.fromstring(answer.content.decode())
    assert answer.status_code == 422
    field = page.get_element_by_id(f"skip-{second.id}-reason")
    assert (field.get("value"), field.get("aria-invalid")) == ("x" * 201, "true")
    assert page.get_element_by_id(f"skip-{first.id}-reason").get("value") is None
    answer = editor.post(f"/schedule/{made.id}/skips/", form | {"undo": "1", "reason": ""})
    assert "is not skipped" in answer.content.decode()
