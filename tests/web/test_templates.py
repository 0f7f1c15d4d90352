"""The templates that are formatted stay so: short lines, and no address by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BY_HAND = re.compile(r'(?:href|action|src|hx-get|hx-post)="/[^"]*"')


def list_formatted() -> Iterator[Path]:
    """The templates that the Makefile names as formatted."""
    named = re.search(r"^TEMPLATES := ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert named is not None
    for name in named[1].replace("\\\n", " ").split():
        path = ROOT / name
        yield from sorted(path.rglob("*.html")) if path.is_dir() else [path]


def test_lines_are_at_most_120_wide() -> None:
    found = [
        f"{path.name}:{number}"
        for path in list_formatted()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > 120
    ]
    assert found == []


def test_no_address_is_written_by_hand() -> None:
    found = {path.name: BY_HAND.findall(path.read_text("utf-8")) for path in list_formatted()}
    assert len(found) > 20
    assert {name: each for name, each in found.items() if each} == {}


def test_our_modules_of_the_desk_stay_small() -> None:
    """Without htmx, uncompressed: what every page of the desk or the board loads."""
    static = ROOT / "templates" / "web" / "static"
    names = ("board.js", "desk.js", "fields.js", "parts.js", "refusals.js", "session.js")
    assert sum((static / name).stat().st_size for name in names) <= 42 * 1024
