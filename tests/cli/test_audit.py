"""The audit log on the command line."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from newsletter.cli.audit import app
from newsletter.kernel.actors import ActionRecord
from newsletter.kernel.errors import BadInput
from subscribers import people
from tests.actors import SYSTEM
from tests.conftest import Newsroom

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _entries(now: datetime) -> None:
    SYSTEM.record(ActionRecord("approved", "edition 1", now))
    SYSTEM.record(
        ActionRecord(
            "changed address", "reader 7", now, subscriber_id=7, personal_after={"address": "=new@example.com"}
        )
    )


def _run(*words: str) -> str:
    return CliRunner().invoke(app, words, catch_exceptions=False).stdout


def test_the_latest_entries_are_listed_first() -> None:
    found = json.loads(_run("list", "--json"))
    assert [each["target"] for each in found] == ["reader 7", "edition 1"]


def test_a_filter_chooses() -> None:
    assert [each["action"] for each in json.loads(_run("list", "--target", "edition", "--json"))] == ["approved"]
    assert json.loads(_run("list", "--since", "2026-11-24T07:00", "--json")) == []


def test_what_was_done_to_the_list_of_a_newsletter_is_of_the_newsletter(newsroom: Newsroom, now: datetime) -> None:
    people.add_subscriber("ann@example.com", newsroom.list.id, by=SYSTEM, now=now)
    found = json.loads(_run("list", "--newsletter", "morning", "--action", "reader", "--json"))
    assert [(each["action"], each["list_ids"]) for each in found] == [("added reader", [newsroom.list.id])]
    assert json.loads(_run("list", "--newsletter", "evening", "--action", "reader", "--json")) == []
    (row,) = csv.DictReader(
        io.StringIO(_run("export", "--newsletter", "morning", "--action", "reader", "--format", "csv"))
    )
    assert json.loads(row["list_ids"]) == [newsroom.list.id]


def test_the_table_names_personal_fields_but_not_their_values() -> None:
    shown = _run("list")
    assert "new@example.com" not in shown
    assert "personal" in shown


def test_an_export_holds_every_entry_oldest_first(tmp_path: Path) -> None:
    out = tmp_path / "audit.jsonl"
    _run("export", "--out", str(out))
    assert [json.loads(line)["target"] for line in out.read_text().splitlines()] == ["edition 1", "reader 7"]


def test_an_export_as_csv_has_a_header_and_is_read_as_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(_run("export", "--format", "csv"))))
    assert json.loads(rows[1]["personal_after"]) == {"address": "=new@example.com"}


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(BadInput, match="jsonl and csv"):
        _run("export", "--format", "xml")
