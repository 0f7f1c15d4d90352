"""When it is seven o'clock, in every zone and on the days when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel.errors import BadInput
from newsletter.scheduling.calendar import ScheduleRule, format_weekdays, occurrences, parse_time, parse_weekdays

DAILY = frozenset(range(1, 8))
ZONES = st.sampled_from(
    [
        "Europe/London",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Pacific/Apia",
        "Africa/Casablanca",
        "America/Havana",
        "UTC",
    ]
)
DAYS = st.dates(date(2000, 1, 1), date(2037, 12, 1))
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0, tzinfo=None))


def on(day: date, at: time, zone: str) -> list[datetime]:
    """The occurrences whose local date is `day`."""
    start = datetime.combine(day, time(), UTC) - timedelta(days=2)
    found = occurrences(ScheduleRule(DAILY, at, zone), start, start + timedelta(days=5))
    return [instant for instant in found if instant.astimezone(ZoneInfo(zone)).date() == day]


@pytest.mark.parametrize(
    ("day", "at", "zone", "utc"),
    [
        (date(2026, 11, 24), time(7), "Europe/London", "2026-11-24T07:00"),
        (date(2026, 7, 1), time(7), "Europe/London", "2026-07-01T06:00"),
        (date(2026, 3, 29), time(2, 30), "Europe/Berlin", "2026-03-29T01:00"),  # does not exist: the first that does
        (date(2026, 10, 25), time(2, 30), "Europe/Berlin", "2026-10-25T00:30"),  # exists twice: the first
        (date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe", "2026-10-03T15:30"),  # a gap of half an hour
        (date(2026, 3, 8), time(0, 30), "America/Havana", "2026-03-08T05:00"),  # a gap at midnight
        (date(2026, 11, 24), time(7), "Europe/Kiev", "2026-11-24T05:00"),
    ],
)
def test_local_times_become_instants(day: date, at: time, zone: str, utc: str) -> None:
    assert on(day, at, zone) == [datetime.fromisoformat(utc).replace(tzinfo=UTC)]


def test_nothing_happens_on_a_date_that_a_zone_skipped() -> None:
    assert on(date(2011, 12, 30), time(7), "Pacific/Apia") == []
    assert len(on(date(2011, 12, 31), time(7), "Pacific/Apia")) == 1


@given(DAYS, TIMES, ZONES)
def test_every_local_date_has_its_time_once(day: date, at: time, zone: str) -> None:
    found = on(day, at, zone)
    if (zone, day) == ("Pacific/Apia", date(2011, 12, 30)):
        return
    assert len(found) == 1
    local = found[0].astimezone(ZoneInfo(zone))
    assert local.replace(tzinfo=None) >= datetime.combine(day, at), "never before its time"
    assert local.replace(tzinfo=None) - datetime.combine(day, at) <= timedelta(hours=1), "and at most a gap later"


@given(DAYS, TIMES, ZONES, st.sets(st.integers(1, 7), min_size=1), st.integers(0, 20))
def test_cutting_a_span_in_two_loses_and_doubles_nothing(
    day: date, at: time, zone: str, weekdays: set[int], cut: int
) -> None:
    rule = ScheduleRule(frozenset(weekdays), at, zone)
    start = datetime.combine(day, time(3), UTC)
    middle, end = start + timedelta(days=cut), start + timedelta(days=21)
    whole = occurrences(rule, start, end)
    assert whole == occurrences(rule, start, middle) + occurrences(rule, middle, end)
    assert all(instant.astimezone(ZoneInfo(zone)).isoweekday() in weekdays for instant in whole)


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


SEVEN = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
