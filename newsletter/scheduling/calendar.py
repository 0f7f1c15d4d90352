"""When is it seven o'clock? Rules, zones and the changes of clocks. Pure.

A local time that does not exist (clocks go forward) moves to the first that does; one that exists
twice (clocks go back) happens once, the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput

_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY_SETS = {"daily": "1234567", "every day": "1234567", "weekdays": "12345", "weekends": "67"}


@dataclass(frozen=True, slots=True)
class ScheduleRule:
    """On these ISO weekdays (1 = Monday) at this local time in this zone."""

    weekdays: frozenset[int]
    time: time
    zone: str


def occurrences(rule: ScheduleRule, after: datetime, until: datetime) -> list[datetime]:
    """The instants (UTC) of a rule that lie behind `after` and not behind `until`, in order. Both are aware."""
    zone = clock.get_zone(rule.zone)
    # A day either side: in far zones the local date differs from the UTC one by up to a day.
    first, last = (
        after.astimezone(zone).date() - timedelta(days=1),
        until.astimezone(zone).date() + timedelta(days=1),
    )
    days = (day for day in _iterate_days(first, last) if day.isoweekday() in rule.weekdays)
    instants = {(compute_instant(day, rule.time, zone), day) for day in days}
    # Where a zone crossed the date line a whole day is missing: nothing happens on it.
    return sorted(at for at, day in instants if after < at <= until and at.astimezone(zone).date() == day)


def compute_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a local time on a local date."""
    local = datetime.combine(day, at.replace(fold=0), zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _find_end_of_gap(instant, zone)


def _find_end_of_gap(near: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clocks jump, found by halving; `near` is a time within reach of the jump."""
    low, high = near - timedelta(hours=30), near + timedelta(hours=30)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _iterate_days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def parse_weekdays(text: str) -> str:
    """ISO weekdays as a string such as "12345", from daily, weekdays, mon,wed, 1-5 or mon-fri. Raises BadInput."""
    flat = text.strip().lower()
    if flat in _WEEKDAY_SETS:
        return _WEEKDAY_SETS[flat]
    if re.fullmatch(r"[1-7]{2,7}", flat):
        return "".join(sorted(set(flat)))
    days: set[int] = set()
    for part in re.split(r"[,\s]+", flat):
        first, dash, last = part.partition("-")
        start, end = _parse_weekday(first, text), _parse_weekday(last, text) if dash else 0
        days |= {start} if not dash else {(start - 1 + step) % 7 + 1 for step in range((end - start) % 7 + 1)}
    return "".join(str(day) for day in sorted(days))


def _parse_weekday(word: str, whole: str) -> int:
    if word in {"1", "2", "3", "4", "5", "6", "7"}:
        return int(word)
    if len(word) >= 2:
        for number, name in enumerate(
            ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), 1
        ):
            if name.startswith(word):
                return number
    raise BadInput(f"“{whole}” names no weekdays. Write daily, weekdays, mon,wed or 1-5.", "weekdays")


def parse_time(text: str) -> time:
    """A local time such as 07:00. Raises BadInput."""
    match = re.fullmatch(r"([0-9]{1,2})[:.]([0-9]{2})", text.strip())
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise BadInput(f"“{text}” is not a time. Write it like 07:00.", "time")
    return time(int(match[1]), int(match[2]))


def format_weekdays(weekdays: str) -> str:
    """“Mon to Fri”, “daily” or “Wed” for "12345", "1234567" or "3"."""
    names = {"1234567": "daily", "12345": "Mon to Fri", "67": "Sat and Sun"}
    return names.get(weekdays) or ", ".join(_DAY_NAMES[int(day) - 1].capitalize() for day in weekdays)
