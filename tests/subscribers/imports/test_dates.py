from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.imports import dates


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-02-12 10:54:27", datetime(2018, 2, 12, 10, 54, 27, tzinfo=UTC)),
        ("2023-03-24 10:23:10 UTC", datetime(2023, 3, 24, 10, 23, 10, tzinfo=UTC)),
        ("2019-10-07 14:15:22.1 +0000 UTC", datetime(2019, 10, 7, 14, 15, 22, 100_000, tzinfo=UTC)),
        ("2020-05-01T10:00:00.123Z", datetime(2020, 5, 1, 10, 0, 0, 123_000, tzinfo=UTC)),
        ("2020-05-01T10:00:00+02:00", datetime(2020, 5, 1, 8, tzinfo=UTC)),
        ("2020-05-01", datetime(2020, 5, 1, tzinfo=UTC)),
        ("2020/05/01 07:08", datetime(2020, 5, 1, 7, 8, tzinfo=UTC)),
        ("24.11.2026", datetime(2026, 11, 24, tzinfo=UTC)),
        ("13/04/2021 10:00", datetime(2021, 4, 13, 10, tzinfo=UTC)),
        ("04/13/2021 1:05 PM", datetime(2021, 4, 13, 13, 5, tzinfo=UTC)),
        ("05/05/2021", datetime(2021, 5, 5, tzinfo=UTC)),
        ("Jan 2, 2021", datetime(2021, 1, 2, tzinfo=UTC)),
        ("2 January 2021", datetime(2021, 1, 2, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_other_programs_write_them(text: str, moment: datetime) -> None:
    assert dates.parse_date(text) == moment


@pytest.mark.parametrize(
    "text", ["", "03/04/2021", "yesterday", "0000-00-00 00:00:00", "31.02.2021", "1900-01-01", "x" * 100]
)
def test_what_cannot_be_read_or_reads_in_two_ways_is_no_date(text: str) -> None:
    assert dates.parse_date(text) is None


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    found = dates.parse_date(text)
    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize(
    "text", ["2026.11.24", "2026. 11. 24.", "2026年11月24日", "2026년 11월 24일", "2026/11/24 00:00"]
)
def test_a_date_that_begins_with_its_year_goes_on_with_the_month(text: str) -> None:
    assert dates.parse_date(text) == datetime(2026, 11, 24, tzinfo=UTC)


def test_the_number_of_a_spreadsheet_is_a_date_where_one_is_expected() -> None:
    assert dates.parse_spreadsheet_date("44259") == datetime(2021, 3, 4, tzinfo=UTC)
    assert dates.parse_spreadsheet_date("44259.5") == datetime(2021, 3, 4, 12, tzinfo=UTC)
    assert (dates.parse_spreadsheet_date("4425"), dates.parse_date("44259")) == (None, None)


@pytest.mark.parametrize(
    ("text", "is_one"), [("1980-03-04", True), ("4.3.1980", True), ("1970-01-01", False), ("1991-03-04", False)]
)
def test_a_date_of_birth_is_known_by_its_year(text: str, is_one: bool) -> None:
    assert dates.is_birth_date(text) is is_one
