"""Reading a CSV file, whatever program wrote it and in whatever state. Pure: a stream in, records of cells out."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, TextIO

from newsletter.kernel.errors import BadInput
from newsletter.kernel.patterns import LINE, compile_bounded
from subscribers.imports import pasted
from subscribers.imports.encodings import SAMPLE_BYTES, detect_encoding
from subscribers.imports.header_words import MOST_LINES_ABOVE, count_lines_above_header

LARGEST_FILE = 512 * 2**20
LONGEST_LINE = 64 * 2**10  # characters
LONGEST_CELL = 8 * 2**10
LONGEST_RECORD = 200  # lines
BLOCK = 2**18  # characters read at a time
MOST_COLUMNS = 400
_BINARY = "This is not a CSV file: it holds binary data."
_OTHER_FORMATS = {
    b"PK\x03\x04": "This is an archive within the file. Unpack it first.",
    b"\xd0\xcf\x11\xe0": "This is a workbook with the name of a CSV file. Give it its own ending.",
    b"\x1f\x8b": "This file is compressed (gzip). Unpack it first.",
    b"%PDF": "This is a PDF, no CSV file.",
}
_CELL_END = re.compile(r"[,;\t|]")
# What a spreadsheet takes for the beginning of a formula; the wide ones where Chinese, Japanese or Korean is written.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# A formula that shows a text: ="0123", or =HYPERLINK("mailto:ann@example.com","ann@example.com") by any name.
_TEXT_FORMULA = compile_bounded(LINE, r'=\s*(?:[\w.]+\((?:\s*"[^"]*"\s*[;,])*)?\s*"((?:[^"]|"")*)"\s*\)?')
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\t]+")


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV file that is being read: its header, and then every record with the line in which it begins."""

    header: list[str]
    records: Iterator[tuple[int, list[str]]]


def read_table(stream: BinaryIO) -> CsvTable:
    """Opens a CSV file for reading. Raises BadInput, also while the records are read, for what is none or is cut off.

    The stream must stay open until the records are read; closing it is its owner's affair.
    """
    start = stream.read(4)
    stream.seek(0)
    for mark, says in _OTHER_FORMATS.items():
        if start.startswith(mark):
            raise BadInput(says, "file")
    sample = stream.read(SAMPLE_BYTES)
    encoding = detect_encoding(sample)
    stream.seek(0)
    errors = _AS_CP1252 if encoding == "utf-8-sig" else "replace"
    lines = _LineReader(io.TextIOWrapper(stream, encoding=encoding, errors=errors))  # any end of line is one
    try:
        above = _count_lines_above(sample[:BLOCK].decode(encoding, "replace"))
        first = _read_first_line(itertools.islice(lines, above, None))
        if pasted.looks_pasted(first):
            return CsvTable([*pasted.HEADER], _iterate_pasted(first, lines))
        rest, delimiter = _detect_delimiter(first, lines)
        reader = csv.reader(rest, delimiter=delimiter, strict=False)
        first_record = _read_record(reader, lines) or []
        header = [cell.strip() for cell in first_record]
    except BaseException:
        lines.detach()
        raise
    if len(header) > MOST_COLUMNS:
        lines.detach()
        raise BadInput(f"The file has {len(header)} columns; {MOST_COLUMNS} are the most.", "file")
    return CsvTable(header, _iterate_records(reader, lines, first_record))


def _count_lines_above(text: str) -> int:
    """How many lines stand above the header of a file that begins like this."""
    start = re.split(r"\r\n|\r|\n", text, maxsplit=MOST_LINES_ABOVE)[:MOST_LINES_ABOVE]
    if any(line.lstrip("\ufeff").lower().startswith("sep=") for line in start):
        return 0
    return count_lines_above_header([cell.strip('\ufeff" ') for cell in _CELL_END.split(line)] for line in start)


def _read_first_line(lines: Iterator[str]) -> str:
    first = next((line for line in lines if line.strip("\ufeff \t\r\n")), "").lstrip("\ufeff")
    if not first:
        raise BadInput("The file is empty.", "file")
    if _CONTROL.search(first.replace("\t", "")):
        raise BadInput(_BINARY, "file")
    return first


def _iterate_pasted(first: str, lines: _LineReader) -> Iterator[tuple[int, list[str]]]:
    def number() -> Iterator[tuple[int, str]]:
        for line in itertools.chain((first,), lines):
            yield lines.number, line
            lines.begin_record()

    try:
        yield from pasted.read_pasted(number())
    finally:
        lines.detach()


def _detect_delimiter(first: str, lines: _LineReader) -> tuple[Iterator[str], str]:
    """The lines from the header on, and what parts their cells."""
    if first.lower().startswith("sep=") and len(first.strip("\r\n")) == 5:
        return iter(lines), first[4]
    unquoted = re.sub(r'"[^"]*"', "", first)
    return itertools.chain((first,), lines), max(",;\t|", key=unquoted.count)


