"""What a file holds, whatever it is: a CSV, a workbook, pasted addresses, or an archive with several of them.

Each table of a file has a meaning of its own: in Mailchimp's archive the name of the file says who left.
"""

from __future__ import annotations

import io
import lzma
import re
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
_DAMAGES = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, OSError, NotImplementedError)
_ADDRESS = re.compile(rb"[^\s@\"'<>]@[^\s@\"'<>]+\.[^\s@\"'<>]")
_SEARCHED = 2**16  # bytes of a file that is not read are looked through for an address


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file: the name of its file or sheet, its header, and its records with their lines.

    `within` are the names of what it is in, or of its only sheet: they may say who left as well as its own.
    """

    name: str
    header: list[str]
    records: Iterator[tuple[int, list[str]]]
    within: tuple[str, ...] = ()
    hidden: bool = False  # a sheet that its program does not show

    @property
    def path(self) -> str:
        """Its name with those of what it is in, but for the whole file."""
        return "/".join((*reversed(self.within[:-1]), self.name))


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
        yield _read_workbook(stream, name) if workbook.is_workbook(archive) else _read_archive(archive, name)


def _to_table(found: CsvTable, name: str, within: tuple[str, ...] = ()) -> Table:
    return Table(name, found.header, found.records, within)


def _read_workbook(stream: BinaryIO, name: str, within: tuple[str, ...] = ()) -> Iterator[Table]:
    sheets = workbook.read_sheets(stream)
    for sheet in sheets:
        own, other = (name, sheet.name) if len(sheets) == 1 else (sheet.name, name)
        yield Table(own, sheet.header, sheet.records, (other, *within), sheet.hidden)


def _read_archive(archive: zipfile.ZipFile, outer: str) -> Iterator[Table]:
    members = [each for each in archive.infolist() if _is_table(each)]
    for each in archive.infolist():
        if each not in members:
            _refuse_what_may_say_who_left(archive, each)
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
        *folders, name = member.filename.split("/")
        within = (*reversed(folders), outer)
        if name.lower().endswith(workbook.ENDINGS):
            yield from _read_workbook(data, name, within)
        else:
            yield _to_table(read_table(data), name, within)


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> io.BytesIO:
    try:
        with archive.open(member) as packed:
            return io.BytesIO(packed.read(LARGEST_FILE + 1))
    except _DAMAGES as error:
        raise BadInput(
            f"{member.filename} cannot be unpacked: {error}. Is the archive whole? Unpack it first.", "file"
        ) from None


def _refuse_what_may_say_who_left(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Raises BadInput for a file in an archive that is not read and may say who left.

    That is an archive, data with an address in it, and what has no known ending and such a name.
    """
    name = member.filename.rpartition("/")[2]
    if _is_hidden(member) or member.is_dir():
        return
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in _PACKED:
        raise BadInput(f"{name} is an archive within the archive. Unpack it, and import what is in it.", "file")
    if ending not in _DATA and ending:
        return
    if find_state_of_name(member.filename) or _holds_address(archive, member):
        raise BadInput(
            f"{name} may hold people who are not to be mailed, and it cannot be read. Give it as CSV, or take it out "
            "of the archive.",
            "file",
        )


def _holds_address(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether a file holds an address near its beginning, as far as it can be read."""
    try:
        with archive.open(member) as packed:
            return bool(_ADDRESS.search(packed.read(_SEARCHED)))
    except (*_DAMAGES, RuntimeError):  # RuntimeError: it needs a password
        return True


def _is_hidden(member: zipfile.ZipInfo) -> bool:
    return member.filename.startswith("__MACOSX/") or member.filename.rpartition("/")[2].startswith(".")


def _is_table(member: zipfile.ZipInfo) -> bool:
    name = member.filename
    return (
        not member.is_dir()
        and not _is_hidden(member)
        and name.lower().endswith((".csv", ".tsv", ".txt", *workbook.ENDINGS))
    )
