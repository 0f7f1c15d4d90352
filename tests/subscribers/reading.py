"""A file read as an import reads it, without a database."""

from __future__ import annotations

import io
from typing import Any

from subscribers.imports import columns, questions, staging
from subscribers.imports.csv import read_table
from subscribers.imports.rows import Row, RowParser, SkippedRow
from subscribers.imports.staging import ImportOptions
from subscribers.imports.survey import survey_columns
from subscribers.values import BadRow


def names(text: str | bytes) -> list[tuple[str, str]]:
    return [(row.address, row.first_name) for row in rows(text) if isinstance(row, Row)]


def rows(text: str | bytes, name: str = "", kinds: Any = None, **options: Any) -> list[Row | BadRow | SkippedRow]:
    """What every record of a file becomes. Raises BadInput for a file that cannot be taken."""
    table = read_table(io.BytesIO(text if isinstance(text, bytes) else text.encode()))
    records = list(table.records)
    survey = survey_columns(columns.name_columns(table.header), iter(records))
    layout = staging.recognise_layout(table.header, survey, name, ImportOptions(**options))
    orders, languages = questions.decide_date_orders(layout, survey), questions.decide_languages(layout, survey)
    reader = RowParser(layout, kinds, orders, languages)
    found = list(reader.parse_rows(iter(records)))
    reader.refuse_unknown_words()
    return found


def tool(header: str) -> str:
    """Which program a header line is taken for."""
    table = read_table(io.BytesIO((header + "\n").encode()))
    return columns.recognise_columns(table.header).tool.name


def row(text: str | bytes, **options: Any) -> Row:
    """The only reader in a file."""
    (found,) = rows(text, **options)
    assert isinstance(found, Row), found
    return found
