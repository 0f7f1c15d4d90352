from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import policy

STATES = st.sampled_from([None, *policy.STATES])
ACTS = st.sampled_from(sorted(policy.TRANSITIONS))
OTHERS = st.sampled_from(sorted(set(policy.TRANSITIONS) - policy.SUBSCRIBER_ACTS))


@given(STATES, st.lists(OTHERS, max_size=12))
def test_nobody_who_is_out_becomes_mailable_without_an_act_of_their_own(state: str | None, acts: list[str]) -> None:
    was_out = False
    for act in acts:
        was_out = was_out or state in policy.OUT_STATES
        state = policy.get_transition(act, state).state
        assert not (was_out and state not in policy.OUT_STATES), act


@given(STATES, ACTS)
def test_an_act_leads_to_a_known_state_and_says_whether_it_changed_anything(state: str | None, act: str) -> None:
    change = policy.get_transition(act, state)
    assert change.state is None or change.state in policy.STATES
    assert change.changed == (change.state != state)


@given(STATES, ACTS)
def test_doing_it_twice_is_doing_it_once(state: str | None, act: str) -> None:
    once = policy.get_transition(act, state).state
    assert policy.get_transition(act, once) == policy.Transition(once, False)


@pytest.mark.parametrize("act", sorted(policy.TRANSITIONS))
def test_a_complaint_stands_whatever_comes_after(act: str) -> None:
    assert policy.get_transition(act, policy.COMPLAINED).state == policy.COMPLAINED


def test_only_a_confirmation_or_an_undo_makes_a_stranger_to_the_list_active_by_their_own_act() -> None:
    assert {act for act in policy.SUBSCRIBER_ACTS if policy.ACTIVE in policy.TRANSITIONS[act].values()} == {
        "confirm",
        "undo-leave",
    }
    assert policy.get_transition("confirm", None).state is None
    assert policy.get_transition("undo-leave", None).state is None


def test_an_act_that_does_not_exist_is_a_defect() -> None:
    with pytest.raises(KeyError):
        policy.get_transition("resurrect", policy.ACTIVE)
