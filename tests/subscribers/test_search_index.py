"""The index of subscribers: filled behind imports, right whatever changes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from subscribers import models, people, search_index, subscriber_lookup
from subscribers.consent import erasure
from tests.actors import SYSTEM

Active = Callable[..., int]
pytestmark = pytest.mark.django_db


def find(text: str) -> list[int]:
    return [each.id for each in subscriber_lookup.find_subscribers(text, by=SYSTEM)]


def list_candidates(text: str) -> list[int]:
    """Who has all groups of letters of a text, by the index alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rowid FROM subscribers_search WHERE subscribers_search MATCH %s ORDER BY rowid",
            [search_index.build_match(text)],
        )
        return [row[0] for row in cursor.fetchall()]


def test_the_index_is_filled_a_part_at_a_time_and_searches_find_the_same_at_each_step(active: Active) -> None:
    made = [active(f"ann{n}@example.com", first_name="Änne", last_name="Brook") for n in range(5)]
    for moved in (2, 2, 1, None):
        for text in ("brook", "änne", "ÄNNE", "nn3", "e b", "ann", "@EXAMPLE.com"):
            assert find(text) == ([made[3]] if text == "nn3" else made), text
        assert search_index.index_next(2) == moved
    assert list_candidates("brook") == made


def test_what_changes_in_the_index_is_found_as_it_is_now(active: Active, now: datetime) -> None:
    ann, ben = active("ann@example.com", last_name="Brook"), active("ben@example.com")
    search_index.index_next()
    people.change_address(ann, "ann@example.org", seen=None, by=SYSTEM, now=now)
    models.Subscriber.objects.filter(id=ben).update(last_name="Ashbrook")
    assert list_candidates("example.com") == [ben]
    assert list_candidates("brook") == [ann, ben] == find("brook")
    erasure.erase_subscriber(ann, by=SYSTEM, now=now)
    assert list_candidates("brook") == [ben] == find("brook")
    late = active("cleo.brook@example.com")
    assert list_candidates("brook") == [ben], "nobody waits for the index"
    assert find("brook") == [ben, late]


def test_people_with_an_id_below_the_mark_are_entered_at_once(active: Active) -> None:
    ann = active("ann@example.com")
    search_index.index_next()
    row = models.Subscriber.objects.get(id=ann)
    models.Subscriber.objects.filter(id=ann).delete()
    row.save(force_insert=True)
    assert list_candidates("example") == [ann]


@pytest.mark.parametrize(
    "text", ['"""', 'a"b', "'''", "%%%", "***", "AND OR NOT", "((((", "x" * 200, "\N{GRINNING FACE}" * 3]
)
def test_any_text_is_searched_for_as_it_is(active: Active, text: str) -> None:
    active("ann@example.com", first_name="Ann")
    search_index.index_next()
    assert find(text) == []


def test_pages_go_on_behind_a_person_in_the_index_and_beyond_it(active: Active) -> None:
    made = [active(f"reader{n}@example.com") for n in range(7)]
    search_index.index_next(4)
    found: list[int] = []
    while page := subscriber_lookup.find_subscribers("reader", by=SYSTEM, limit=2, after=found[-1] if found else 0):
        found += [each.id for each in page]
    assert found == made


def test_an_index_whose_triggers_were_lost_is_made_anew(active: Active, django_assert_max_num_queries: Any) -> None:
    ann = active("ann@example.com")
    search_index.index_next()
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER subscribers_search_changed")
    search_index.create_search_index()
    assert search_index.find_mark() == 0
    assert find("ann@") == [ann]
    search_index.index_next()
    assert list_candidates("ann@") == [ann]
    with django_assert_max_num_queries(4):
        search_index.create_search_index()
    assert search_index.find_mark() == ann, "what is whole stays"
