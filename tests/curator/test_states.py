"""The table of an edition's states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator import models, states

STATES = sorted(states.NEXT)


def test_the_table_knows_exactly_the_states_of_the_rows() -> None:
    assert set(STATES) == set(models.Edition.State.values)


def test_every_state_can_be_reached_from_open() -> None:
    reached, edge = {states.OPEN}, {states.OPEN}
    while edge:
        edge = {to for state in edge for to in states.NEXT[state]} - reached
        reached |= edge
    assert reached == set(STATES)


def test_sent_is_the_end() -> None:
    assert not any(states.may(states.SENT, to) for to in STATES)


def test_what_is_handed_over_becomes_sent_or_is_recalled_and_open_again() -> None:
    assert [to for to in STATES if states.may(states.HANDED_OVER, to)] == [states.OPEN, states.SENT]


@pytest.mark.parametrize("state", [states.OPEN, states.LOCKED, states.IN_REVIEW, states.SKIPPED])
def test_nothing_is_handed_over_without_an_approval(state: str) -> None:
    assert not states.may(state, states.HANDED_OVER)
    assert not states.may(state, states.SENT)


def test_what_left_our_hands_is_never_edited() -> None:
    assert states.EDITABLE.isdisjoint({states.HANDED_OVER, states.SENT, states.SKIPPED})


def test_only_these_states_carry_a_reason() -> None:
    assert frozenset({states.SKIPPED, states.HELD, states.MISSED}) == states.NEEDS_REASON


@given(st.lists(st.sampled_from(STATES), max_size=30))
def test_on_no_path_but_a_recall_does_a_handed_over_edition_come_back(wishes: list[str]) -> None:
    state, left = states.OPEN, False
    for wish in wishes:
        recalled = state == states.HANDED_OVER and wish == states.OPEN
        if states.may(state, wish):
            state = wish
        left = (left or state == states.HANDED_OVER) and not recalled
        assert (state in (states.HANDED_OVER, states.SENT)) is left
