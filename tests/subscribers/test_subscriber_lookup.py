"""Finding people by any address they ever had, or by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.kernel.errors import NotFound
from subscribers import people, subscriber_lookup
from subscribers.values import List
from tests.actors import SYSTEM

Active = Callable[..., int]


def test_people_are_found_by_part_of_a_name_an_address_or_an_old_address(
    active: Active, morning: List, evening: List, now: datetime
) -> None:
    ann = active("ann.lee@example.com", first_name="Ann", last_name="Lee")
    ben = active("ben@example.com", first_name="Ben")
    people.change_address(ben, "benjamin@example.org", by=SYSTEM, seen=None, now=now)
    assert [f.id for f in subscriber_lookup.find_subscribers("LEE", by=SYSTEM)] == [ann]
    assert [(f.id, f.matched) for f in subscriber_lookup.find_subscribers("ben@example.com", by=SYSTEM)] == [
        (ben, "ben@example.com")
    ]
    assert [f.id for f in subscriber_lookup.find_subscribers("", list_id=evening.id, by=SYSTEM)] == []
    assert [f.id for f in subscriber_lookup.find_subscribers("example", list_id=morning.id, after=ann, by=SYSTEM)] == [
        ben
    ]
    assert subscriber_lookup.find_subscribers("%", by=SYSTEM) == ()
    assert subscriber_lookup.find_subscribers("nobody", by=SYSTEM) == ()


def test_a_person_who_does_not_exist_is_not_found(morning: List, now: datetime) -> None:
    with pytest.raises(NotFound):
        subscriber_lookup.get_subscriber(99)
    with pytest.raises(NotFound):
        people.unsubscribe(99, morning.id, by=SYSTEM, now=now)
    assert subscriber_lookup.find_subscriber_by_address("nobody@example.com") is None
