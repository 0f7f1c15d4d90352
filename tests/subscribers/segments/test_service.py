"""Questions about people: what may be asked, in which words, and who answers to it."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ([], "object"),
        ({"all": "x"}, "list of conditions"),
        ({"all": [], "any": []}, "alone"),
        ({"about": "shoe", "op": "is"}, "Nothing is known about “shoe”"),
        ({"about": "tier", "op": "above", "value": "paid"}, "cannot be asked about tier"),
        ({"about": "tier", "op": "is", "value": "gold"}, "no tier"),
        ({"about": "joined", "op": "before", "value": "soon"}, "no date"),
        ({"about": "opened", "op": "in_last", "value": 99, "list": "m"}, "from 1 to 62"),
        ({"about": "opened", "op": "in_last", "value": 9}, "of which list"),
        ({"about": "attribute:shoe", "op": "is", "value": "x"}, "There is age, born, city, size"),
        ({"about": "attribute:age", "op": "above", "value": "old"}, "no number"),
        ({"about": "tag", "op": "has", "value": "x" * 300}, "200"),
        ({"about": "tag", "op": "has", "value": "x", "sql": "1=1"}, "“sql” is unknown"),
        ({"all": [{"all": [{"all": [{"all": [{"all": [{"all": []}]}]}]}]}]}, "5 deep"),
        ({"all": [{"about": "tracked", "op": "is", "value": True}] * 41}, "40"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_place(definition: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        grammar.parse_definition(definition, KINDS)


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


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.none(), max_size=2)
)
_CONDITIONS = st.fixed_dictionaries(
    {
        "about": st.sampled_from([*grammar.OPS, "attribute:city", "attribute:age", "x"]),
        "op": st.sampled_from([*grammar.OPERATOR_WORDS, "x"]),
    },
    optional={"value": _VALUES, "list": st.sampled_from(["morning", ""])},
)


@given(
    st.recursive(
        _CONDITIONS,
        lambda inner: st.dictionaries(st.sampled_from([*grammar.GROUPS]), st.lists(inner, max_size=3), max_size=1),
        max_leaves=6,
    )
)
def test_whatever_is_asked_is_understood_or_refused_and_reads_back_the_same(definition: Any) -> None:
    try:
        group = grammar.parse_definition(definition, KINDS)
    except BadInput:
        return
    assert grammar.parse_definition(grammar.to_document(group), KINDS) == group
    assert grammar.describe_group(group)


def test_a_segment_may_have_as_many_conditions_as_the_limit_and_no_more() -> None:
    def of(count: int) -> Any:
        half = [{"about": "tier", "op": "is", "value": "paid"}] * (count // 2)
        return {"all": [{"any": half}, {"any": [*half, half[0]] if count % 2 else half}]}

    assert (
        len([*grammar.list_conditions(grammar.parse_definition(of(grammar.MOST_CONDITIONS), KINDS))])
        == grammar.MOST_CONDITIONS
    )
    with pytest.raises(BadInput, match="40 conditions"):
        grammar.parse_definition(of(grammar.MOST_CONDITIONS + 1), KINDS)


def test_what_is_asked_for_may_be_as_long_as_the_limit_and_no_longer() -> None:
    def named(length: int) -> Any:
        return {"about": "tag", "op": "has", "value": "x" * length}

    grammar.parse_definition(named(grammar.LONGEST_TEXT), KINDS)
    with pytest.raises(BadInput, match="200 characters"):
        grammar.parse_definition(named(grammar.LONGEST_TEXT + 1), KINDS)
