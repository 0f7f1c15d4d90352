from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import policy

STATES = st.sampled_from([None, *policy.STATES])
ACTS = st.sampled_from(sorted(policy.ACTS))
OTHERS = st.sampled_from(sorted(set(policy.ACTS) - policy.BY_READER))


@given(STATES, st.lists(OTHERS, max_size=12))
def test_nobody_who_is_out_becomes_mailable_without_an_act_of_their_own(state: str | None, acts: list[str]) -> None:
    was_out = False
    for act in acts:
        was_out = was_out or state in policy.OUT
        state = policy.after(act, state).state
        assert not (was_out and state not in policy.OUT), act


@given(STATES, ACTS)
def test_an_act_leads_to_a_known_state_and_says_whether_it_changed_anything(state: str | None, act: str) -> None:
    change = policy.after(act, state)
    assert change.state is None or change.state in policy.STATES
    assert change.changed == (change.state != state)


@given(STATES, ACTS)
def test_doing_it_twice_is_doing_it_once(state: str | None, act: str) -> None:
    once = policy.after(act, state).state
    assert policy.after(act, once) == policy.Transition(once, False)


@pytest.mark.parametrize("act", sorted(policy.ACTS))
def test_a_complaint_stands_whatever_comes_after(act: str) -> None:
    assert policy.after(act, policy.COMPLAINED).state == policy.COMPLAINED


def test_only_a_confirmation_or_an_undo_makes_a_stranger_to_the_list_active_by_their_own_act() -> None:
    assert {act for act in policy.BY_READER if policy.ACTIVE in policy.ACTS[act].values()} == {"confirm", "undo-leave"}
    assert policy.after("confirm", None).state is None
    assert policy.after("undo-leave", None).state is None


def test_an_act_that_does_not_exist_is_a_defect() -> None:
    with pytest.raises(KeyError):
        policy.after("resurrect", policy.ACTIVE)
