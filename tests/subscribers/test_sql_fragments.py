"""Pieces of SQL put together by hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from subscribers import sql_fragments
from subscribers.sql_fragments import SqlFragment, build_like, escape_like, select_in_ranges


def holds(text: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {text}", values)
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("wanted", "found", "missed"),
    [
        ("100%", "is 100% wool", "is 100 wool"),
        ("a_b", "a_b", "axb"),
        ("hm!", "hm!", "hm"),
        ("back\\slash", "a back\\slash", "a backslash"),
    ],
)
def test_what_is_searched_for_means_itself(wanted: str, found: str, missed: str, db: None) -> None:
    pattern = f"%{escape_like(wanted)}%"
    assert holds(f"%s {build_like(wanted)}", found, pattern)
    assert not holds(f"%s {build_like(wanted)}", missed, pattern)


def test_case_does_not_count_in_a_search(db: None) -> None:
    assert holds(f"%s {build_like('echo')}", "The ECHO", "%echo%")


def test_of_what_is_not_known_the_contrary_holds(db: None) -> None:
    unknown = SqlFragment("CAST(NULL AS integer) > %s", (40,))
    assert not holds(unknown.text, *unknown.values)
    assert holds(unknown.negate().text, *unknown.values)
    assert not holds(unknown.negate().negate().text, *unknown.values)


def test_rows_are_selected_by_a_fragment_and_its_values(active: Callable[..., int]) -> None:
    ids = [active(f"{name}@example.com") for name in ("ann", "ben", "cleo")]
    asked = SqlFragment("p.address <> %s", ("ben@example.com",))
    found = select_in_ranges("SELECT p.id FROM subscribers_subscriber p", asked, "ORDER BY p.id")
    assert [row[0] for row in found] == [ids[0], ids[2]]


@pytest.mark.django_db(transaction=True)
def test_a_large_sqlite_is_read_in_ranges_by_connections_of_their_own(
    active: Callable[..., int], monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(sql_fragments, "PARALLEL_FROM", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    ids = [active(f"reader{n}@example.com") for n in range(7)]
    within = "SELECT u.subscriber_id FROM subscribers_subscription u WHERE u.state = %s/*u.subscriber_id*/"
    asked = SqlFragment(f"p.id IN ({within})", ("active",))
    with django_assert_num_queries(1):  # for the highest id
        found = select_in_ranges("SELECT p.id FROM subscribers_subscriber p", asked)
    assert sorted(row[0] for row in found) == ids
