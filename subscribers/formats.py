"""Reading a plain CSV of readers, whatever program wrote it. Pure: a stream in, rows and bad rows out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from zoneinfo import ZoneInfo

from newsletter.kernel.errors import BadInput
from subscribers import addresses

LARGEST_FILE = 512 * 2**20
LONGEST_LINE = 64 * 2**10  # characters
LONGEST_CELL = 8 * 2**10
_SNIFFED = 64 * 2**10
_COLUMNS = {
    "email": ("email", "emailaddress", "mail", "address", "subscriberemail", "emailadresse", "adresse"),
    "first_name": ("firstname", "first", "givenname", "fname", "vorname", "prenom"),
    "last_name": ("lastname", "last", "surname", "familyname", "lname", "nachname"),
    "name": ("name", "fullname"),
    "zone": ("zone", "timezone", "tz"),
    "language": ("language", "lang", "locale", "sprache"),
    "status": ("status", "state"),
}
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

    Raises BadInput when the file is no CSV, or has no column of addresses, or a status we do not know.
    """
    text = io.TextIOWrapper(stream, encoding=_encoding(stream), errors="replace", newline="")
    lines = _bounded(text)
    first = next(lines, "")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter, first = first.strip()[4], next(lines, "")
    else:
        delimiter = max(",;\t", key=first.count)
    if "\x00" in first:
        raise BadInput("This is no CSV file: it holds binary data.", "file")
    reader = csv.reader(_with(first, lines), delimiter=delimiter, strict=False)
    columns = _columns(next(reader, []))
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(reader.line_num, "row", "", f"The row cannot be read: {error}.")
            continue
        if any(cell.strip() for cell in cells):
            yield _row(cells, columns, reader.line_num)


def _encoding(stream: BinaryIO) -> str:
    start = stream.read(_SNIFFED)
    stream.seek(0)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        start.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:  # a character cut in half at the end of the sample is no fault
            return "cp1252"
    return "utf-8-sig"


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines of bounded length, whatever ends them (\\n, \\r\\n or \\r alone)."""
    while True:
        line = text.readline(LONGEST_LINE + 1)
        if not line:
            return
        if len(line) > LONGEST_LINE:
            raise BadInput(f"A line is longer than {LONGEST_LINE // 1024} kB, so this is no list of readers.", "file")
        yield from line.splitlines(keepends=True) if "\r" in line.rstrip("\r\n") else (line,)


def _with(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _columns(header: list[str]) -> dict[str, int]:
    folded = [re.sub(r"[^a-z]", "", cell.casefold()) for cell in header]
    found = {
        ours: folded.index(theirs) for ours, names in _COLUMNS.items() for theirs in names[::-1] if theirs in folded
    }
    if "email" in found:
        return found
    if len(header) >= 1 and any("@" in cell for cell in header):
        raise BadInput("The first line must say what the columns are, for instance: email,first_name", "file")
    seen = ", ".join(cell.strip() for cell in header if cell.strip())[:200] or "nothing"
    raise BadInput(f"No column holds the addresses. The header says {seen}; call the column email.", "file")


def _row(cells: list[str], columns: dict[str, int], line: int) -> Row | BadRow:
    values = {name: cells[index].strip().strip("'") if index < len(cells) else "" for name, index in columns.items()}
    too_long = next((name for name, value in values.items() if len(value) > LONGEST_CELL), "")
    if too_long:
        return BadRow(line, too_long, values[too_long][:40] + "…", "The cell is too long.")
    try:
        address = addresses.check(values["email"])
    except BadInput as error:
        return BadRow(line, "email", values["email"][:200], str(error))
    if values.get("zone") and not _is_zone(values["zone"]):
        return BadRow(line, "zone", values["zone"][:100], "There is no such time zone. Names look like Europe/London.")
    status = _STATUSES.get(values.get("status", "").casefold())
    if status is None:
        known = ", ".join(sorted(name for name in _STATUSES if name))
        raise BadInput(
            f"Line {line} has the status “{values['status'][:60]}”, which is unknown, so nothing is imported. Known are {known}.",
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


_zones: dict[str, bool] = {}


def _is_zone(name: str) -> bool:
    if name not in _zones:
        try:
            ZoneInfo(name)
            _zones[name] = True
        except (ValueError, OSError, LookupError):
            _zones[name] = False
    return _zones[name]


def defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
