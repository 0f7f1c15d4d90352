"""Workbooks read as tables of text."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from newsletter.kernel.errors import BadInput
from subscribers.imports import workbook

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def make_workbook(**sheets: list[list[Any]]) -> bytes:
    """A workbook with these sheets, as a spreadsheet program writes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r" Type="{_RELS}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELS}"><sheets>{listed}</sheets></workbook>'
        )
        links = "".join(
            f'<Relationship Id="r{n}" Type="{_RELS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n, _ in enumerate(sheets, 1)
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>')
        for n, rows in enumerate(sheets.values(), 1):
            body = "".join(
                f'<row r="{r}">{"".join(_cell(c, r, value) for c, value in enumerate(row))}</row>'
                for r, row in enumerate(rows, 1)
            )
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml", f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'
            )
    return out.getvalue()


def _cell(column: int, row: int, value: Any) -> str:
    place = f"{chr(65 + column)}{row}"
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>' if value else ""


def test_cells_become_text_and_lines_are_those_of_the_sheet() -> None:
    data = make_workbook(
        Readers=[[], ["E-Mail", "Aktiv", "Alter"], ["ann@example.com", True, 41], [], ["ben@example.com", False, 1.5]]
    )
    ((name, header, records, _),) = workbook.read_sheets(io.BytesIO(data))
    assert (name, header) == ("Readers", ["E-Mail", "Aktiv", "Alter"])
    assert [*records] == [(3, ["ann@example.com", "true", "41"]), (5, ["ben@example.com", "false", "1.5"])]


def test_the_header_may_stand_below_a_title_and_lines_are_still_those_of_the_sheet() -> None:
    data = make_workbook(Readers=[["Readers of 2024"], [], ["E-Mail", "Status"], ["ann@example.com", "active"]])
    ((_, header, records, _),) = workbook.read_sheets(io.BytesIO(data))
    assert (header, [*records]) == (["E-Mail", "Status"], [(4, ["ann@example.com", "active"])])


def test_a_workbook_with_a_password_says_so() -> None:
    data = workbook.OLE + b"rubbish" * 200 + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(BadInput, match="password"):
        workbook.read_sheets(io.BytesIO(data))


def test_what_is_none_is_refused_with_the_remedy() -> None:
    with pytest.raises(BadInput, match="Save the sheet as CSV"):
        workbook.read_sheets(io.BytesIO(workbook.OLE + b"rubbish" * 200))
    with pytest.raises(BadInput, match="empty"):
        workbook.read_sheets(io.BytesIO(make_workbook(Empty=[])))


def test_a_workbook_that_is_huge_when_unpacked_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_workbook(Readers=[["email"], ["ann@example.com"]])
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 100)
    with pytest.raises(BadInput, match="unpacked"):
        workbook.read_sheets(io.BytesIO(data))
