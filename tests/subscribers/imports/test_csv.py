"""Files as programs and people leave them: what is read, and what is refused in which words."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.kernel.errors import BadInput
from subscribers.imports.csv import (
    LONGEST_LINE,
    LONGEST_RECORD,
    MOST_COLUMNS,
    CsvWriter,
    PlainCell,
    escape_formula,
)
from subscribers.imports.rows import Row
from subscribers.values import BadRow
from tests.subscribers.reading import names, rows


def refusal(text: str | bytes) -> str:
    with pytest.raises(BadInput) as refused:
        rows(text)
    return str(refused.value)


SAME = [("zoe@example.com", "Zoë"), ("ben@example.com", "Ben")]
PLAIN = "email,first_name\nzoe@example.com,Zoë\nben@example.com,Ben\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("cp1252"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        ("sep=;\n" + PLAIN.replace(",", ";")).encode("utf-8-sig"),
        ("Readers;\n\n" + PLAIN.replace(",", ";")).encode(),
        ("\n\n" + PLAIN.replace("\n", "\n\n") + ",\n").encode(),
        PLAIN.replace("zoe@example.com", "Zoë R. <zoe@example.com>").replace("ben@", "mailto:ben@").encode(),
        PLAIN.replace("Ben", "  Ben  ").replace("zoe@", " zoe@").encode(),
        PLAIN.replace("email,first_name", "E-Mail,Vorname").encode(),
        PLAIN.replace("email,first_name", "Email Address,First Name").encode(),
        PLAIN.replace(",Zoë", ",Zoë,, ,").encode(),
        PLAIN.replace("zoe@example.com", "'zoe@example.com'").encode(),
        'note,first_name,email\n"two\nlines, ""quoted""",Zoë,zoe@example.com\n,Ben,ben@example.com\n'.encode(),
    ],
)
def test_the_same_subscribers_are_found_whatever_program_wrote_the_file(data: bytes) -> None:
    assert names(data) == SAME


def test_a_name_in_the_code_page_of_windows_survives_however_late_it_comes() -> None:
    filler = "".join(f"reader{n}@example.com,Ann\n" for n in range(6000))
    found = names(f"email,first_name\n{filler}".encode() + "late@example.com,Zoë\n".encode("cp1252"))
    assert found[-1] == ("late@example.com", "Zoë")


def test_an_apostrophe_at_the_edge_of_a_name_stays() -> None:
    assert names("email,first_name\nann@example.com,'t Hooft\nben@example.com,'=Ben\n") == [
        ("ann@example.com", "'t Hooft"),
        ("ben@example.com", "=Ben"),
    ]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    found = rows('email,note\nann@example.com,"one\ntwo\nthree"\nben@,\n')
    assert [row.line for row in found] == [2, 5]


@pytest.mark.parametrize("rest", ["", "\nben@example.com,Ben", "\nben@example.com,Ben" * (LONGEST_RECORD + 2) + '"'])
def test_a_quote_that_is_never_closed_stops_the_import_and_names_its_line(rest: str) -> None:
    assert "line 3" in refusal(f'email,note\nzoe@example.com,Zoë\nann@example.com,"Ann{rest}\n')


