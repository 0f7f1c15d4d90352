"""The files of imports, and who stands in them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

from subscribers import subscriber_lookup
from subscribers.consent import erasure
from subscribers.imports import run
from subscribers.values import ImportReport, List
from tests.actors import SYSTEM

Active = Callable[..., int]


def test_an_import_of_somebody_else_keeps_its_file(
    active: Active, take_in: Callable[..., ImportReport], now: datetime
) -> None:
    report = take_in("email\nben@example.com\n")
    erasure.erase_subscriber(active("ann@example.com"), by=SYSTEM, now=now)
    assert run.get_import(report.id).file_kept


def test_erasing_takes_a_whole_file_of_bytes(active: Active, morning: List, now: datetime) -> None:
    padding = "x" * 2**20
    data = f"email,note\nben@example.com,{padding[:5000]}\nann@example.com,\n"
    report = run.import_csv(io.BytesIO(data.encode()), morning.id, dry_run=False, by=SYSTEM, now=now)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    erasure.erase_subscriber(person.id, by=SYSTEM, now=now)
    assert not run.get_import(report.id).file_kept
