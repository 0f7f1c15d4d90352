"""The templates of pages: short lines, and no address by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BY_HAND = re.compile(r'(?:href|action|src|srcset|hx-[a-z]+|data-[a-z]+)=["\']/[^"\']*["\']|default:"/[^"]*"|\}\}/[a-z]')


def list_pages() -> Iterator[Path]:
    """Every template of a page or a part of one; mails are written otherwise."""
    for path in sorted((ROOT / "templates" / "web").rglob("*.html")):
        if path.parent.name != "mails":
            yield path


def test_lines_are_at_most_120_wide() -> None:
    found = [
        f"{path.name}:{number}"
        for path in list_pages()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > 120
    ]
    assert found == []


def test_no_address_is_written_by_hand() -> None:
    found = {path.name: BY_HAND.findall(path.read_text("utf-8")) for path in list_pages()}
    assert len(found) > 90
    assert {name: each for name, each in found.items() if each} == {}


def test_our_scripts_stay_small() -> None:
    """The modules of the desk, without htmx, uncompressed; the scripts of readers' pages each by itself."""
    scripts = {each.name: each.stat().st_size for each in (ROOT / "templates" / "web" / "static").glob("*.js")}
    of_readers = [scripts.pop(name) for name in ("challenge.js", "zone.js")]
    assert len(scripts) >= 10
    assert sum(scripts.values()) <= 40_000
    assert max(of_readers) <= 2_000
