"""When it is seven o'clock, in every zone and on the days when clocks change."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.scheduling.calendar import ScheduleRule, list_dates, list_next, occurrences
from newsletter.scheduling.states import OnHoliday

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


ENGLAND = ScheduleRule(frozenset({1, 2, 3, 4, 5}), time(7), "Europe/London", region="GB-ENG")


def dates(rule: ScheduleRule, first: str, last: str) -> list[tuple[str, str, bool]]:
    """The dates of a rule between two days: local date, what it is moved from, whether it is skipped."""
    found = list_dates(rule, *(datetime.fromisoformat(f"{day}T00:00+00:00") for day in (first, last)))
    return [(str(each.day), str(each.moved_from or ""), bool(each.skipped)) for each in found]


def test_a_holiday_is_skipped_with_its_name() -> None:
    assert dates(ENGLAND, "2026-12-24", "2026-12-30") == [
        ("2026-12-24", "", False),
        ("2026-12-25", "", True),
        ("2026-12-28", "", True),
        ("2026-12-29", "", False),
    ]
    (christmas,) = list_dates(ENGLAND, datetime(2026, 12, 25, tzinfo=UTC), datetime(2026, 12, 25, 12, tzinfo=UTC))
    assert christmas.skipped == "Christmas Day (bank holidays in England)"
    assert datetime(2026, 12, 25, 7, tzinfo=UTC) not in occurrences(
        ENGLAND, datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize(("policy", "day"), [(OnHoliday.EARLIER, "2026-04-02"), (OnHoliday.LATER, "2026-04-07")])
def test_a_weekly_letter_moves_off_its_holiday_to_a_weekday(policy: OnHoliday, day: str) -> None:
    fridays = ScheduleRule(frozenset({5}), time(7), "Europe/London", region="GB-ENG", on_holiday=policy)
    assert dates(fridays, "2026-03-30", "2026-04-09") == [(day, "2026-04-03", False)]


def test_a_weekend_letter_may_move_within_the_weekend() -> None:
    sundays = ScheduleRule(frozenset({7}), time(9), "Europe/London", region="DE-BB", on_holiday=OnHoliday.EARLIER)
    assert dates(sundays, "2026-04-04", "2026-04-07") == [("2026-04-04", "2026-04-05", False)]  # Easter Sunday


def test_where_a_moved_date_meets_another_there_is_one_edition() -> None:
    later = ScheduleRule(frozenset({1, 2}), time(7), "Europe/London", region="GB-ENG", on_holiday=OnHoliday.LATER)
    found = list_dates(later, datetime(2026, 4, 5, tzinfo=UTC), datetime(2026, 4, 8, tzinfo=UTC))
    assert [(str(each.day), each.skipped) for each in found] == [
        ("2026-04-06", "Easter Monday (bank holidays in England): there is an edition on 2026-04-07"),
        ("2026-04-07", ""),
    ]


@given(
    st.sampled_from(["GB-ENG", "DE-BY", "JP", "US-NY", "SA"]),
    st.sampled_from(OnHoliday),
    st.sets(st.integers(1, 7), min_size=1),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 60),
)
def test_cutting_a_span_in_two_loses_and_doubles_nothing_around_holidays(
    region: str, policy: OnHoliday, weekdays: set[int], day: date, cut: int
) -> None:
    rule = ScheduleRule(frozenset(weekdays), time(7), "Europe/London", region=region, on_holiday=policy)
    start = datetime.combine(day, time(3), UTC)
    middle, end = start + timedelta(days=cut), start + timedelta(days=61)
    whole = list_dates(rule, start, end)
    assert whole == list_dates(rule, start, middle) + list_dates(rule, middle, end)
    happening = [each.instant for each in whole if not each.skipped]
    assert len(happening) == len(set(happening))


def test_several_times_a_day_each_happen_once_when_clocks_change() -> None:
    hourly = ScheduleRule(frozenset(), time(0), "Europe/Berlin", recurrence="FREQ=HOURLY", starts_on=date(2026, 1, 1))
    spring = occurrences(hourly, datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 21, 59, tzinfo=UTC))
    assert len(spring) == len(set(spring)) == 22, "from 01:00: 02:00 does not exist and is 03:00"
    autumn = occurrences(hourly, datetime(2026, 10, 24, 21, tzinfo=UTC), datetime(2026, 10, 25, 22, 59, tzinfo=UTC))
    assert len(autumn) == 24, "from 00:00: 02:00 exists twice and happens once"


def test_a_rule_ends_at_its_until_and_on_its_last_day() -> None:
    rule = ScheduleRule(frozenset(), time(7), "Europe/London", recurrence="FREQ=DAILY;UNTIL=20261126T065959Z")
    after, until = datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2026, 12, 24, tzinfo=UTC)
    assert [each.day for each in occurrences(rule, after, until)] == [25]
    bounded = ScheduleRule(
        frozenset({1, 2, 3, 4, 5}), time(7), "UTC", starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 2)
    )
    assert [each.day for each in occurrences(bounded, after, until)] == [1, 2]


def test_the_next_dates_are_found_however_rare() -> None:
    rule = ScheduleRule(frozenset(), time(7), "UTC", recurrence="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")
    after = datetime(2026, 11, 24, tzinfo=UTC)
    assert [each.year for each in list_next(rule, after, 3)] == [2028, 2032, 2036]
    assert len(list_next(ENGLAND, after)) == 10
    christmas = ScheduleRule(
        frozenset(), time(7), "UTC", recurrence="FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25", region="GB-ENG"
    )
    assert list_next(christmas, after) == [], "it is skipped every year"


def first_reached(day: date, at: time, zone: ZoneInfo) -> datetime | None:
    """The oracle: the first instant at which the clock of a zone shows a time or a later one, minute by minute in UTC.

    None where that is on another day, for the zone has no such day.
    """
    wanted = datetime.combine(day, at)
    near = wanted.replace(tzinfo=UTC)
    offsets = [(near + timedelta(days=step)).astimezone(zone).utcoffset() or timedelta() for step in (-2, -1, 0, 1, 2)]
    instant, last = near - max(offsets) - timedelta(hours=2), near - min(offsets) + timedelta(hours=2)
    while instant <= last:
        local = instant.astimezone(zone).replace(tzinfo=None)
        if local >= wanted:
            return instant if local.date() == day else None
        instant += timedelta(minutes=1)
    raise AssertionError("never reached")


def days_of_change(zone: ZoneInfo, year: int) -> list[date]:
    """The days of a year on which the clocks of a zone change, and those beside them."""
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(days=step) for step in range(366)]
    offsets = [noon.astimezone(zone).utcoffset() for noon in noons]
    changes = [step for step in range(1, 366) if offsets[step] != offsets[step - 1]]
    return [(noons[step] + timedelta(days=beside)).date() for step in changes for beside in (-2, -1, 0, 1)]


def check_against_the_oracle(name: str, year: int, at: time, *others: date) -> None:
    zone = ZoneInfo(name)
    for day in (*days_of_change(zone, year), *others):
        expected = first_reached(day, at, zone)
        assert on(day, at, name) == ([expected] if expected else []), (name, day, at)


EVERY_ZONE = sorted(available_timezones() - {"localtime", "Factory"})


def test_every_zone_agrees_with_an_independent_oracle() -> None:
    chosen = random.Random(2026)
    for name in EVERY_ZONE:
        year = chosen.randint(1990, 2040)
        check_against_the_oracle(name, year, time(chosen.randint(0, 4), chosen.randint(0, 59)), date(year, 6, 15))


@given(
    st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"})),
    st.dates(date(1990, 1, 2), date(2040, 12, 30)),
    TIMES,
)
@settings(max_examples=50)
def test_any_zone_day_and_time_agree_with_the_oracle(name: str, day: date, at: time) -> None:
    check_against_the_oracle(name, day.year, at, day)


RULES = [
    "FREQ=DAILY;INTERVAL=2",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SA",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU",
]


@given(st.sampled_from(RULES), ZONES, TIMES, st.dates(date(1990, 1, 2), date(2038, 1, 1)))
@settings(max_examples=50)
def test_a_recurrence_is_dateutils_days_at_their_instants(text: str, name: str, at: time, start: date) -> None:
    rule = ScheduleRule(frozenset(), at, name, recurrence=text, starts_on=start)
    begin = datetime.combine(start, time())
    days = [each.date() for each in rrulestr(text, dtstart=begin).between(begin, begin + timedelta(days=200), inc=True)]
    expected = [instant for day in days if (instant := first_reached(day, at, ZoneInfo(name)))]
    after = begin.replace(tzinfo=UTC)
    found = occurrences(rule, after - timedelta(days=2), after + timedelta(days=199))
    assert found == [each for each in expected if each <= after + timedelta(days=199)]
