"""What a file holds, whatever it is: a CSV, a workbook, pasted addresses, or an archive with several of them.

Each table of a file has a meaning of its own: in Mailchimp's archive the name of the file says who left.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from newsletter.kernel.errors import BadInput
from subscribers.imports import workbook
from subscribers.imports.csv import LARGEST_FILE, CsvTable, read_table
from subscribers.imports.state_words import find_state_of_name

MOST_TABLES = 20
_PACKED = frozenset(["zip", "gz", "tgz", "bz2", "xz", "7z", "rar", "tar", "zst"])
_DATA = frozenset(
    ["json", "jsonl", "ndjson", "xml", "sql", "sqlite", "db", "numbers", "dat", "log", "vcf", "eml", "mbox"]
)
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file: the name of its file or sheet, its header, and its records with their lines."""

    name: str
    header: list[str]
    records: Iterator[tuple[int, list[str]]]


@contextmanager
def open_tables(stream: BinaryIO, name: str) -> Iterator[Iterator[Table]]:
    """The tables of a file, one after the other: each must be read to its end before the next.

    Raises BadInput, also while it is read, for what cannot be.
    """
    stream.seek(0)
    start = stream.read(4)
    stream.seek(0)
    if start == workbook.OLE:
        yield _read_workbook(stream, name)
        return
    if start != _ZIP:
        yield iter([_to_table(read_table(stream), name)])
        return
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile as error:
        raise BadInput(f"The archive cannot be read: {error}.", "file") from None
    with archive:
        yield _read_workbook(stream, name) if workbook.is_workbook(archive) else _read_archive(archive)


def _to_table(found: CsvTable, name: str) -> Table:
    return Table(name, found.header, found.records)


def _read_workbook(stream: BinaryIO, name: str) -> Iterator[Table]:
    sheets = workbook.read_sheets(stream)
    for sheet, header, records in sheets:
        yield Table(name if len(sheets) == 1 else sheet, header, records)


def _read_archive(archive: zipfile.ZipFile) -> Iterator[Table]:
    members = [each for each in archive.infolist() if _is_table(each)]
    for each in archive.infolist():
        if each not in members:
            _refuse_what_may_say_who_left(each.filename)
    if not members:
        raise BadInput("The archive has no CSV file or workbook in it.", "file")
    if len(members) > MOST_TABLES:
        raise BadInput(f"The archive has {len(members)} files; {MOST_TABLES} are the most.", "file")
    if sum(each.file_size for each in members) > LARGEST_FILE:
        raise BadInput(f"The archive is larger than {LARGEST_FILE // 2**20} MB unpacked. Split it.", "file")
    for member in members:
        if member.flag_bits & 1:
            raise BadInput(f"{member.filename} is protected by a password. Unpack the archive first.", "file")
        data = _unpack(archive, member)
        if data.getbuffer().nbytes > LARGEST_FILE:
            raise BadInput(f"{member.filename} is larger than it says. Unpack the archive first.", "file")
        name = member.filename.rpartition("/")[2]
        if name.lower().endswith(workbook.ENDINGS):
            yield from _read_workbook(data, name)
        else:
            yield _to_table(read_table(data), name)


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> io.BytesIO:
    try:
        with archive.open(member) as packed:
            return io.BytesIO(packed.read(LARGEST_FILE + 1))
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        ValueError,
        OSError,
        NotImplementedError,
    ) as error:
        raise BadInput(
            f"{member.filename} cannot be unpacked: {error}. Is the archive whole? Unpack it first.", "file"
        ) from None


def _refuse_what_may_say_who_left(member: str) -> None:
    """Raises BadInput for a file in an archive that is not read and may hold people: packed, or named after leavers."""
    name = member.rpartition("/")[2]
    ending = name.rpartition(".")[2].lower()
    if ending in _PACKED:
        raise BadInput(f"{name} is an archive within the archive. Unpack it, and import what is in it.", "file")
    if ending in _DATA and find_state_of_name(name):
        raise BadInput(
            f"By its name {name} holds people who are not to be mailed, and it cannot be read. Give it as CSV, or take "
            "it out of the archive.",
            "file",
        )


def _is_table(member: zipfile.ZipInfo) -> bool:
    name = member.filename
    hidden = name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")
    return not member.is_dir() and not hidden and name.lower().endswith((".csv", ".tsv", ".txt", *workbook.ENDINGS))
