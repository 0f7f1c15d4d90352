"""Finding people by any address they ever had, or by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

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


def test_all_of_a_list_are_paged_through_and_none_is_sorted_for_it(
    active: Active, morning: List, evening: List, now: datetime
) -> None:
    ids = [active(f"reader{n}@example.com") for n in range(7)]
    people.add_subscriber("evening@example.com", evening.id, reason="asked", by=SYSTEM, now=now)
    seen: list[int] = []
    with CaptureQueriesContext(connection) as asked:
        while page := subscriber_lookup.find_subscribers(
            "", by=SYSTEM, list_id=morning.id, limit=3, after=seen[-1] if seen else 0
        ):
            seen += [each.id for each in page]
    assert seen == ids
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for query in asked:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                assert "TEMP B-TREE" not in str(cursor.fetchall()), query["sql"]


def test_a_person_who_does_not_exist_is_not_found(morning: List, now: datetime) -> None:
    with pytest.raises(NotFound):
        subscriber_lookup.get_subscriber(99)
    with pytest.raises(NotFound):
        people.unsubscribe(99, morning.id, by=SYSTEM, now=now)
    assert subscriber_lookup.find_subscriber_by_address("nobody@example.com") is None
