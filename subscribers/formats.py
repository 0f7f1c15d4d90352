"""Reading a plain CSV of readers, whatever program wrote it. Pure: a stream in, rows and bad rows out."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, TextIO
from zoneinfo import ZoneInfo

from newsletter.kernel.errors import BadInput
from subscribers import addresses

LARGEST_FILE = 512 * 2**20
LONGEST_LINE = 64 * 2**10  # characters
LONGEST_CELL = 8 * 2**10
LONGEST_RECORD = 200  # lines
_COLUMNS = {
    "email": ("email", "emailaddress", "mail", "address", "subscriberemail", "emailadresse", "adresse"),
    "first_name": ("firstname", "first", "givenname", "fname", "vorname", "prenom"),
    "last_name": ("lastname", "last", "surname", "familyname", "lname", "nachname"),
    "name": ("name", "fullname"),
    "zone": ("zone", "timezone", "tz"),
    "language": ("language", "lang", "locale", "sprache"),
    "status": ("status", "state"),
}
# Columns by which other programs say who left. Without a status of our own beside them the file cannot be taken:
# ignoring one would sign people up again who had gone.
_SAYS_WHO_LEFT = frozenset({
    "unsubtime", "unsubscribed", "unsubscribedat", "unsubscribedate", "dateunsubscribed", "unsubscribereason", "optout", "optouttime",
    "cleantime", "bounced", "bouncedat", "emaildisabled", "subscribedtoemails", "deletedat", "blacklisted", "emailblacklisted", "blocklisted",
})  # fmt: skip
_BINARY = "This is no CSV file: it holds binary data."
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of a formula
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\t]+")
_STATUSES = {
    "active": "active", "subscribed": "active", "enabled": "active", "confirmed": "active", "yes": "active", "": "active",
    "pending": "pending", "unconfirmed": "pending", "validating": "pending",
    "unsubscribed": "unsubscribed", "inactive": "unsubscribed", "disabled": "unsubscribed", "blocklisted": "unsubscribed",
    "bounced": "bounced", "cleaned": "bounced", "complained": "complained", "spam": "complained",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One reader of a file; `status` is one of ours."""

    line: int
    address: str
    first_name: str = ""
    last_name: str = ""
    zone: str = ""
    language: str = ""
    status: str = "active"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be taken: where, which field, what stood there, and why."""

    line: int
    field: str
    value: str
    reason: str


def read(stream: BinaryIO) -> Iterator[Row | BadRow]:
    """The rows of a CSV file in its order; the header says what the columns are.

    Raises BadInput when the file is no CSV or is cut off, has no column of addresses, or says who left in a way
    we cannot read: then nothing at all may be taken from it.
    """
    text = io.TextIOWrapper(stream, encoding=_encoding(stream), errors=_AS_CP1252, newline="")
    try:
        yield from _rows(_Lines(text))
    finally:
        text.detach()  # the stream is its owner's to close


def _rows(lines: _Lines) -> Iterator[Row | BadRow]:
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise BadInput("The file is empty.", "file")
    if _CONTROL.search(first.replace("\t", "")):
        raise BadInput(_BINARY, "file")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter, first = first.strip()[4], next(lines, "")
    else:
        delimiter = max(",;\t", key=first.count)
    reader = csv.reader(itertools.chain((first,), lines), delimiter=delimiter, strict=False)
    columns = _columns(_record(reader, lines) or [])
    while (cells := _record(reader, lines)) is not None:
        if any(cell.strip() for cell in cells):
            yield _row(cells, columns, lines.record_starts)


def _encoding(stream: BinaryIO) -> str:
    mark = stream.read(2)
    stream.seek(0)
    return "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Reads what is no UTF-8 as the code page of Windows: half the world's exports, and a mixed file loses no name."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


_AS_CP1252 = "newsletter-cp1252"
codecs.register_error(_AS_CP1252, _as_cp1252)


class _Lines:
    """The lines of a file, whatever ends them, each of bounded length; knows where the present record began."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._number = 0
        self.record_starts = 1
        self.ended = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE + 1)
        if not line:
            self.ended = True
            raise StopIteration
        self._number += 1
        if "\x00" in line:
            raise BadInput(_BINARY, "file")
        if len(line) > LONGEST_LINE:
            raise BadInput(
                f"Line {self._number} is longer than {LONGEST_LINE // 1024} kB, so this is no list of readers.", "file"
            )
        if self._number - self.record_starts > LONGEST_RECORD:
            raise self.unclosed()
        return line

    def begin_record(self) -> None:
        self.record_starts = self._number + 1

    def unclosed(self) -> BadInput:
        return BadInput(
            f"A quote that opens in line {self.record_starts} is not closed, so the rows behind it cannot be told apart and "
            "nothing is imported. Close it, or export the file again.",
            "file",
        )


