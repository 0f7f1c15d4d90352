"""Lists and short ways to look at one reader."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from subscribers import lists, people, subscriber_lookup
from subscribers.imports.run import import_csv
from subscribers.imports.staging import ImportOptions
from subscribers.values import ImportReport, List
from tests.actors import SYSTEM


@pytest.fixture
def morning(db: None, now: datetime) -> List:
    return lists.create_list("morning", "Morning Briefing", description="Ten stories.", by=SYSTEM, now=now)


@pytest.fixture
def evening(db: None, now: datetime) -> List:
    return lists.create_list("evening", "Evening Letter", by=SYSTEM, now=now)


@pytest.fixture
def active(morning: List, now: datetime) -> Callable[..., int]:
    """Puts a confirmed reader on the morning list and gives the id."""

    def add(address: str, **more: str) -> int:
        return people.add_subscriber(address, morning.id, by=SYSTEM, now=now, reason="asked in person", **more).id

    return add


@pytest.fixture
def take_in(morning: List, now: datetime) -> Callable[..., ImportReport]:
    """Imports text as a CSV file into the morning list."""

    def run(text: str | bytes, *, dry_run: bool = False, name: str = "readers.csv", **options: Any) -> ImportReport:
        data = io.BytesIO(text if isinstance(text, bytes) else text.encode())
        meant = ImportOptions(**options)
        return import_csv(data, morning.id, dry_run=dry_run, by=SYSTEM, now=now, name=name, options=meant)

    return run


@pytest.fixture
def state(morning: List) -> Callable[..., str | None]:
    """The state of an address on the morning list; None when it is not on it."""

    def look(address: str, target: List = morning) -> str | None:
        person = subscriber_lookup.find_subscriber_by_address(address)
        return next((s.state for s in person.subscriptions if s.list_id == target.id), None) if person else None

    return look
