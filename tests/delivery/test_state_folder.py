"""What a machine remembers is on its disk, never falls, and is another machine's nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.delivery import state_folder
from newsletter.delivery.ledger.format import pack_members
from newsletter.delivery.state_folder import AttemptNote, Memory, StateFolder
from newsletter.kernel.errors import SurroundingsError

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
MEMORY = Memory("installation", "history", 5, "machine", "/data/newsletter.sqlite3", NOW.isoformat())
NOTE = AttemptNote(
    history="history",
    at=NOW.isoformat(),
    mailing="mailing",
    kind="edition",
    newsletter_id=1,
    edition_id=2,
    edition_date="2026-11-24",
    snapshot_id=3,
    batch="batch",
    number=1,
    begun=1,
    attempt="attempt",
    stratum=0,
    variant="",
    language="",
    tracking=True,
    format=1,
    members=pack_members([3, 7, 500]),
    places=None,
)


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def test_what_is_remembered_never_falls_within_a_history(folder: StateFolder) -> None:
    assert folder.read("installation") is None
    folder.remember(MEMORY)
    folder.remember(replace(MEMORY, mark=4))
    assert folder.read("installation") == MEMORY
    folder.remember(replace(MEMORY, mark=4, history="another"))
    assert folder.read("installation") == replace(MEMORY, mark=4, history="another")
    assert (folder.root.stat().st_mode & 0o777, len(list(folder.root.glob("*.new")))) == (0o700, 0)


def test_an_installation_is_found_by_its_place(folder: StateFolder) -> None:
    folder.remember(MEMORY)
    assert folder.find_by_location(MEMORY.location) == MEMORY
    assert folder.find_by_location("/elsewhere") is None


def test_attempts_are_noted_with_who_is_in_them_and_their_answer(folder: StateFolder) -> None:
    second = replace(NOTE, attempt="second", batch="other", places=(0, 2))
    folder.note_attempt("installation", NOTE, NOW)
    folder.note_attempt("installation", second, NOW)
    folder.note_answer("installation", "history", "attempt", "accepted", NOW)
    assert folder.list_attempts("installation", NOW) == [replace(NOTE, answer="accepted"), second]
    assert folder.list_attempts("another", NOW) == []


def test_a_line_that_was_cut_short_says_nothing(folder: StateFolder) -> None:
    folder.note_attempt("installation", NOTE, NOW)
    (file,) = (folder.root / "installation").iterdir()
    file.write_bytes(file.read_bytes() + file.read_bytes()[:50])
    assert folder.list_attempts("installation", NOW) == [NOTE]


def test_notes_are_kept_for_days_and_then_deleted(folder: StateFolder) -> None:
    folder.note_attempt("installation", NOTE, NOW)
    later = NOW + state_folder.JOURNAL_RETENTION
    folder.delete_old("installation", later)
    assert folder.list_attempts("installation", later) == [NOTE]
    folder.delete_old("installation", later + timedelta(days=1))
    assert list((folder.root / "installation").iterdir()) == []


def test_a_copy_of_the_folder_on_another_machine_is_another_machine(
    folder: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = folder.read_machine_id()
    assert folder.read_machine_id() == here
    monkeypatch.setattr(state_folder, "_read_platform_id", lambda: "another")
    assert folder.read_machine_id() != here


def test_erased_people_are_remembered_by_hashes(folder: StateFolder) -> None:
    assert folder.list_erased("installation") == frozenset()
    folder.note_erased("installation", ["#1"])
    folder.note_erased("installation", ["#2", "#1"])
    assert folder.list_erased("installation") == {"#1", "#2"}


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = StateFolder(tmp_path / "file")
    with pytest.raises(SurroundingsError, match="The state folder .*Set NEWSLETTER_STATE_DIR"):
        folder.read_machine_id()
    with pytest.raises(SurroundingsError, match="The state folder"):
        folder.note_attempt("installation", NOTE, NOW)


def test_a_memory_that_was_damaged_is_an_error_and_not_an_unknown_installation(folder: StateFolder) -> None:
    folder.remember(MEMORY)
    (folder.root / "installation.json").write_text("{")
    with pytest.raises(SurroundingsError, match="cannot be understood"):
        folder.read("installation")
