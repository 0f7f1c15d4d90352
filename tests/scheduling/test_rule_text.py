"""Rules as people write and read them."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel.errors import BadInput
from newsletter.scheduling.calendar import ScheduleRule
from newsletter.scheduling.rule_text import (
    describe_rule,
    format_weekdays,
    parse_time,
    parse_times,
    parse_weekdays,
)
from newsletter.scheduling.states import OnHoliday


@pytest.mark.parametrize(
    ("text", "weekdays"),
    [
        ("daily", "1234567"),
        ("Weekdays", "12345"),
        ("mon,wed", "13"),
        ("1-5", "12345"),
        ("sat-mon", "167"),
        ("Friday", "5"),
        ("12345", "12345"),
        ("wed mon", "13"),
    ],
)
def test_weekdays_are_read_in_many_forms(text: str, weekdays: str) -> None:
    assert parse_weekdays(text) == weekdays


@given(st.text(max_size=20))
def test_any_weekdays_are_read_or_refused(text: str) -> None:
    try:
        found = parse_weekdays(text)
    except BadInput as error:
        assert error.field == "weekdays"
    else:
        assert found
        assert set(found) <= set("1234567")
        assert format_weekdays(found)


@pytest.mark.parametrize("text", ["25:00", "7", "07:60", "", "seven", "07:00:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="07:00"):
        parse_time(text)


def test_several_times_of_a_day_are_read_in_order() -> None:
    assert parse_times("17:30, 07:00 7.00") == (time(7), time(17, 30))
    with pytest.raises(BadInput, match="13 times a day"):
        parse_times(" ".join(f"{hour}:00" for hour in range(13)))


@pytest.mark.parametrize(
    ("recurrence", "more", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", {}, "Weekdays at 07:00, Europe/London"),
        ("FREQ=DAILY", {}, "Every day at 07:00, Europe/London"),
        ("FREQ=WEEKLY;BYDAY=SU", {}, "Sundays at 07:00, Europe/London"),
        ("FREQ=WEEKLY;BYDAY=MO,TH", {"more_times": (time(17, 30),)}, "Mondays and Thursdays at 07:00 and 17:30, "),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", {}, "Every second week on Friday at 07:00, Europe/London; from 2 Jan 2027"),
        ("FREQ=DAILY;INTERVAL=3", {}, "Every 3rd day at 07:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", {}, "The 1st and 15th of every month at 07:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", {}, "The last day of every month at"),
        ("FREQ=MONTHLY;BYDAY=1MO", {}, "The first Monday of every month at"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR", {}, "The last Friday of every second month at"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", {}, "The last weekday of every month at"),
        ("FREQ=MONTHLY;BYDAY=1MO;UNTIL=20271231", {}, "The first Monday of every month until 31 Dec 2027 at"),
        ("FREQ=HOURLY;BYHOUR=6,7,8,9,10", {}, "Every day every hour from 06:00 to 10:00, Europe/London"),
        ("FREQ=HOURLY;INTERVAL=6", {}, "Every day every 6 hours from 01:00 to 19:00"),
        ("FREQ=WEEKLY", {}, "Saturdays at 07:00"),  # the weekday of its first day
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", {}, "By the rule FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29 at 07:00"),
        ("FREQ=DAILY", {"ends_on": date(2027, 3, 1)}, "Every day at 07:00, Europe/London; until 1 Mar 2027"),
        ("FREQ=DAILY", {"region": "GB-ENG"}, "Every day at 07:00, Europe/London; not on bank holidays in England"),
        (
            "FREQ=DAILY",
            {"region": "DE-BY", "on_holiday": OnHoliday.EARLIER},
            "Every day at 07:00, Europe/London; before public holidays in Bayern, Germany instead of on them",
        ),
    ],
)
def test_a_rule_is_described_in_words(recurrence: str, more: dict[str, Any], words: str) -> None:
    rule = ScheduleRule(
        frozenset(), time(7), "Europe/London", recurrence=recurrence, starts_on=date(2027, 1, 2), **more
    )
    assert describe_rule(rule).startswith(words)
