"""Addresses as people paste them: one a line, or with commas, with names or without. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter.kernel.patterns import LINE, compile_bounded
from subscribers.imports.state_words import says_left

HEADER = ["email", "name"]
_PART = compile_bounded(
    LINE, r"(?P<name>[^<>@]*)<\s*(?P<address>[^<>\s]+@[^<>\s]+)\s*>|(?P<bare>[^<>()\s,;]+@[^<>()\s,;@]+\.[^<>()\s,;]+)"
)
_LONGEST_LINE = 64 * 2**10


def looks_pasted(line: str) -> bool:
    """Whether a first line is addresses alone, so that it can be no header and no row of a table with more."""
    return bool(_split(line))


def read_pasted(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """A record of address and name for each address, with the line it stands in.

    A line in which anything else stands is one record, to be refused: it may say that they left.
    """
    for number, line in lines:
        flat = line[:_LONGEST_LINE].strip().strip(",;")
        if flat:
            found = _split(flat) or [("", flat.replace("<", "(").replace(">", ")"))]
            yield from ((number, [address, name]) for name, address in found)


def _split(line: str) -> list[tuple[str, str]]:
    """Names and addresses of a line; nothing where a part of it is neither."""
    flat = re.sub(r"[;\t]+", ";", line.strip().strip(",;"))
    people = _read_parts(_split_commas(flat.replace(";", ","))) or _read_parts(flat.split(";"))
    return [] if any(says_left(name) for name, _ in people) else [(_turn_name(name), each) for name, each in people]


def _read_parts(parts: Sequence[str]) -> list[tuple[str, str]]:
    """Name and address of each part; nothing where one of them has no address, or more than that."""
    found = [_PART.fullmatch(part.strip()) for part in parts if part.strip()]
    return [(match["name"] or "", match["address"] or match["bare"]) for match in found if match] if all(found) else []


def _turn_name(name: str) -> str:
    """“Ann Lee” for “Lee, Ann”, as mail programs of offices write names."""
    last, comma, first = name.strip().strip("\"'").partition(",")
    return f"{first.strip()} {last.strip()}" if comma else last.strip()


def _split_commas(text: str) -> list[str]:
    """The parts between commas, but for those in quotes."""
    return [part.strip() for part in re.findall(r'(?:"[^"]*"|[^,"])+', text) if part.strip()]
