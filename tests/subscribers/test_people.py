"""What the desk does to a subscriber: another address, off a list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.kernel.errors import BadInput, Refused
from subscribers import people, subscriber_lookup, suppressions
from subscribers.values import List
from tests.actors import SYSTEM
from tests.conftest import reported
from tests.subscribers.signing_up import owed

Active = Callable[..., int]
Look = Callable[..., str | None]


def test_a_new_address_keeps_the_old_one_with_when_and_by_whom(active: Active, now: datetime) -> None:
    person_id = active("ann@example.com")
    later = now + timedelta(days=3)
    person = people.change_address(person_id, "ann@example.org", by=SYSTEM, seen=None, now=later)
    assert person.address == "ann@example.org"
    assert [(f.address, f.since, f.until, f.changed_by) for f in person.former_addresses] == [
        ("ann@example.com", now, later, SYSTEM.name)
    ]
    found = subscriber_lookup.find_subscriber_by_address("ANN@example.com")
    assert found is not None
    assert found.id == person_id


def test_an_address_belongs_to_one_person(active: Active, now: datetime) -> None:
    person_id = active("ann@example.com")
    active("ben@example.com")
    with pytest.raises(Refused, match="Another subscriber"):
        people.change_address(person_id, "BEN@example.com", by=SYSTEM, seen=None, now=now)
    with pytest.raises(BadInput):
        people.change_address(person_id, "ben@", by=SYSTEM, seen=None, now=now)


def test_no_new_address_lets_mail_through_to_who_asked_for_none(active: Active, now: datetime) -> None:
    person_id = active("ann@example.com")
    suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=now)
    with pytest.raises(Refused, match="on the suppression list"):
        people.change_address(person_id, "ann@example.org", by=SYSTEM, seen=None, now=now)
    assert subscriber_lookup.get_subscriber(person_id).former_addresses == ()


def test_the_newsroom_adds_a_subscriber_who_confirms_first(morning: List, now: datetime) -> None:
    person = people.add_subscriber(
        "ann@example.com", morning.id, by=SYSTEM, now=now, first_name="Ann", zone="Europe/Kiev"
    )
    assert person.subscriptions[0].state == "pending"
    assert [mail.kind for mail in owed(now)] == ["confirm"]


@pytest.mark.parametrize("how", ["leave", "hard", "complained"])
def test_the_newsroom_cannot_put_back_who_is_out(
    how: str, active: Callable[..., int], morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    if how == "leave":
        people.unsubscribe(person_id, morning.id, by=SYSTEM, now=now)
    else:
        reported(person_id, morning.id, how, reason="said the provider", now=now)
    before = state("ann@example.com")
    with pytest.raises(Refused):
        people.add_subscriber("ann@example.com", morning.id, by=SYSTEM, now=now, reason="asked in person")
    assert state("ann@example.com") == before


def test_an_old_address_brings_nobody_back_who_left(active: Callable[..., int], morning: List, now: datetime) -> None:
    person_id = active("ann@example.com")
    people.unsubscribe(person_id, morning.id, by=SYSTEM, now=now)
    people.change_address(person_id, "ann@example.org", by=SYSTEM, seen=None, now=now)
    with pytest.raises(Refused, match=r"ann@example\.org"):
        people.add_subscriber("ann@example.com", morning.id, by=SYSTEM, now=now, reason="asked in person")


@pytest.mark.parametrize(
    ("field", "value"),
    [("zone", "Europe/Londn"), ("first_name", "A" * 101), ("last_name", "A" * 101), ("language", "en-" + "x" * 20)],
)
def test_a_value_that_cannot_be_right_is_refused_before_anything_is_kept(
    field: str, value: str, morning: List, now: datetime
) -> None:
    given: dict[str, Any] = {field: value}
    with pytest.raises(BadInput) as refused:
        people.add_subscriber("ann@example.com", morning.id, by=SYSTEM, now=now, **given)
    assert refused.value.field == field
    assert subscriber_lookup.find_subscriber_by_address("ann@example.com") is None
