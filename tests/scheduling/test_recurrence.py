"""Recurrence rules: what is refused and why, and on which days the others happen."""

from __future__ import annotations

from datetime import date, time
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel.errors import BadInput
from newsletter.scheduling.recurrence import (
    FREQUENCIES,
    PARTS,
    expand_days,
    format_weekly,
    has_day,
    parse_monthly,
    parse_recurrence,
    read_weekly,
)

LONDON = ZoneInfo("Europe/London")
START = date(2026, 11, 24)  # a Tuesday


def days(text: str, first: date = START, last: date = date(2028, 12, 31), count: int = 4) -> list[str]:
    """The first days of a rule that begins on the Tuesday."""
    return [str(each) for each in islice(expand_days(parse_recurrence(text), START, first, last, LONDON), count)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FREQ=DAILY;INTERVAL=3", ["2026-11-24", "2026-11-27", "2026-11-30", "2026-12-03"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR", ["2026-11-24", "2026-11-27", "2026-12-08", "2026-12-11"]),
        ("FREQ=WEEKLY", ["2026-11-24", "2026-12-01", "2026-12-08", "2026-12-15"]),
        ("FREQ=MONTHLY;BYDAY=1MO", ["2026-12-07", "2027-01-04", "2027-02-01", "2027-03-01"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["2026-12-31", "2027-01-31", "2027-03-31", "2027-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", ["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29"]),
        ("FREQ=DAILY;COUNT=2", ["2026-11-24", "2026-11-25"]),
        ("FREQ=DAILY;UNTIL=20261125", ["2026-11-24", "2026-11-25"]),
        ("rrule:freq=weekly; byday=we", ["2026-11-25", "2026-12-02", "2026-12-09", "2026-12-16"]),
        ("FREQ=HOURLY;BYDAY=SA", ["2026-11-28", "2026-12-05", "2026-12-12", "2026-12-19"]),
    ],
)
def test_a_rule_happens_on_its_days(text: str, found: list[str]) -> None:
    assert days(text) == found


@given(
    st.sampled_from(["FREQ=DAILY;INTERVAL=5", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH", "FREQ=MONTHLY;BYMONTHDAY=10"]),
    st.dates(date(2026, 11, 24), date(2034, 1, 1)),
)
def test_days_far_from_the_start_are_those_counted_from_it(text: str, first: date) -> None:
    last = date(2034, 3, 1)
    whole = days(text, last=last, count=10_000)
    assert days(text, first, last, 10_000) == [each for each in whole if each >= str(first)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no part of a rule"),
        ("every other tuesday", "no part of a rule"),
        ("FREQ=SECONDLY", "FREQ must be one of"),
        ("INTERVAL=2", "FREQ must be one of"),
        ("FREQ=DAILY;FREQ=DAILY", "stands twice"),
        ("FREQ=DAILY;DTSTART=20260101", "no part “DTSTART”"),
        ("FREQ=DAILY;BYEASTER=0", "no part “BYEASTER”"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL must be 1 to 1000"),
        ("FREQ=DAILY;INTERVAL=٢", "INTERVAL must be"),
        ("FREQ=DAILY;COUNT=9999999999999999999999", "COUNT must be"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "both say where the rule ends"),
        ("FREQ=DAILY;UNTIL=20270230", "UNTIL must be a date"),
        ("FREQ=WEEKLY;BYDAY=1MO", "Write MO, or FREQ=MONTHLY"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY must be weekdays"),
        ("FREQ=MONTHLY;BYDAY=6MO", "no weekday “6MO”"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY must be 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY must be 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=-+1", "BYMONTHDAY must be 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,", "BYMONTHDAY must be 1 to 31"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "no meaning with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses among days"),
        ("FREQ=HOURLY;INTERVAL=5", "Write 1, 2, 3, 4, 6, 8 or 12"),
        ("FREQ=HOURLY;BYMINUTE=0,5,10", "72 times a day"),
        ("FREQ=DAILY;BYHOUR=6,12;COUNT=4", "Write UNTIL"),
        ("FREQ=DAILY;WKST=XX", "WKST must be a weekday"),
        ("FREQ=DAILY;" + "BYMONTH=1;" * 60, "characters"),
    ],
)
def test_nonsense_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why) as refused:
        parse_recurrence(text)
    assert refused.value.field == "recurrence"


@pytest.mark.parametrize("text", ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=7;BYDAY=MO"])
def test_a_rule_that_never_happens_is_known(text: str) -> None:
    assert not has_day(parse_recurrence(text), START, LONDON)
    assert has_day(parse_recurrence("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"), START, LONDON)


def test_an_hourly_rule_is_its_times_of_every_day() -> None:
    assert parse_recurrence("FREQ=HOURLY;INTERVAL=6", time(7, 30)).times == (
        time(1, 30),
        time(7, 30),
        time(13, 30),
        time(19, 30),
    )
    assert parse_recurrence("FREQ=DAILY;BYHOUR=6,18;BYMINUTE=0").times == (time(6), time(18))
    assert parse_recurrence("FREQ=DAILY").times == ()


def test_weekdays_become_a_rule_and_are_read_back() -> None:
    assert format_weekly("135") == "FREQ=WEEKLY;BYDAY=MO,WE,FR"
    assert read_weekly(parse_recurrence(format_weekly("135"))) == "135"
    assert read_weekly(parse_recurrence("FREQ=DAILY")) == "1234567"
    assert read_weekly(parse_recurrence(format_weekly("5", weeks=2))) == ""
    assert read_weekly(parse_recurrence("FREQ=WEEKLY")) == ""


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("15", "FREQ=MONTHLY;BYMONTHDAY=15"),
        ("last", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("First Monday", "FREQ=MONTHLY;BYDAY=1MO"),
        ("last fri", "FREQ=MONTHLY;BYDAY=-1FR"),
        ("last weekday", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
    ],
)
def test_a_day_of_the_month_is_said_in_words(text: str, rule: str) -> None:
    assert parse_monthly(text) == rule
    assert parse_recurrence(rule).text == rule


@pytest.mark.parametrize("text", ["0", "32", "someday", "first", "sixth monday", ""])
def test_what_is_no_day_of_the_month_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="first monday"):
        parse_monthly(text)


VALUES = st.text(st.sampled_from("0123456789MOTUWEFRSAZ-+,T"), max_size=8)
PIECES = st.tuples(st.sampled_from(PARTS), VALUES).map("=".join)


@given(st.sampled_from(FREQUENCIES), st.lists(PIECES, max_size=3))
def test_any_rule_is_read_or_refused_and_reads_itself(frequency: str, pieces: list[str]) -> None:
    try:
        found = parse_recurrence(";".join([f"FREQ={frequency}", *pieces]))
    except BadInput as refused:
        assert refused.field == "recurrence"
    else:
        assert parse_recurrence(found.text) == found
        list(islice(expand_days(found, START, START, date(2027, 3, 1), LONDON), 3))
