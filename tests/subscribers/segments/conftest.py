"""Four people, and what is known of them."""

from __future__ import annotations

import io
from datetime import datetime

import pytest

from subscribers import engagement, subscriber_lookup
from subscribers.attributes import create_attribute
from subscribers.imports import run
from subscribers.people import add_subscriber
from subscribers.values import List
from tests import prepared
from tests.actors import SYSTEM

FILE = """email,first_name,tier,tags,city,age,language,created_at
ann@example.com,Ann,paid,VIP;Blog,Leeds,41,en,2020-01-02
ben@example.com,Ben,free,Blog,Ulm,17,de-AT,2021-01-02
cleo@example.com,Cleo,comp,,,,fr,2022-01-02
dan@example.com,Dan,paid,VIP,Leeds%,9,,2023-01-02
"""


@pytest.fixture
def people(morning: List, evening: List, now: datetime) -> None:
    prepared.prepare(_add_people, morning.id, evening.id, now)


def _add_people(morning_id: int, evening_id: int, now: datetime) -> None:
    create_attribute("Age", kind="number", by=SYSTEM, now=now)
    run.import_csv(io.BytesIO(FILE.encode()), morning_id, dry_run=False, by=SYSTEM, now=now, name="people.csv")
    ids = {name: find_id(name) for name in ("ann", "ben", "cleo")}
    for ordinal, opened, clicked in ((1, ("ann", "ben"), ("ann",)), (5, ("ben",), ()), (9, ("cleo",), ("cleo",))):
        engagement.record_engagement(
            morning_id, ordinal, opened=[ids[n] for n in opened], clicked=[ids[n] for n in clicked], as_of=now
        )
    add_subscriber("ann@example.com", evening_id, by=SYSTEM, now=now, reason="asked in person")


def find_id(name: str) -> int:
    person = subscriber_lookup.find_subscriber_by_address(f"{name}@example.com")
    assert person is not None
    return person.id