def _iterate_records(
    reader: Iterator[list[str]], lines: _LineReader, header: list[str]
) -> Iterator[tuple[int, list[str]]]:
    """The records with something in them; files put together repeat the header, which is none."""
    try:
        while (cells := _read_record(reader, lines)) is not None:
            if cells and (cells[0] or "".join(cells).strip()) and cells != header:
                yield lines.record_starts, cells
    finally:
        lines.detach()


def _decode_as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Reads what is not UTF-8 as the code page of Windows: half the world's exports, and a mixed file loses no name."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


_AS_CP1252 = "newsletter-cp1252"
codecs.register_error(_AS_CP1252, _decode_as_cp1252)


class _LineReader:
    """The lines of a file, whatever ends them, each of bounded length; knows where the present record began."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._number = 0
        self._each = self._read_lines()
        self.record_starts = 1
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self._each

    def _read_lines(self) -> Iterator[str]:
        """Cut from large blocks: a call for every line would take longer than all the rest of reading a CSV."""
        rest = ""
        while block := self._text.read(BLOCK):
            if "\x00" in block:
                raise BadInput(_BINARY, "file")
            if "\ufeff" in block:
                block = block.replace("\ufeff", "")  # where files were put together
            lines = _split_lines(rest + block)
            rest = lines.pop() if not lines[-1].endswith("\n") else ""
            for line in lines:
                self._number += 1
                if len(line) > LONGEST_LINE:
                    raise self._too_long_error()
                if self._number - self.record_starts > LONGEST_RECORD:
                    raise self.build_unclosed_quote_error()
                yield line
            if len(rest) > LONGEST_LINE:
                self._number += 1
                raise self._too_long_error()
        if rest:
            self._number += 1
            yield rest
        self.ended = True

    @property
    def number(self) -> int:
        """Of the line read last."""
        return self._number

    def begin_record(self) -> None:
        self.record_starts = self._number + 1

    def detach(self) -> None:
        """Lets go of the stream without closing it."""
        if isinstance(self._text, io.TextIOWrapper):
            self._text.detach()
            self._text = io.StringIO()

    def _too_long_error(self) -> BadInput:
        return BadInput(
            f"Line {self._number} is longer than {LONGEST_LINE // 1024} kB: this is not a list of subscribers.", "file"
        )

    def build_unclosed_quote_error(self) -> BadInput:
        return BadInput(
            f"A quote that opens in line {self.record_starts} is not closed, so the rows behind it cannot "
            "be read and nothing is imported. Close it, or export the file again.",
            "file",
        )


def _split_lines(text: str) -> list[str]:
    """The lines of a text, by newlines alone: to Python other characters end lines too, to nobody else."""
    lines = text.split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]


def _read_record(reader: Iterator[list[str]], lines: _LineReader) -> list[str] | None:
    """The cells of the next record; None at the end of the file."""
    lines.begin_record()
    try:
        cells = next(reader, None)
    except csv.Error as error:
        raise BadInput(f"Line {lines.record_starts} cannot be read: {error}. Nothing is imported.", "file") from None
    if cells is not None and lines.ended:  # only an open quote makes the reader ask for more than there is
        raise lines.build_unclosed_quote_error()
    return cells


def clean_cell(cell: str) -> str:
    """A cell as people see it: no blanks around it, no control characters, no quote that guards a formula."""
    text = cell.strip()
    if text.isalnum():
        return text
    if text[:1] == "'" and text.lstrip("'")[:1] in _FORMULA:
        text = text[1:]
    elif text[:1] == "=" and (shown := _TEXT_FORMULA.fullmatch(text)):
        text = shown[1].replace('""', '"').strip()
    return text if text.isprintable() else _CONTROL.sub(" ", text)


def has_surplus(cells: Sequence[str], width: int) -> bool:
    """Whether something stands in a row behind its last column: its cells are then not what the header says."""
    return len(cells) > width and any(cell.strip() for cell in cells[width:])


def escape_formula(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    One that begins like such a cell gets an apostrophe more, to be read back as it was.
    """
    return f"'{cell}" if cell.lstrip("'")[:1] in _FORMULA else cell


class PlainCell(str):
    """A cell that stays as it is, although it begins like a formula: a domain that we checked, @example.com."""


class CsvWriter:
    """The only writer of CSV: no cell of it, in the header neither, is a formula to a spreadsheet."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._rows = csv.writer(_Sink(write))

    def write_row(self, cells: Iterable[object]) -> None:
        """Writes one row, the header too; None is an empty cell."""
        self._rows.writerow([_to_cell(cell) for cell in cells])


def _to_cell(cell: object) -> object:
    if isinstance(cell, PlainCell) or (isinstance(cell, int | float) and not isinstance(cell, bool)):
        return cell
    return "" if cell is None else escape_formula(str(cell))


class _Sink:
    """What csv.writer writes to: anything that takes a string."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def write(self, text: str) -> None:
        self._write(text)
