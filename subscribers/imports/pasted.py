"""Addresses as people paste them: one a line, or with commas, with names or without. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import getaddresses

HEADER = ["email", "name"]
_LONGEST_LINE = 64 * 2**10


def looks_pasted(line: str) -> bool:
    """Whether a first line is addresses alone, so that it can be no header and no row of a table with more."""
    found = _split(line)
    return bool(found) and all("@" in address and re.search(r"@\S+\.\S", address) for _, address in found)


def read_pasted(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """A record of address and name for each address, with the line it stands in."""
    for number, line in lines:
        for name, address in _split(line[:_LONGEST_LINE]):
            yield number, [address, name]


def _split(line: str) -> list[tuple[str, str]]:
    """Names and addresses of a line. What is no address stays as it is, to be refused by name."""
    flat = re.sub(r"[;\t]+", ",", line.strip().strip(",;"))
    if not flat:
        return []
    return [(name, address or part) for part in _split_commas(flat) for name, address in getaddresses([part])[:1]]


def _split_commas(text: str) -> list[str]:
    """The parts between commas, but for those in quotes."""
    return [part.strip() for part in re.findall(r'(?:"[^"]*"|[^,"])+', text) if part.strip()]
