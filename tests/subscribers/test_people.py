"""What the desk does to a subscriber: another address, off a list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.kernel.errors import BadInput, Refused
from subscribers import people, subscriber_lookup, suppressions

Active = Callable[..., int]


def test_a_new_address_keeps_the_old_one_with_when_and_by_whom(active: Active, now: datetime) -> None:
    person_id = active("ann@example.com")
    later = now + timedelta(days=3)
    person = people.change_address(person_id, "ann@example.org", by="ed@example.com", now=later)
    assert person.address == "ann@example.org"
    assert [(f.address, f.since, f.until, f.changed_by) for f in person.former_addresses] == [
        ("ann@example.com", now, later, "ed@example.com")
    ]
    found = subscriber_lookup.find_subscriber_by_address("ANN@example.com")
    assert found is not None
    assert found.id == person_id


def test_an_address_belongs_to_one_person(active: Active, now: datetime) -> None:
    person_id = active("ann@example.com")
    active("ben@example.com")
    with pytest.raises(Refused, match="Another subscriber"):
        people.change_address(person_id, "BEN@example.com", by="test", now=now)
    with pytest.raises(BadInput):
        people.change_address(person_id, "ben@", by="test", now=now)


def test_no_new_address_lets_mail_through_to_who_asked_for_none(active: Active, now: datetime) -> None:
    person_id = active("ann@example.com")
    suppressions.suppress("ann@example.com", reason="asked", source="letter", now=now)
    with pytest.raises(Refused, match="on the suppression list"):
        people.change_address(person_id, "ann@example.org", by="test", now=now)
    assert subscriber_lookup.get_subscriber(person_id).former_addresses == ()
