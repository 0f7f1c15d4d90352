"""When is it seven o'clock? Rules, zones, holidays and the changes of clocks. Pure.

A local time that does not exist (clocks go forward) moves to the first that does; one that exists
twice (clocks go back) happens once, the first time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from newsletter.kernel import clock
from newsletter.scheduling import public_holidays, recurrence
from newsletter.scheduling.recurrence import Recurrence
from newsletter.scheduling.states import OnHoliday

Times = tuple[time, ...]
FARTHEST_MOVE = timedelta(days=14)  # that a date goes to avoid holidays
_EPOCH = date(1900, 1, 1)  # where a rule begins that says no date: a Monday


@dataclass(frozen=True, slots=True)
class ScheduleRule:
    """On these ISO weekdays (1 = Monday) at this local time in this zone.

    `recurrence`, a rule of RFC 5545, stands in place of the weekdays; it counts from `starts_on`. `more_times` are
    further local times of the same days. `region` is that of its public holidays, "" for none.
    """

    weekdays: frozenset[int]
    time: time
    zone: str
    recurrence: str = ""
    more_times: Times = ()
    starts_on: date | None = None
    ends_on: date | None = None
    region: str = ""
    on_holiday: OnHoliday = OnHoliday.SKIP

    @property
    def parsed(self) -> Recurrence:
        """The recurrence of its days."""
        weekly = recurrence.format_weekly("".join(str(day) for day in sorted(self.weekdays)))
        return recurrence.parse_recurrence(self.recurrence or weekly, self.time)

    @property
    def times(self) -> Times:
        """The local times of one of its days, in order."""
        return self.parsed.times or tuple(sorted({self.time, *self.more_times}))

    @property
    def first_day(self) -> date:
        """The day from which a recurrence counts."""
        return self.starts_on or _EPOCH


@dataclass(frozen=True, slots=True)
class RuleDate:
    """One date of a rule: its instant (UTC) and local day.

    Where a holiday moved it, `moved_from` is the day it has by the rule; where it does not happen, `skipped` says why.
    """

    instant: datetime
    day: date
    moved_from: date | None = None
    skipped: str = ""


def occurrences(rule: ScheduleRule, after: datetime, until: datetime) -> list[datetime]:
    """The instants (UTC) of a rule that lie behind `after` and not behind `until`, in order. Both are aware."""
    return [each.instant for each in list_dates(rule, after, until) if not each.skipped]


def list_dates(rule: ScheduleRule, after: datetime, until: datetime) -> list[RuleDate]:
    """The dates of a rule between two instants, also those that a holiday moves or takes away, in order."""
    # What is moved comes from up to FARTHEST_MOVE away, and meets dates that lie as far again on the other side.
    reach = 2 * FARTHEST_MOVE if rule.region else timedelta()
    regular = _list_regular(rule, *_widen(after, until, reach, rule.zone))
    found: Iterable[RuleDate] = [RuleDate(each.instant, each.day) for each in regular]
    if rule.region:
        found = _avoid_holidays(rule, regular)
    return sorted((each for each in found if after < each.instant <= until), key=lambda each: each.instant)


def list_next(rule: ScheduleRule, after: datetime, count: int = 10) -> list[datetime]:
    """The next instants of a rule: at most `count`, fewer where it ends. Looks ahead 60 years at most."""
    found: list[datetime] = []
    span = timedelta(days=16)
    begin, last = after, after + timedelta(days=60 * 366) if has_dates(rule) else after
    while len(found) < count and begin < last:
        found += occurrences(rule, begin, begin + span)
        begin += span
        span = min(span * 2, timedelta(days=5 * 366))
    return found[:count]


def has_dates(rule: ScheduleRule) -> bool:
    """Whether a rule happens at all, holidays aside."""
    if rule.ends_on is not None and rule.ends_on < rule.first_day:
        return False
    return recurrence.has_day(rule.parsed, rule.first_day, clock.get_zone(rule.zone))


def compute_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a local time on a local date."""
    local = datetime.combine(day, at.replace(fold=0), zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _find_end_of_gap(instant, zone)


def _widen(after: datetime, until: datetime, reach: timedelta, zone_name: str) -> tuple[date, date]:
    """The local dates to look at: a day more either side, for a local date differs from the UTC one by up to a day."""
    zone, more = clock.get_zone(zone_name), reach + timedelta(days=1)
    return after.astimezone(zone).date() - more, until.astimezone(zone).date() + more


class _Regular(NamedTuple):
    """A date of a rule, holidays aside. `at` is the local time that the rule says."""

    instant: datetime
    day: date
    at: time


def _list_regular(rule: ScheduleRule, first: date, last: date) -> list[_Regular]:
    zone, parsed = clock.get_zone(rule.zone), rule.parsed
    if rule.ends_on is not None:
        last = min(last, rule.ends_on)
    found: dict[datetime, _Regular] = {}
    for day in recurrence.expand_days(parsed, rule.first_day, first, last, zone):
        for at in rule.times:
            instant = compute_instant(day, at, zone)
            # Where a zone crossed the date line a whole day is missing: nothing happens on it.
            if instant.astimezone(zone).date() == day and not recurrence.is_over(parsed, instant, zone):
                found.setdefault(instant, _Regular(instant, day, at))
    return list(found.values())


def _avoid_holidays(rule: ScheduleRule, regular: Sequence[_Regular]) -> Iterator[RuleDate]:
    zone, holidays = clock.get_zone(rule.zone), public_holidays.describe_holidays(rule.region)
    names = {each.day: public_holidays.find_holiday(rule.region, each.day) for each in regular}
    taken = {each.instant for each in regular if not names[each.day]}
    for each in regular:
        name = names[each.day]
        if not name:
            yield RuleDate(each.instant, each.day)
            continue
        target = _find_free_day(rule, each.day)
        moved = compute_instant(target, each.at, zone) if target else None
        if target is None or moved is None:
            yield RuleDate(each.instant, each.day, skipped=f"{name} ({holidays})")
        elif moved in taken:
            yield RuleDate(each.instant, each.day, skipped=f"{name} ({holidays}): there is an edition on {target}")
        else:
            taken.add(moved)
            yield RuleDate(moved, target, moved_from=each.day)


def _find_free_day(rule: ScheduleRule, day: date) -> date | None:
    """The nearest day that is no holiday, before or after as the rule says. What is on a weekday stays on weekdays."""
    if rule.on_holiday == OnHoliday.SKIP:
        return None
    step = timedelta(days=-1 if rule.on_holiday == OnHoliday.EARLIER else 1)
    weekend = day.isoweekday() > 5
    for distance in range(1, FARTHEST_MOVE.days + 1):
        near = day + step * distance
        if (weekend or near.isoweekday() < 6) and not public_holidays.find_holiday(rule.region, near):
            return near
    return None


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