def test_control_characters_do_not_come_in() -> None:
    assert names("email,first_name\nann@example.com,A\x07n\x1bn\n") == [("ann@example.com", "A n n")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("name,town\nAnn,Upland\n", "name, town"),
        ("ann@example.com,Ann\n", "first line"),
        ("email,status\nann@example.com,mostly\n", "mostly"),
        ("email,first_name\nann@example.com,Ann\x00\n", "binary"),
        ("\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        ("email\n" + "a" * (LONGEST_LINE + 1), "longer"),
        ("email,mailing_permission\nann@example.com,full\n", "mailing_permission"),
        ("PK\x03\x04rest of a workbook", "archive"),
        (b"\x1f\x8b\x08", "gzip"),
        ("%PDF-1.7", "PDF"),
        (",".join(f"c{n}" for n in range(500)), "500 columns"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_the_reason(text: str | bytes, words: str) -> None:
    assert words in refusal(text)


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_line_may_be_as_long_as_the_limit_and_no_longer(end: str) -> None:
    spare = LONGEST_LINE - len("ann@example.com,Ann,") - len(end)
    notes = [part * 8000 for part in "abcdefgh"] + ["i" * (spare - 8 * 8001)]
    line = f"ann@example.com,Ann,{','.join(notes)}"
    assert len(line + end) == LONGEST_LINE
    head = "email,first_name,a,b,c,d,e,f,g,h,i\n"
    assert names(f"{head}{line}{end}") == [("ann@example.com", "Ann")]
    assert "Line 2 is longer" in refusal(f"{head}{line}x{end}")


def test_a_record_may_have_as_many_lines_behind_its_first_as_the_limit_and_no_more() -> None:
    def noted(lines: int) -> str:
        note = "\n".join("x" * (1 + lines))
        return f'email,note\nann@example.com,"{note}"\nben@example.com,\n'

    assert [address for address, _ in names(noted(LONGEST_RECORD))] == ["ann@example.com", "ben@example.com"]
    assert "line 2" in refusal(noted(LONGEST_RECORD + 1))


def test_a_file_may_have_as_many_columns_as_the_limit_and_no_more() -> None:
    def wide(columns: int) -> str:
        return ",".join(["email", *(f"c{n}" for n in range(columns - 1))]) + "\nann@example.com\n"

    assert len(rows(wide(MOST_COLUMNS), mapping={f"c{n}": "ignore" for n in range(MOST_COLUMNS - 1)})) == 1
    assert f"{MOST_COLUMNS + 1} columns; {MOST_COLUMNS} are" in refusal(wide(MOST_COLUMNS + 1))


@pytest.mark.parametrize("cell", ["=1+1", "+44 1632", "-1", "@SUM(A1)", "\tx", "\rx", "\n=1", "＝1+1", "＠SUM(A1)"])
def test_no_spreadsheet_takes_an_exported_cell_for_a_formula(cell: str) -> None:
    assert escape_formula(cell) == f"'{cell}"
    assert escape_formula(f"a{cell}") == f"a{cell}"


@given(st.sampled_from([b"", b"email,first_name\n", b"\xff\xfe"]), st.binary(max_size=300))
def test_no_bytes_break_the_csv_reader(start: bytes, data: bytes) -> None:
    with contextlib.suppress(BadInput):  # the only error a file may meet
        rows(start + data)


@example(["'=", "''=1", "'", "="])
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20),
        min_size=1,
        max_size=8,
    )
)
def test_every_name_that_is_written_is_read_again(written: list[str]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows(
        [["email", "first_name"], *([f"r{n}@example.com", escape_formula(name)] for n, name in enumerate(written))]
    )
    found = [row.first_name for row in rows(file.getvalue()) if isinstance(row, Row)]
    assert found == [name.strip() for name in written]


def test_lines_are_counted_from_the_top_of_a_file_whose_header_stands_below_a_title() -> None:
    (bad,) = rows("Readers of 2024\n\nE-Mail;Status\nnobody@;active\n")
    assert isinstance(bad, BadRow)
    assert bad.line == 4


def test_no_cell_of_any_row_is_a_formula_the_header_neither() -> None:
    parts: list[str] = []
    writer = CsvWriter(parts.append)
    writer.write_row(("=HYPERLINK(1)", "email"))
    writer.write_row((-5, None, "-5", "+1", PlainCell("@example.com"), 1.5))
    assert "".join(parts) == "'=HYPERLINK(1),email\r\n-5,,'-5,'+1,@example.com,1.5\r\n"


def test_all_csv_goes_through_one_writer() -> None:
    root = Path(__file__).resolve().parents[3]
    found = [
        path.relative_to(root).as_posix()
        for package in ("newsletter", "subscribers")
        for path in (root / package).rglob("*.py")
        if re.search(r"csv\.(?:writer|DictWriter)|format.*text/csv", path.read_text("utf-8"))
    ]
    assert found == ["subscribers/imports/csv.py"]
