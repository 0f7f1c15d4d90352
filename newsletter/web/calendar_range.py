"""The month or the week that a calendar shows, as its address names it: 2026-11, 2026-W48. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from newsletter.kernel.errors import BadInput
from newsletter.kernel.numbers import parse_whole_number
from newsletter.kernel.sentences import phrase

FIRST_YEAR, LAST_YEAR = 2000, 2100
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarRange:
    """The days from `first` to `last`: those of a month, or of a week from Monday on."""

    first: date
    last: date
    is_week: bool = False

    @property
    def name(self) -> str:
        """“2026-11” or “2026-W48”."""
        if not self.is_week:
            return f"{self.first:%Y-%m}"
        year, week, _ = self.first.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def query(self) -> str:
        """What names it in an address."""
        return f"?{'week' if self.is_week else 'month'}={self.name}"

    @property
    def earlier(self) -> CalendarRange | None:
        """The one before, or None where there is none."""
        return _bound(_start(self.first - _DAY, is_week=self.is_week))

    @property
    def later(self) -> CalendarRange | None:
        """The one after, or None where there is none."""
        return _bound(_start(self.last + _DAY, is_week=self.is_week))

    @property
    def weeks(self) -> tuple[tuple[date, ...], ...]:
        """Its days in weeks from Monday on, with those of other months that fill the first week and the last."""
        monday = self.first - self.first.weekday() * _DAY
        count = (self.last - monday).days // 7 + 1
        return tuple(tuple(monday + (7 * week + day) * _DAY for day in range(7)) for week in range(count))

    def has(self, day: date) -> bool:
        """Whether a day is one of it."""
        return self.first <= day <= self.last


def parse_range(month: str, week: str, today: date) -> CalendarRange:
    """What an address asks for; the month of today where it says nothing. Raises BadInput."""
    if week:
        return _parse_week(week)
    return _parse_month(month) if month else find_month(today)


def find_month(day: date) -> CalendarRange:
    """The month of a day."""
    return _start(day, is_week=False)


def find_week(day: date) -> CalendarRange:
    """The week of a day."""
    return _start(day, is_week=True)


def _parse_month(text: str) -> CalendarRange:
    year, month = _parse_parts(text, "-")
    if not 1 <= month <= 12:
        year = 0
    found = _bound(find_month(date(year, month, 1))) if year else None
    if found is None:
        raise BadInput(
            phrase(
                "There is no month “{month}” in the calendar. Write it like 2026-11, from {first} to {last}.",
                month=text[:20],
                first=str(FIRST_YEAR),
                last=str(LAST_YEAR),
            ),
            "month",
        )
    return found


def _parse_week(text: str) -> CalendarRange:
    year, week = _parse_parts(text, "-W")
    found = None
    if year and 1 <= week <= date(year, 12, 28).isocalendar().week:
        found = _bound(find_week(date.fromisocalendar(year, week, 1)))
    if found is None:
        raise BadInput(
            phrase(
                "There is no week “{week}” in the calendar. Write it like 2026-W48, from {first} to {last}.",
                week=text[:20],
                first=str(FIRST_YEAR),
                last=str(LAST_YEAR),
            ),
            "week",
        )
    return found


def _parse_parts(text: str, separator: str) -> tuple[int, int]:
    """Year and number; zeros for what is none."""
    year, _, number = text.strip().upper().partition(separator)
    found = parse_whole_number(year) or 0
    return (found if FIRST_YEAR <= found <= LAST_YEAR else 0), parse_whole_number(number) or 0


def _start(day: date, *, is_week: bool) -> CalendarRange:
    if is_week:
        monday = day - day.weekday() * _DAY
        return CalendarRange(monday, monday + 6 * _DAY, is_week=True)
    first = day.replace(day=1)
    return CalendarRange(first, (first + 31 * _DAY).replace(day=1) - _DAY)


def _bound(found: CalendarRange) -> CalendarRange | None:
    return found if FIRST_YEAR <= found.first.year <= LAST_YEAR else None
