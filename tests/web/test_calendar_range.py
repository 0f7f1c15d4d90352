"""Which days a calendar shows, as its address names them."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.kernel.errors import BadInput
from newsletter.web.calendar_range import find_month, find_week, parse_range

TODAY = date(2026, 11, 24)


def test_an_address_names_a_month_or_a_week_and_none_means_the_month_of_today() -> None:
    assert parse_range("", "", TODAY) == find_month(TODAY)
    month, week = parse_range("2026-02", "", TODAY), parse_range("", "2026-W48", TODAY)
    assert (month.first, month.last, month.query) == (date(2026, 2, 1), date(2026, 2, 28), "?month=2026-02")
    assert (week.first, week.last, week.query) == (date(2026, 11, 23), date(2026, 11, 29), "?week=2026-W48")


def test_earlier_and_later_go_over_the_turn_of_the_year_and_end_somewhere() -> None:
    december, last_week = find_month(date(2026, 12, 5)), find_week(date(2026, 12, 31))
    assert (december.earlier, december.later) == (find_month(date(2026, 11, 30)), find_month(date(2027, 1, 1)))
    assert last_week.name == "2026-W53"
    assert last_week.later is not None
    assert last_week.later.name == "2027-W01"
    assert parse_range("2000-01", "", TODAY).earlier is None
    assert parse_range("2100-12", "", TODAY).later is None


def test_a_month_is_shown_in_whole_weeks_from_monday_on() -> None:
    november = find_month(TODAY)
    assert [len(each) for each in november.weeks] == [7] * 6
    assert (november.weeks[0][0], november.weeks[-1][-1]) == (date(2026, 10, 26), date(2026, 12, 6))
    assert [day for week in november.weeks for day in week if november.has(day)][-1] == date(2026, 11, 30)
    assert find_week(TODAY).weeks == (tuple(date(2026, 11, day) for day in range(23, 30)),)


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-0", "1999-12", "2101-01", "x-11", "2026-11-24", "9" * 99])
def test_what_is_no_month_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match="Write it like 2026-11") as caught:
        parse_range(text, "", TODAY)
    assert caught.value.field == "month"


@pytest.mark.parametrize("text", ["2026-48", "2026-W54", "2025-W53", "2026-W0", "-W1", "1999-W50"])
def test_what_is_no_week_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match="Write it like 2026-W48") as caught:
        parse_range("", text, TODAY)
    assert caught.value.field == "week"
