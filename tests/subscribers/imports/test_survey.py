"""What is in the columns of a file, counted before anything is decided."""

from __future__ import annotations

import pytest

from subscribers.imports.survey import MOST_VALUES, SAMPLE, ColumnSurvey, survey_columns


def survey(*cells: str) -> ColumnSurvey:
    records = iter([(line, [cell]) for line, cell in enumerate(cells, 2)])
    (column,) = survey_columns(["column"], records).columns
    return column


def test_values_are_counted_as_people_see_them_with_the_line_of_the_first() -> None:
    column = survey("yes", " yes ", "", "no", "  ", "'=x")
    assert (dict(column.values), column.blank, column.filled) == ({"yes": 2, "no": 1, "=x": 1}, 2, 4)
    assert (column.first_line("yes"), column.first_line("no")) == (2, 5)


def test_a_column_of_many_values_is_bounded_and_loses_no_count() -> None:
    cells = [f"value {n}" for n in range(3 * MOST_VALUES)] + ["", "x" * 5_000, "  "]
    column = survey(*cells)
    assert (len(column.raw), column.filled, column.blank) == (MOST_VALUES + 1, 3 * MOST_VALUES + 1, 2)


def test_rows_that_are_too_short_have_empty_cells() -> None:
    found = survey_columns(["a", "b"], iter([(2, ["1"]), (3, ["1", "2"])]))
    assert (found.columns[1].blank, found.columns[1].filled, found.rows) == (1, 1, 2)


def test_the_cells_of_a_row_with_more_than_the_header_are_not_counted_in_columns_they_are_not_in() -> None:
    found = survey_columns(["a", "b"], iter([(2, ["1", "2", ""]), (3, ["1", "2", "3"])]))
    assert (found.columns[1].filled, found.rows) == (1, 2)


def test_a_sample_is_kept_and_progress_heard_of() -> None:
    heard: list[int] = []
    found = survey_columns(["a"], iter([(n, [str(n)]) for n in range(20_000)]), progress=heard.append)
    assert (len(found.sample), found.rows, heard) == (SAMPLE, 20_000, [0, 0])


@pytest.mark.parametrize("many", [0, MOST_VALUES])
def test_which_number_of_a_date_is_the_day_is_seen_however_late_in_the_file(many: int) -> None:
    column = survey(
        *(f"0{n % 9 + 1}/0{n // 9 % 9 + 1}/{2000 + n}" for n in range(many)), "03/04/21", "28/06/2022 10:00"
    )
    assert (column.day_first, column.month_first) == (1, 0)
    assert column.either >= 1


@pytest.mark.parametrize(
    ("cells", "dates"),
    [
        (["2020-01-02", "", "0000-00-00"], True),
        (["03/04/2021", "05/06/2021"], True),
        (["2020-01-02", "soon", "later"], False),
        (["", ""], False),
    ],
)
def test_a_column_holds_dates_when_nearly_all_that_is_in_it_are(cells: list[str], dates: bool) -> None:
    assert survey(*cells).holds_dates is dates
