"""Conditions of a segment as SQL: who they find."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from subscribers import lists, models, subscriber_lookup
from subscribers.attributes import list_attributes
from subscribers.segments import grammar, sql
from subscribers.segments.service import count_segment


def who(definition: Any, now: datetime) -> str:
    kinds = {row.slug: row.kind for row in list_attributes()}
    group = grammar.parse_definition(definition, kinds)
    found = [subscriber_lookup.get_subscriber(each).first_name[0].lower() for each in sql.select_members(group, now)]
    assert count_segment(definition, now=now).count == len(found)
    everybody = list(models.Subscriber.objects.values_list("id", flat=True))
    assert sql.select_among(group, now, everybody) == frozenset(sql.select_members(group, now))
    return "".join(found)


@pytest.mark.parametrize(
    ("about", "op", "value", "expected"),
    [
        ("tier", "is", "paid", "ad"),
        ("tier", "is_not", "paid", "bc"),
        ("tag", "has", "VIP", "ad"),
        ("tag", "has_not", "VIP", "bc"),
        ("tag", "has", "nobody has it", ""),
        ("list", "on", "evening", "a"),
        ("list", "not_on", "evening", "bcd"),
        ("language", "is", "de", "b"),
        ("language", "is_not", "de", "acd"),
        ("language", "unknown", None, "d"),
        ("source", "contains", "PEOPLE", "abcd"),
        ("joined", "before", "2021-01-02", "a"),
        ("joined", "after", "2021-01-02", "bcd"),
        ("joined", "in_last_days", 30, ""),
        ("joined", "not_in_last_days", 30, "abcd"),
        ("tracked", "is", "yes", "abcd"),
        ("attribute:city", "is", "Leeds", "a"),
        ("attribute:city", "is_not", "Leeds", "bcd"),
        ("attribute:city", "contains", "leeds%", "d"),
        ("attribute:city", "known", None, "abd"),
        ("attribute:city", "unknown", None, "c"),
        ("attribute:age", "above", 9, "ab"),
        ("attribute:age", "below", 17.5, "bd"),
        ("attribute:age", "is", 41, "a"),
        ("opened", "in_last", 1, "c"),
        ("opened", "in_last", 5, "bc"),
        ("opened", "in_last", 62, "abc"),
        ("opened", "not_in_last", 5, "ad"),
        ("opened", "never", None, "d"),
        ("clicked", "in_last", 9, "ac"),
        ("clicked", "never", None, "bd"),
        ("confirmed", "unknown", None, "abcd"),
    ],
)
def test_each_condition_finds_who_it_means(
    about: str, op: str, value: Any, expected: str, people: None, now: datetime
) -> None:
    condition = {"about": about, "op": op} | ({"value": value} if value is not None else {})
    if about in grammar.PER_LIST_SUBJECTS:
        condition["list"] = "morning"
    assert who(condition, now) == expected
    assert who({"none": [condition]}, now) == "".join(each for each in "abcd" if each not in expected)


def test_conditions_are_joined_by_all_any_and_none_and_nested(people: None, now: datetime) -> None:
    paid, blog = {"about": "tier", "op": "is", "value": "paid"}, {"about": "tag", "op": "has", "value": "Blog"}
    assert who({"all": [paid, blog]}, now) == "a"
    assert who({"any": [paid, blog]}, now) == "abd"
    assert who({"all": [paid, {"none": [blog]}]}, now) == "d"
    assert who({"all": []}, now) == "abcd"
    assert count_segment({"all": [paid]}, now=now, list_id=_list("evening")).count == 1
    assert grammar.describe_group(grammar.parse_definition({"all": [paid, {"any": [blog, paid]}]}, {})) == (
        "tier is paid and (tag is on them: Blog or tier is paid)"
    )


def _list(slug: str) -> int:
    return lists.get_list_by_slug(slug).id
