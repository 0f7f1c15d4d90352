"""The table of an edition's states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.editions import models, states
from newsletter.curator.editions.states import EditionState

STATES = sorted(states.TRANSITIONS)


def test_the_table_knows_exactly_the_states_of_the_rows() -> None:
    assert set(STATES) == set(EditionState)
    assert {value for value, _ in models.Edition._meta.get_field("state").flatchoices} == set(EditionState)


def test_every_state_can_be_reached_from_open() -> None:
    reached, edge = {EditionState.DRAFT}, {EditionState.DRAFT}
    while edge:
        edge = {to for state in edge for to in states.TRANSITIONS[state]} - reached
        reached |= edge
    assert reached == set(STATES)


def test_sent_is_the_end() -> None:
    assert not any(states.can_transition(EditionState.SENT, to) for to in STATES)


def test_what_is_submitted_becomes_sent_or_is_recalled_to_a_draft() -> None:
    assert [to for to in STATES if states.can_transition(EditionState.SENDING, to)] == [
        EditionState.DRAFT,
        EditionState.SENT,
    ]


@pytest.mark.parametrize(
    "state", [EditionState.DRAFT, EditionState.LOCKED, EditionState.IN_REVIEW, EditionState.SKIPPED]
)
def test_nothing_is_submitted_without_an_approval(state: str) -> None:
    assert not states.can_transition(state, EditionState.SENDING)
    assert not states.can_transition(state, EditionState.SENT)


def test_what_left_our_hands_is_never_edited() -> None:
    assert states.EDITABLE_STATES.isdisjoint({EditionState.SENDING, EditionState.SENT, EditionState.SKIPPED})


def test_only_these_states_carry_a_reason() -> None:
    assert frozenset({EditionState.SKIPPED, EditionState.HELD, EditionState.MISSED}) == states.STATES_WITH_REASON


@given(st.lists(st.sampled_from(STATES), max_size=30))
def test_on_no_path_but_a_recall_does_a_submitted_edition_come_back(wishes: list[str]) -> None:
    state, left = EditionState.DRAFT, False
    for wish in wishes:
        recalled = state == EditionState.SENDING and wish == EditionState.DRAFT
        if states.can_transition(state, wish):
            state = wish
        left = (left or state == EditionState.SENDING) and not recalled
        assert (state in (EditionState.SENDING, EditionState.SENT)) is left


def test_a_state_is_read_by_the_glossary_and_stored_as_ever() -> None:
    assert {state.label: state.value for state in EditionState} == {
        "Draft": "open",
        "Locked": "locked",
        "In review": "in_review",
        "Approved": "approved",
        "Sending": "handed_over",
        "Sent": "sent",
        "Skipped": "skipped",
        "Held": "held",
        "Missed": "missed",
    }
