"""The files of imports, and who stands in them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

import pytest

from subscribers import models, subscriber_lookup
from subscribers.consent import erasure
from subscribers.imports import import_lookup, run
from subscribers.values import ImportReport, List
from tests.actors import SYSTEM
from tests.subscribers.imports.test_tables import pack
from tests.subscribers.imports.test_workbook import make_workbook

Active = Callable[..., int]


def test_an_import_of_somebody_else_keeps_its_file(
    active: Active, take_in: Callable[..., ImportReport], now: datetime
) -> None:
    report = take_in("email\nben@example.com\n")
    erasure.erase_subscriber(active("ann@example.com"), by=SYSTEM, now=now)
    assert import_lookup.get_import(report.id).file_kept


def test_erasing_takes_a_whole_file_of_bytes(active: Active, morning: List, now: datetime) -> None:
    padding = "x" * 2**20
    data = f"email,note\nben@example.com,{padding[:5000]}\nann@example.com,\n"
    report = run.import_csv(io.BytesIO(data.encode()), morning.id, dry_run=False, by=SYSTEM, now=now)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    erasure.erase_subscriber(person.id, by=SYSTEM, now=now)
    assert not import_lookup.get_import(report.id).file_kept


@pytest.mark.parametrize("kind", ["utf-16", "utf-16-le", "zip", "xlsx"])
def test_erasing_takes_a_file_whatever_it_is_packed_in(kind: str, active: Active, morning: List, now: datetime) -> None:
    text = "email,note,status\nben@example.com,hello,active\nann@nowhere,,active\nAnn@example.com,again,active\n"
    if kind == "zip":
        data = pack({"a.csv": "email\nben@example.com\n", "b.csv": text})
    elif kind == "xlsx":
        data = make_workbook(Readers=[line.split(",") for line in text.splitlines()])
    else:
        data = text.encode(kind)
    report = run.import_csv(io.BytesIO(data), morning.id, dry_run=False, by=SYSTEM, now=now)
    other = run.import_csv(
        io.BytesIO(pack({"a.csv": "email\ncleo@example.com\n"})), morning.id, dry_run=False, by=SYSTEM, now=now
    )
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    erasure.erase_subscriber(person.id, by=SYSTEM, now=now)
    assert not import_lookup.get_import(report.id).file_kept
    assert import_lookup.get_import(other.id).file_kept


def test_erasing_takes_the_address_with_which_an_import_ended(
    take_in: Callable[..., ImportReport], now: datetime
) -> None:
    report = take_in("email\nann@example.com\nzoe@example.com\n")
    assert models.ImportRun.objects.get(id=report.id).merged_to == "zoe@example.com"
    person = subscriber_lookup.find_subscriber_by_address("zoe@example.com")
    assert person is not None
    erasure.erase_subscriber(person.id, by=SYSTEM, now=now)
    assert models.ImportRun.objects.get(id=report.id).merged_to == ""
