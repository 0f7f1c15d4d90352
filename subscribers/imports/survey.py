"""What the cells of each column of a file are, counted before anything is decided. Pure: records in, counts out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.kernel.patterns import LINE, compile_bounded
from subscribers.imports import dates
from subscribers.imports.csv import clean_cell, has_surplus

MOST_VALUES = 200  # different cells of a column that are counted one by one
LONGEST_VALUE = 200  # characters; a longer cell is text, not a state
SAMPLE = 50  # rows
EXAMPLES = 3  # rows shown with a question
_ROWS_PER_CALL = 10_000
_AT = re.compile("[\uff20\ufe6b]|&#|&commat|[(\\[]at[)\\]]", re.IGNORECASE)  # how @ is written as well
_DAY_OR_MONTH = compile_bounded(LINE, r"(?a)\s*'?(\d{1,2})[/-](\d{1,2})[/-](?:\d{4}|\d\d)(?!\d)")


@dataclass(slots=True)
class ColumnSurvey:
    """The cells of one column: how often each is there, up to `MOST_VALUES` different ones; `others` are the rest."""

    name: str
    raw: dict[str, int] = field(default_factory=lambda: {"": 0})
    first_lines: dict[str, int] = field(default_factory=dict)
    others: int = 0
    day_first: int = 0  # cells that can only be read day/month
    month_first: int = 0
    either: int = 0  # cells that can be read both ways

    @property
    def values(self) -> Mapping[str, int]:
        """How often each cell is there, as people see it, without the empty ones."""
        seen: dict[str, int] = {}
        for cell, count in self.raw.items():
            if (text := clean_cell(cell)) and count:
                seen[text] = seen.get(text, 0) + count
        return seen

    @property
    def blank(self) -> int:
        """How many rows have nothing in this column."""
        return sum(count for cell, count in self.raw.items() if not cell.strip())

    @property
    def filled(self) -> int:
        """How many rows have something in it."""
        return sum(self.values.values()) + self.others

    def first_line(self, value: str) -> int:
        """The line in which a value is first there."""
        return min((line for cell, line in self.first_lines.items() if clean_cell(cell) == value), default=0)

    @property
    def holds_dates(self) -> bool:
        """Whether nearly all of what is in it are dates."""
        values = [value for value in self.values if not dates.is_no_date(value)]
        return bool(values) and sum(map(dates.looks_like_date, values)) >= 0.8 * len(values)

    @property
    def holds_births(self) -> bool:
        """Whether a third of what is in it are dates of before there were mailings, as only birthdays are."""
        early = sum(map(dates.is_birth_date, self.values))
        return early > 1 and 3 * early >= len(self.values)


@dataclass(frozen=True, slots=True)
class FileSurvey:
    """The columns of a file in the order of its header, the number of its rows, and the first rows."""

    columns: Sequence[ColumnSurvey]
    rows: int
    sample: Sequence[Sequence[str]]


def survey_columns(
    header: Sequence[str],
    records: Iterator[tuple[int, list[str]]],
    *,
    progress: Callable[[int], object] | None = None,
) -> FileSurvey:
    """Counts what is in each column. `progress` is called now and then with 0: nothing is read yet in its sense."""
    columns = [ColumnSurvey(name) for name in header]
    counted = list(enumerate((column.raw, column) for column in columns))
    sample: list[Sequence[str]] = []
    rows = 0
    at: int | None = None  # where the last address stood
    for line, cells in records:
        width = len(cells)
        if at is None or at >= width or "@" not in cells[at]:
            found = _find_address(cells)
            if found is None and at is not None:
                continue  # a total, a heading: nobody whose state its cells could tell
            at = found
        rows += 1
        if rows <= SAMPLE:
            sample.append(cells)
        elif progress and rows % _ROWS_PER_CALL == 0:
            progress(0)
        if width > len(columns) and has_surplus(cells, len(columns)):
            continue  # its cells are not in their columns; it will be refused
        for index, (raw, column) in counted:
            cell = cells[index] if index < width else ""
            if cell in raw:
                raw[cell] += 1
            else:
                _note_new_value(column, cell, line)
    for column in columns:
        for cell, count in column.raw.items():
            _note_date_order(column, cell, count)
    return FileSurvey(columns, rows, sample)


def _find_address(cells: Sequence[str]) -> int | None:
    """In which cell of a row an address stands, however its @ is written; None for a row without one."""
    return next((index for index, cell in enumerate(cells) if "@" in cell or _AT.search(cell)), None)


def _note_new_value(column: ColumnSurvey, cell: str, line: int) -> None:
    if len(column.raw) <= MOST_VALUES and len(cell) <= LONGEST_VALUE:
        column.raw[cell] = 1
        column.first_lines[cell] = line
        return
    if not cell.strip():
        column.raw[""] += 1
        return
    column.others += 1
    if not (column.day_first and column.month_first):
        _note_date_order(column, cell, 1)


def _note_date_order(column: ColumnSurvey, cell: str, count: int) -> None:
    """Notes which of the first two numbers of a date must be the day."""
    found = _DAY_OR_MONTH.match(cell) if cell[:1] in "'0123456789 " else None
    if not found:
        return
    first, second = int(found[1]), int(found[2])
    if first > 12 >= second:
        column.day_first += count
    elif second > 12 >= first:
        column.month_first += count
    elif first != second:
        column.either += count
