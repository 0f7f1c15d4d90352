"""Finding people by any address they ever had, or by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.kernel.errors import NotFound
from subscribers import people, search_index, subscriber_lookup
from subscribers.states import SubscriptionState
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


def test_people_are_found_by_state_and_over_all_lists(
    active: Active, morning: List, evening: List, now: datetime
) -> None:
    ann, ben = active("ann@example.com"), active("ben@example.com")
    cleo = people.add_subscriber("cleo@example.com", evening.id, by=SYSTEM, now=now).id
    people.unsubscribe(ben, morning.id, by=SYSTEM, now=now)

    def find(**wanted: Any) -> list[int]:
        return [each.id for each in subscriber_lookup.find_subscribers(by=SYSTEM, **wanted)]

    for text in ("", "example.com"):
        assert find(query=text) == [ann, ben, cleo]
        assert find(query=text, state=SubscriptionState.ACTIVE) == [ann]
        assert find(query=text, state=SubscriptionState.PENDING) == [cleo]
        assert find(query=text, state=SubscriptionState.UNSUBSCRIBED, list_id=morning.id) == [ben]
        assert find(query=text, state=SubscriptionState.UNSUBSCRIBED, list_id=evening.id) == []
    (found,) = subscriber_lookup.find_subscribers("ben", by=SYSTEM)
    assert [(each.list_id, each.state) for each in found.subscriptions] == [(morning.id, "unsubscribed")]


def test_every_former_address_is_reached_page_by_page(active: Active, now: datetime) -> None:
    made = [active(f"old{n}@example.org") for n in range(7)]
    for person in made:
        people.change_address(person, f"new{person}@example.com", seen=None, by=SYSTEM, now=now)
    found: list[int] = []
    while page := subscriber_lookup.find_subscribers(
        "example.org", by=SYSTEM, limit=2, after=found[-1] if found else 0
    ):
        found += [each.id for each in page]
    assert found == made


def test_people_are_found_by_their_words_in_any_order_and_without_accents(
    active: Active, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {
        "ana@example.com": ("Ana", "García"),
        "ola@example.com": ("Ola", "Łęcki"),
        "per@example.com": ("Per", "Ångström"),
        "zoe@example.com": ("Zoë", "Jones"),
        "pat@example.com": ("Pat", "O’Brien"),
        "sam@example.com": ("Sam", "Garcia"),
    }
    for address, (first, last) in names.items():
        active(address, first_name=first, last_name=last)

    def find(text: str) -> list[str]:
        return [each.address for each in subscriber_lookup.find_subscribers(text, by=SYSTEM)]

    for moved in (False, True):
        if moved:
            search_index.index_next()
        assert find("garcia") == ["ana@example.com", "sam@example.com"]
        assert find("lecki") == ["ola@example.com"]
        assert find("angstrom") == ["per@example.com"]
        assert find("zoe jones") == find("jones zoë") == find("JONES zo") == ["zoe@example.com"]
        assert find("O'Brien") == find("brien pat") == ["pat@example.com"]
        assert find("garcia example.com an") == ["ana@example.com"]
        assert find("jones garcia") == []
    monkeypatch.setattr(subscriber_lookup, "FOLDED_UP_TO", 0)
    assert find("garcia") == ["sam@example.com"], "of many people, names with accents are found as they are written"
    assert find("jones zoë") == ["zoe@example.com"]
    assert find("O'Brien") == ["pat@example.com"]
