"""The sheets of a workbook (Excel, LibreOffice) as tables of text. Pure: a stream in, records of cells out."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from newsletter.kernel.errors import BadInput
from subscribers.imports.header_words import count_lines_above_header

MOST_UNPACKED = 256 * 2**20  # bytes of a workbook, unpacked: it is held in memory
ENDINGS = (".xlsx", ".xls", ".xlsb", ".ods")  # of the names of workbooks
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the part of a protected workbook that holds the other parts
_SEARCHED = 4 * 2**20
OLE = b"\xd0\xcf\x11\xe0"  # how workbooks before 2007 begin


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether a ZIP archive is a workbook."""
    names = set(archive.namelist())
    return "xl/workbook.xml" in names or "xl/workbook.bin" in names or "content.xml" in names


class Sheet(NamedTuple):
    """A sheet that has something in it."""

    name: str
    header: list[str]
    records: Iterator[tuple[int, list[str]]]
    hidden: bool


def read_sheets(stream: BinaryIO) -> list[Sheet]:
    """The sheets that have something in them. Raises BadInput for a workbook that cannot be read."""
    stream.seek(0)
    if stream.read(4) != OLE:
        _check_size(stream)
    stream.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(stream)
        sheets = [
            (about, book.get_sheet_by_name(about.name).to_python(skip_empty_area=False))
            for about in book.sheets_metadata
            if about.typ == SheetTypeEnum.WorkSheet
        ]
    except (CalamineError, ValueError, OSError) as error:
        stream.seek(0)
        if _ENCRYPTED in stream.read(_SEARCHED):
            raise BadInput("The workbook is protected by a password. Save it without one.", "file") from None
        raise BadInput(f"The workbook cannot be read: {error}. Save the sheet as CSV.", "file") from None
    filled = [(about, rows) for about, rows in sheets if any(any(cell != "" for cell in row) for row in rows)]
    if not filled:
        raise BadInput("The workbook is empty.", "file")
    return [Sheet(about.name, *_to_table(rows), about.visible != SheetVisibleEnum.Visible) for about, rows in filled]


def _check_size(stream: BinaryIO) -> None:
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            size = sum(each.file_size for each in archive.infolist())
    except zipfile.BadZipFile:
        return  # the reader says what is wrong with it
    if size > MOST_UNPACKED:
        raise BadInput(f"The workbook is larger than {MOST_UNPACKED // 2**20} MB unpacked. Save it as CSV.", "file")


def _to_table(rows: list[list[Any]]) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The first row that has something in it is the header, or one below that names the addresses.

    Lines are counted as the program shows them.
    """
    numbered = [(line, [_to_text(cell) for cell in row]) for line, row in enumerate(rows, 1)]
    numbered = numbered[count_lines_above_header(cells for _, cells in numbered) :]
    filled = [(line, cells) for line, cells in numbered if any(cell.strip() for cell in cells)]
    return [cell.strip() for cell in filled[0][1]], iter(filled[1:])


def _to_text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return cell.isoformat() if isinstance(cell, date) else str(cell)
