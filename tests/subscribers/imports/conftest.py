"""Imports step by step, and people with everything that can be known of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from subscribers import engagement, people, self_service, suppressions
from subscribers.attributes import change_profile, create_attribute
from subscribers.imports import export, run
from subscribers.imports.run import begin_import, process_next_import
from subscribers.tokens import FOOTER, Claims
from subscribers.values import ImportReport, ImportRun, List
from tests.actors import SYSTEM
from tests.conftest import NOW

FILE = "email,first_name\nann@example.com,Ann\nben@example.com,Ben\nnobody@,\n"


@pytest.fixture
def begin(morning: List, now: datetime) -> Callable[..., ImportRun]:
    def run(text: str = FILE, name: str = "readers.csv") -> ImportRun:
        return begin_import(io.BytesIO(text.encode()), morning.id, by=SYSTEM, now=now, name=name)

    return run


def step(now: datetime) -> bool:
    return process_next_import(now, owner="worker", clock=lambda: now)


def counted(report: ImportReport) -> tuple[int, int, int, int, int]:
    return (report.new, report.updated, report.unchanged, report.kept_unsubscribed, report.refused)


def adds_up(report: ImportReport) -> bool:
    return sum(counted(report)) == report.rows and len(report.bad) == report.refused


Active = Callable[..., int]


def exported(list_id: int | None, form: str, **more: object) -> str:
    parts: list[str] = []
    asked: dict[str, Any] = {"by": SYSTEM, "now": NOW, **more}
    export.write_export(list_id, parts.append, export_format=form, **asked)
    return "".join(parts)


@pytest.fixture
def everybody(morning: List, evening: List, active: Active, now: datetime) -> int:
    """People with everything that can be known of them."""
    create_attribute("Age", kind="number", by=SYSTEM, now=now)
    ann = active("Ann@example.com", first_name="=Ann", last_name="Lee", zone="Europe/London", language="de")
    change_profile(ann, add_tags=["VIP, gold"], seen=None, by=SYSTEM, now=now)
    change_profile(ann, add_tags=["Blog"], seen=None, by=SYSTEM, now=now)
    change_profile(ann, attributes={"age": "41"}, seen=None, by=SYSTEM, now=now)
    change_profile(ann, tier="paid", seen=None, by=SYSTEM, now=now)
    people.add_subscriber("ann@example.com", evening.id, by=SYSTEM, now=now)
    people.change_address(ann, "ann.lee@bücher.example", by=SYSTEM, seen=None, now=now)
    engagement.record_engagement(morning.id, 3, opened=[ann], clicked=[], as_of=now)
    claims = Claims(FOOTER, morning.id, ann)
    self_service.set_frequency(
        claims, morning.id, frequency="weekly", paused_until=date(2027, 1, 1), network="192.0.2.1", now=now
    )
    ben = active("ben@example.com")
    self_service.unsubscribe_by_link(Claims(FOOTER, morning.id, ben), how="page", network="2001:db8::1", now=now)
    self_service.record_leaving_reason(Claims(FOOTER, morning.id, ben), "other", "moved")
    run.import_csv(
        io.BytesIO(b"email,status\ncleo@example.com,cleaned\n"), morning.id, dry_run=False, by=SYSTEM, now=now
    )
    suppressions.suppress("@spam.example", reason="asked", by=SYSTEM, now=now, expires_at=now + timedelta(days=9))
    return ann