def _record(reader: Iterator[list[str]], lines: _Lines) -> list[str] | None:
    """The cells of the next record; None at the end of the file."""
    lines.begin_record()
    try:
        cells = next(reader, None)
    except csv.Error as error:
        raise BadInput(f"Line {lines.record_starts} cannot be read: {error}. Nothing is imported.", "file") from None
    if cells is not None and lines.ended:  # only an open quote makes the reader ask for more than there is
        raise lines.unclosed()
    return cells


def _columns(header: list[str]) -> dict[str, int]:
    folded = [re.sub(r"[^a-z]", "", cell.casefold()) for cell in header]
    found = {
        ours: folded.index(theirs) for ours, names in _COLUMNS.items() for theirs in names[::-1] if theirs in folded
    }
    leaving = next((cell.strip() for cell, name in zip(header, folded, strict=True) if name in _SAYS_WHO_LEFT), "")
    if leaving and "status" not in found:
        raise BadInput(
            f"The column {leaving} says who left, so the file cannot be taken as it is. Add a column status instead "
            "(active, pending, unsubscribed or bounced) and take that one out.",
            "file",
        )
    if "email" in found:
        return found
    if len(header) >= 1 and any("@" in cell for cell in header):
        raise BadInput("The first line must say what the columns are, for instance: email,first_name", "file")
    seen = ", ".join(cell.strip() for cell in header if cell.strip())[:200] or "nothing"
    raise BadInput(f"No column holds the addresses. The header says {seen}; call the column email.", "file")


def _row(cells: list[str], columns: dict[str, int], line: int) -> Row | BadRow:
    values = {name: _cell(cells[index]) if index < len(cells) else "" for name, index in columns.items()}
    for name, value in values.items():
        if len(value) > LONGEST_CELL:
            return BadRow(line, name, value[:40] + "…", "The cell is too long.")
        if "\n" in value or "\r" in value:
            return BadRow(line, name, value[:200], "The cell goes over several lines. Is a quote missing?")
    try:
        address = addresses.check(values["email"].strip("'"))
    except BadInput as error:
        return BadRow(line, "email", values["email"][:200], str(error))
    if values.get("zone") and not _is_zone(values["zone"]):
        return BadRow(
            line,
            "zone",
            values["zone"][:100],
            f"There is no time zone “{values['zone'][:100]}”. Names look like Europe/London.",
        )
    status = _STATUSES.get(values.get("status", "").casefold())
    if status is None:
        known = ", ".join(sorted(name for name in _STATUSES if name))
        raise BadInput(
            f"Line {line} has the status “{values['status'][:60]}”, which is unknown, so nothing is imported. "
            f"Known are {known}. A column of something else needs another name.",
            "status",
        )
    first, last = values.get("first_name", ""), values.get("last_name", "")
    if not first and not last and values.get("name"):
        first, _, last = values["name"].partition(" ")
    return Row(
        line,
        address,
        first[:100],
        last[:100],
        values.get("zone", ""),
        values.get("language", "")[:16],
        status,
    )


def _cell(text: str) -> str:
    """A cell as people see it: no blanks around it, no control characters, no quote that guards a formula."""
    text = text.strip()
    if text[:1] == "'" and text[1:2] in _FORMULA:
        text = text[1:]
    return text if text.isprintable() else _CONTROL.sub(" ", text)


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in _FORMULA else cell
