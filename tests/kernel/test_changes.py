"""Saving what somebody edited without overwriting what they did not see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel.changes import find_differences, select_changes
from newsletter.kernel.errors import BadInput, Conflict

SEEN = {"subject": "Rain", "intro": "Hello"}


def test_only_what_the_person_changed_is_saved() -> None:
    given_values = {"subject": "Snow", "intro": "Hello"}
    assert select_changes(SEEN, given_values, SEEN) == {"subject": "Snow"}


def test_a_field_that_the_person_left_alone_keeps_what_a_colleague_wrote() -> None:
    present = {"subject": "Rain", "intro": "Good morning"}
    assert select_changes(present, {"subject": "Snow", "intro": "Hello"}, SEEN) == {"subject": "Snow"}


def test_a_field_that_both_changed_is_refused_with_all_three_texts() -> None:
    present = {"subject": "Hail", "intro": "Hello"}
    with pytest.raises(Conflict) as refused:
        select_changes(present, {"subject": "Snow", "intro": "Hello"}, SEEN, labels={"subject": "Subject"})
    (difference,) = refused.value.differences
    assert (difference.seen, difference.present, difference.yours) == ("Rain", "Hail", "Snow")
    assert "Subject" in str(refused.value)


def test_both_writing_the_same_is_no_conflict() -> None:
    assert select_changes({"subject": "Snow"}, {"subject": "Snow"}, {"subject": "Rain"}) == {}


def test_line_ends_and_blanks_around_a_text_are_not_changes() -> None:
    assert select_changes({"intro": "a\nb"}, {"intro": "a\r\nb \n"}, {"intro": "a\r\nb"}) == {}


def test_without_what_was_seen_everything_that_differs_is_saved() -> None:
    assert select_changes(SEEN, {"subject": "Snow", "intro": "Hello"}, None) == {"subject": "Snow"}


def test_a_changed_field_whose_former_value_is_not_given_is_refused() -> None:
    with pytest.raises(BadInput, match="subject"):
        select_changes(SEEN, {"subject": "Snow"}, {})


_values = st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.integers(0, 2)})


@given(_values, _values, _values)
def test_what_a_colleague_wrote_is_never_overwritten(
    seen: dict[str, int], present: dict[str, int], mine: dict[str, int]
) -> None:
    theirs = {name for name in seen if present[name] != seen[name]}
    try:
        saved = select_changes(present, mine, seen)
    except Conflict as refused:
        assert {each.name for each in refused.differences} == {
            name for name in theirs if mine[name] not in (seen[name], present[name])
        }
    else:
        assert not theirs & saved.keys()
        assert saved == {n: mine[n] for n in mine if mine[n] != seen[n] and n not in theirs}


def test_what_is_not_as_it_was_seen_is_named_with_both_values() -> None:
    present: dict[str, object] = {"subject": "Hail", "intro": "Hello \n", "plain": False}
    (difference,) = find_differences(present, {"subject": "Rain", "intro": "Hello", "plain": False})
    assert (difference.name, difference.seen, difference.present) == ("subject", "Rain", "Hail")
