"""Months in addresses, on the calendar and as instants."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from newsletter.kernel.months import Month, list_months, parse_month


def test_a_month_is_written_with_year_and_number() -> None:
    assert parse_month("2026-11") == Month(2026, 11)
    assert Month(2026, 1).name == "2026-01"


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-1", "2026-00", "0000-01", "9999-12", "٢٠٢٦-11", "2026-11 "]
)
def test_anything_else_is_no_month(text: str) -> None:
    assert parse_month(text) is None


def test_a_month_ends_where_the_next_begins() -> None:
    assert (Month(2026, 12).first, Month(2026, 12).end) == (date(2026, 12, 1), date(2027, 1, 1))


def test_its_instants_are_those_of_a_zone_on_either_side_of_a_change_of_clocks() -> None:
    first, end = Month(2026, 10).to_instants("Europe/London")
    assert first.astimezone(UTC) == datetime(2026, 9, 30, 23, tzinfo=UTC)
    assert end.astimezone(UTC) == datetime(2026, 11, 1, tzinfo=UTC)


def test_months_are_listed_newest_first_and_not_without_end() -> None:
    found = [month.name for month in list_months(date(2025, 11, 30), date(2026, 2, 1))]
    assert found == ["2026-02", "2026-01", "2025-12", "2025-11"]
    assert len([*list_months(date(1900, 1, 1), date(9000, 1, 1))]) == 240
