"""The grammar of segments: what may be asked, what is refused, and that a definition reads back the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel.errors import BadInput
from subscribers.segments import grammar

KINDS = {"city": "text", "age": "number", "born": "date", "size": "choice"}


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ([], "object"),
        ({"all": "x"}, "list of conditions"),
        ({"all": [], "any": []}, "alone"),
        ({"about": "shoe", "op": "is"}, "Nothing is known about “shoe”"),
        ({"about": "tier", "op": "above", "value": "paid"}, "cannot be asked about tier"),
        ({"about": "tier", "op": "is", "value": "gold; --"}, "not a tier"),
        ({"about": "joined", "op": "before", "value": "soon"}, "not a date"),
        ({"about": "opened", "op": "in_last", "value": 99, "list": "m"}, "from 1 to 62"),
        ({"about": "opened", "op": "in_last", "value": 9}, "of which list"),
        ({"about": "attribute:shoe", "op": "is", "value": "x"}, "There is age, born, city, size"),
        ({"about": "attribute:age", "op": "above", "value": "old"}, "not a number"),
        ({"about": "tag", "op": "has", "value": "x" * 300}, "200"),
        ({"about": "tag", "op": "has", "value": "x", "sql": "1=1"}, "“sql” is unknown"),
        ({"all": [{"all": [{"all": [{"all": [{"all": [{"all": []}]}]}]}]}]}, "5 deep"),
        ({"all": [{"about": "tracked", "op": "is", "value": True}] * 41}, "40"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_place(definition: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        grammar.parse_definition(definition, KINDS)


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
