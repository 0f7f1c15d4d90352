"""Dates with the name of a month, as people write them in their languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.imports.worded_dates import find_languages, parse_worded_date
from tests.subscribers.reading import row, rows


@pytest.mark.parametrize(
    "text",
    """4 Μαρτίου 2021|4 ΜΑΡΤΙΟΥ 2021|4 marca 2021|4. maaliskuuta 2021|2021. március 4.|4 de março de 2021|4. März 2021
    4 mars 2021|4 марта 2021 г.|4 de marzo de 2021|4 marzo 2021|4 มีนาคม 2564|4 มี.ค. 2564|4 tháng 3, 2021|04-MAR-21
    March 4th, 2021|Thursday, March 4, 2021|Donnerstag, 4. März 2021|2021-Mar-04|4 Mart 2021|4 مارس 2021|4 מרץ 2021
    1er mars 2021""".replace("\n", "|").split("|"),
)
def test_the_name_of_the_month_may_be_in_any_language(text: str) -> None:
    found = parse_worded_date(text.strip())
    assert found == datetime(2021, 3, 1 if "1er" in text else 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "March 2021",
        "Room 4 March 2021 Avenue",
        "4 listopada 2021",
        "31 февраля 2021",
        "4 March",
        "4 Foo 2021",
        "1 2 March 2021",
    ],
)
def test_what_is_no_day_or_may_be_two_is_none(text: str) -> None:
    assert parse_worded_date(text) is None


def test_the_clock_and_its_zone_count() -> None:
    east = timezone(timedelta(hours=1))
    assert parse_worded_date("Tue, 02 Feb 2021 10:05:06 +0100") == datetime(2021, 2, 2, 10, 5, 6, tzinfo=east)
    assert parse_worded_date("2 Feb 2021 1:05 p.m.") == datetime(2021, 2, 2, 13, 5, tzinfo=UTC)
    assert parse_worded_date("2 Feb 2021 10:05 +9999") == datetime(2021, 2, 2, 10, 5, tzinfo=UTC)


def test_a_name_that_is_two_months_is_the_one_of_the_languages_the_other_dates_are_in() -> None:
    assert {"pl", "hr"} <= find_languages("4 listopada 2021")
    assert parse_worded_date("4 listopada 2021", find_languages("4 marca 2021")) == datetime(2021, 11, 4, tzinfo=UTC)
    file = "email;Data zapisu;status\nann@example.com;4 listopada 2021;active\nben@example.com;5 marca 2021;active\n"
    assert [each.joined_at for each in rows(file)] == [  # type: ignore[union-attr]
        datetime(2021, 11, 4, tzinfo=UTC),
        datetime(2021, 3, 5, tzinfo=UTC),
    ]


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    parse_worded_date(text)
    assert isinstance(find_languages(text), frozenset)


def test_a_date_of_leaving_with_the_name_of_its_month_needs_no_answer() -> None:
    file = "email;status;unsubscribed\nann@example.com;active;1er décembre 2022\n"
    assert (row(file).status, row(file).left_at) == ("unsubscribed", datetime(2022, 12, 1, tzinfo=UTC))
