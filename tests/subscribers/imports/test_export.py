"""Handing readers out, and taking our own form back exactly."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.kernel.errors import BadInput
from subscribers import lists, people
from subscribers.imports import run
from subscribers.segments.service import create_segment
from subscribers.values import List
from tests.actors import SYSTEM
from tests.subscribers.imports.conftest import exported

Active = Callable[..., int]


def test_mailchimp_and_listmonk_get_what_they_import_without_formulas(
    everybody: int, morning: List, now: datetime
) -> None:
    (row,) = csv.DictReader(io.StringIO(exported(morning.id, "mailchimp")))
    assert (row["Email Address"], row["First Name"], row["Tags"], row["Age"]) == (
        "ann.lee@bücher.example",
        "'=Ann",
        'Blog,"VIP, gold"',
        "41",
    )
    (row,) = csv.DictReader(io.StringIO(exported(morning.id, "listmonk")))
    assert (row["email"], row["name"]) == ("ann.lee@bücher.example", "'=Ann Lee")
    assert json.loads(row["attributes"])["tags"] == ["Blog", "VIP, gold"]
    (row,) = csv.DictReader(io.StringIO(exported(morning.id, "mailchimp", state="unsubscribed")))
    assert row["Email Address"] == "ben@example.com"


def test_what_we_export_for_them_we_can_read_ourselves(
    everybody: int, morning: List, evening: List, now: datetime
) -> None:
    for form in ("csv", "mailchimp", "listmonk"):
        report = run.import_csv(
            io.BytesIO(exported(morning.id, form).encode()),
            evening.id,
            dry_run=True,
            by=SYSTEM,
            now=now,
            name=f"{form}.csv",
        )
        assert report.refused == 0, form
        assert report.new + report.unchanged + report.updated >= 1, form


def test_an_export_can_be_narrowed_to_a_segment(everybody: int, morning: List, now: datetime) -> None:
    create_segment("vip", "VIP", {"about": "tag", "op": "has", "value": "Blog"}, by=SYSTEM, now=now)
    assert len(list(csv.reader(io.StringIO(exported(morning.id, "csv", segment="vip", now=now))))) == 2
    with pytest.raises(BadInput, match="not an export format"):
        exported(morning.id, "xls")
    with pytest.raises(BadInput, match="not a state"):
        exported(morning.id, "csv", state="gone")
    with pytest.raises(BadInput, match="name a list"):
        exported(None, "csv")


def test_an_export_for_spreadsheets_is_defused_and_can_be_imported_again(
    active: Active, morning: List, evening: List, now: datetime
) -> None:
    person_id = active("+ann@example.com", first_name="=HYPERLINK(1)", last_name="O'Hara")
    people.change_address(person_id, "+anna@example.com", by=SYSTEM, seen=None, now=now)
    people.unsubscribe(active("ben@example.com"), morning.id, by=SYSTEM, now=now)
    text = exported(morning.id, "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(r["email"], r["first_name"], r["status"], r["former_addresses"]) for r in rows] == [
        ("'+anna@example.com", "'=HYPERLINK(1)", "active", "'+ann@example.com"),
        ("ben@example.com", "", "unsubscribed", ""),
    ]
    report = run.import_csv(io.BytesIO(text.encode()), evening.id, dry_run=False, by=SYSTEM, now=now)
    assert (report.new, report.refused) == (2, 0)
    assert lists.count_subscribers_by_state(evening.id) == {"active": 1, "unsubscribed": 1}
