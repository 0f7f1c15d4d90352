"""What files still say of somebody who was erased: database, write-ahead log, outbox, kept imports.

Another connection is open meanwhile, as that of the desk is: so the write-ahead log does not end with the command.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.flows.conftest import Command

FILE = "email,first_name\nZebediah@example.com,Zebediah\nben@example.com,Ben\nzebediah@,Broken\n"


@pytest.mark.parametrize("command", ["sqlite"], indirect=True)
def test_no_file_names_who_was_erased(command: Command, tmp_path: Path) -> None:
    folder = Path(command.environment["NEWSLETTER_DATA_DIR"])
    database = folder / "newsletter.sqlite3"
    other = sqlite3.connect(database)
    other.execute("SELECT count(*) FROM subscribers_subscriber").fetchone()
    command("lists", "create", "morning", "--name", "Morning")
    (tmp_path / "people.csv").write_text(FILE)
    command("subscribers", "import", str(tmp_path / "people.csv"), "--list", "morning", code=4)
    command("subscribers", "tier", "zebediah@example.com", "paid")
    command("subscribers", "change-address", "zebediah@example.com", "zeb@example.org")
    assert _naming(folder), "the address is nowhere, so its erasure shows nothing"
    said = command("subscribers", "erase", "zeb@example.org", "--yes")
    assert "zeb" not in said.casefold()
    assert _naming(folder) == []
    other.close()


def _naming(folder: Path) -> list[str]:
    """The files in which one of the addresses or the name stands."""
    texts = (b"zebediah", b"zeb@example")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path.name for path in files if any(text in path.read_bytes().lower() for text in texts)]
