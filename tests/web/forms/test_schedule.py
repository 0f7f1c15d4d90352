"""The form of a schedule: what it is filled with, and what it sends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.http import QueryDict

from newsletter.scheduling import schedules
from newsletter.web.forms.schedule import NewScheduleForm, ScheduleForm, SkipDateForm
from tests.actors import SYSTEM


@pytest.mark.parametrize(
    ("rule", "filled"),
    [
        (
            {"weekdays": "mon,fri", "every_weeks": 2},
            {"days_by": "weekdays", "weekdays": ["1", "5"], "every_weeks": "2"},
        ),
        ({"monthly": "last friday"}, {"days_by": "recurrence", "recurrence": "FREQ=MONTHLY;BYDAY=-1FR"}),
        ({"time": "07:00,17:30"}, {"days_by": "weekdays", "weekdays": list("1234567"), "time": "07:00, 17:30"}),
    ],
)
def test_the_form_is_filled_with_the_rule(
    newsroom: Any, now: datetime, rule: dict[str, Any], filled: dict[str, Any]
) -> None:
    made = schedules.create_schedule(newsroom.briefing.id, by=SYSTEM, now=now, **rule)
    form = ScheduleForm.of(made, "x")
    assert {name: form.initial[name] for name in filled} == filled


def read(query: str) -> Any:
    return ScheduleForm(QueryDict(query)).read_changes()


def test_the_days_are_those_of_the_chosen_way() -> None:
    sent = "weekdays=1&weekdays=3&every_weeks=2&monthly=15&recurrence=FREQ%3DDAILY&time=07:00"
    assert read(sent) == {"weekdays": "13", "every_weeks": "2", "time": "07:00"}
    assert read(f"{sent}&days_by=monthly") == {"monthly": "15", "time": "07:00"}
    assert read(f"{sent}&days_by=recurrence") == {"recurrence": "FREQ=DAILY", "time": "07:00"}


def test_an_empty_time_is_sent_and_an_empty_zone_is_not() -> None:
    assert read("weekdays=1&time=&zone=&ends_on=") == {"weekdays": "1", "every_weeks": "1", "time": "", "ends_on": ""}


def test_a_date_is_skipped_for_a_reason_and_unskipped_without() -> None:
    form = SkipDateForm(QueryDict("date=2026-11-26&instant=2026-11-26T12:00:00%2B00:00&reason=+"))
    assert not form.is_valid()
    assert list(form.errors) == ["reason"]
    form = SkipDateForm(QueryDict("date=2026-11-26&instant=2026-11-26T12:00:00%2B00:00&undo=1"))
    assert form.is_valid()
    assert form.read_time("America/New_York") == "07:00"
    assert "which date" in SkipDateForm(QueryDict("reason=x")).non_field_errors()[0]


def test_a_new_schedule_is_of_a_newsletter(newsroom: Any) -> None:
    form = NewScheduleForm(QueryDict("newsletter=&time=07:00"), newsletters=[newsroom.briefing])
    assert not form.is_valid()
    assert list(form.errors) == ["newsletter"]
