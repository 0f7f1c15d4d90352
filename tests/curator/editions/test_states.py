"""The table of an edition's states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.editions import models, states

STATES = sorted(states.TRANSITIONS)


def test_the_table_knows_exactly_the_states_of_the_rows() -> None:
    assert set(STATES) == set(models.Edition.State.values)


def test_every_state_can_be_reached_from_open() -> None:
    reached, edge = {states.DRAFT}, {states.DRAFT}
    while edge:
        edge = {to for state in edge for to in states.TRANSITIONS[state]} - reached
        reached |= edge
    assert reached == set(STATES)


def test_sent_is_the_end() -> None:
    assert not any(states.can_transition(states.SENT, to) for to in STATES)


def test_what_is_handed_over_becomes_sent_or_is_recalled_and_open_again() -> None:
    assert [to for to in STATES if states.can_transition(states.SENDING, to)] == [states.DRAFT, states.SENT]


@pytest.mark.parametrize("state", [states.DRAFT, states.LOCKED, states.IN_REVIEW, states.SKIPPED])
def test_nothing_is_handed_over_without_an_approval(state: str) -> None:
    assert not states.can_transition(state, states.SENDING)
    assert not states.can_transition(state, states.SENT)


def test_what_left_our_hands_is_never_edited() -> None:
    assert states.EDITABLE.isdisjoint({states.SENDING, states.SENT, states.SKIPPED})


def test_only_these_states_carry_a_reason() -> None:
    assert frozenset({states.SKIPPED, states.HELD, states.MISSED}) == states.NEEDS_REASON


@given(st.lists(st.sampled_from(STATES), max_size=30))
def test_on_no_path_but_a_recall_does_a_handed_over_edition_come_back(wishes: list[str]) -> None:
    state, left = states.DRAFT, False
    for wish in wishes:
        recalled = state == states.SENDING and wish == states.DRAFT
        if states.can_transition(state, wish):
            state = wish
        left = (left or state == states.SENDING) and not recalled
        assert (state in (states.SENDING, states.SENT)) is left
