"""Segments by name, and who is in them."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.kernel.errors import BadInput, NotFound, Refused
from subscribers import engagement, lists, models, subscriber_lookup
from subscribers.attributes import create_attribute, list_attributes
from subscribers.imports import run
from subscribers.people import add_subscriber
from subscribers.segments import grammar, sql
from subscribers.segments.service import (
    change_segment,
    count_segment,
    create_segment,
    drop_segment,
    filter_members,
    get_segment,
    list_segment_members,
)
from subscribers.values import List

KINDS = {"city": "text", "age": "number", "born": "date", "size": "choice"}
FILE = """email,first_name,tier,tags,city,age,language,created_at
ann@example.com,Ann,paid,VIP;Blog,Leeds,41,en,2020-01-02
ben@example.com,Ben,free,Blog,Ulm,17,de-AT,2021-01-02
cleo@example.com,Cleo,comp,,,,fr,2022-01-02
dan@example.com,Dan,paid,VIP,Leeds%,9,,2023-01-02
"""


@pytest.fixture
def people(morning: List, evening: List, now: datetime) -> None:
    create_attribute("Age", kind="number", now=now)
    run.import_csv(io.BytesIO(FILE.encode()), morning.id, dry_run=False, by="test", now=now, name="people.csv")
    ids = {name: _id(name) for name in ("ann", "ben", "cleo")}
    for ordinal, opened, clicked in ((1, ("ann", "ben"), ("ann",)), (5, ("ben",), ()), (9, ("cleo",), ("cleo",))):
        engagement.record_engagement(
            morning.id, ordinal, opened=[ids[n] for n in opened], clicked=[ids[n] for n in clicked], as_of=now
        )
    add_subscriber("ann@example.com", evening.id, by="test", now=now, confirmed=True)


def _id(name: str) -> int:
    person = subscriber_lookup.find_subscriber_by_address(f"{name}@example.com")
    assert person is not None
    return person.id


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


def test_a_count_says_as_of_when_opening_is_known(people: None, now: datetime) -> None:
    asked = {"about": "opened", "op": "never", "list": "morning"}
    assert count_segment(asked, now=now).as_of == now
    assert count_segment({"about": "tier", "op": "is", "value": "paid"}, now=now).as_of is None


def test_a_segment_has_a_name_and_is_used_again(people: None, now: datetime) -> None:
    paid = {"about": "tier", "op": "is", "value": "paid"}
    made = create_segment("payers", "Who pays", paid, by="ed", now=now)
    assert (made.words, made.definition) == ("tier is paid", {"all": [paid]})
    assert len(list(list_segment_members("payers", now=now))) == 2
    assert filter_members("payers", [_id("ann"), _id("ben")], now=now) == {_id("ann")}
    change_segment("payers", name="Guests", definition=paid | {"value": "comp"}, by="ed", now=now + timedelta(1))
    assert list(list_segment_members("payers", now=now)) == [_id("cleo")]
    with pytest.raises(Refused, match="payers already"):
        create_segment("payers", "x", paid, by="ed", now=now)
    with pytest.raises(BadInput, match="no list “gone”"):
        create_segment("x", "x", {"about": "list", "op": "on", "value": "gone"}, by="ed", now=now)
    drop_segment("payers")
    with pytest.raises(NotFound, match="segments create"):
        get_segment("payers")
