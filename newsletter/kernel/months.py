"""Months: what lists with dates are looked at by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from newsletter.kernel.clock import FIRST_YEAR, LAST_YEAR, get_zone
from newsletter.kernel.numbers import parse_whole_number

_WRITTEN = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


class Month(NamedTuple):
    """One month of the calendar."""

    year: int
    number: int

    @property
    def name(self) -> str:
        """2026-11: what it is called in addresses."""
        return f"{self.year:04}-{self.number:02}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def end(self) -> date:
        """The first day after it."""
        return date(self.year + self.number // 12, self.number % 12 + 1, 1)

    def to_instants(self, zone_name: str) -> tuple[datetime, datetime]:
        """When it begins in a zone, and when the next one does."""
        zone = get_zone(zone_name)
        first, end = (datetime(day.year, day.month, 1, tzinfo=zone) for day in (self.first, self.end))
        return first, end


def parse_month(text: str) -> Month | None:
    """The month written as 2026-11; None for anything else."""
    found = _WRITTEN.fullmatch(text)
    year, number = (parse_whole_number(each) or 0 for each in (found.groups() if found else ("", "")))
    return Month(year, number) if FIRST_YEAR <= year <= LAST_YEAR else None


def list_months(first: date, last: date, *, most: int = 240) -> Iterator[Month]:
    """The months from one day to another, newest first, and `most` of them."""
    month = Month(last.year, last.month)
    while most and month.end > first:
        yield month
        most -= 1
        month = Month(month.year - (month.number == 1), (month.number - 2) % 12 + 1)
