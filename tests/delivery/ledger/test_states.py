from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.states import BatchState, ExclusionReason, MailingState, Outcome

TABLES = [states.MAILING_TRANSITIONS, states.BATCH_TRANSITIONS]
members = st.lists(st.sampled_from(list(Outcome)), min_size=1)


@pytest.mark.parametrize("table", TABLES)
def test_every_state_that_can_be_reached_has_a_row(table: dict[str, frozenset[str]]) -> None:
    assert frozenset().union(*table.values()) <= table.keys()


@pytest.mark.parametrize(
    ("table", "last"),
    [(states.MAILING_TRANSITIONS, {"cancelled"}), (states.BATCH_TRANSITIONS, set())],
)
def test_nothing_leads_out_of_a_last_state(table: dict[str, frozenset[str]], last: set[str]) -> None:
    assert {state for state, following in table.items() if not following} == last


@pytest.mark.parametrize(
    "state", [BatchState.UNKNOWN, BatchState.ACCEPTED, BatchState.REFUSED, BatchState.WITHDRAWN, BatchState.REPAIRED]
)
def test_a_batch_that_may_have_left_is_never_sent_again(state: str) -> None:
    assert not {BatchState.PLANNED, BatchState.CLAIMED, BatchState.SENDING} & states.BATCH_TRANSITIONS[state]


@pytest.mark.parametrize("state", [BatchState.WITHDRAWN, BatchState.REPAIRED])
def test_only_proof_of_the_contrary_leads_out_of_what_reached_nobody(state: str) -> None:
    assert states.BATCH_TRANSITIONS[state] == {BatchState.ACCEPTED}


def test_a_mailing_can_be_cancelled_as_long_as_it_is_not_over() -> None:
    for state in states.MAILING_TRANSITIONS:
        over = state in (MailingState.FINISHED, MailingState.CANCELLED)
        assert states.can_become(states.MAILING_TRANSITIONS, state, MailingState.CANCELLED) is not over


def test_a_finished_mailing_goes_on_by_a_repair_alone() -> None:
    assert states.MAILING_TRANSITIONS[MailingState.FINISHED] == {MailingState.SENDING}


@pytest.mark.parametrize("to", states.BATCH_TRANSITIONS)
def test_the_sources_of_a_state_are_those_that_may_go_there(to: str) -> None:
    assert set(states.list_predecessors(states.BATCH_TRANSITIONS, to)) == {
        s for s in states.BATCH_TRANSITIONS if states.can_become(states.BATCH_TRANSITIONS, s, to)
    }


@given(members)
def test_a_batch_is_open_as_long_as_somebody_is_planned(outcomes: list[Outcome]) -> None:
    assert (states.derive_batch_state(outcomes) == BatchState.PLANNED) is (Outcome.PLANNED in outcomes)


@given(members)
def test_a_batch_with_one_unknown_member_never_looks_settled(outcomes: list[Outcome]) -> None:
    if Outcome.UNKNOWN in outcomes and Outcome.PLANNED not in outcomes:
        assert states.derive_batch_state(outcomes) == BatchState.UNKNOWN


@given(members)
def test_a_batch_is_refused_or_withdrawn_only_when_it_reached_nobody(outcomes: list[Outcome]) -> None:
    if states.derive_batch_state(outcomes) in (BatchState.REFUSED, BatchState.WITHDRAWN):
        assert not {Outcome.ACCEPTED, Outcome.UNKNOWN} & set(outcomes)


def test_labels_follow_the_glossary_where_the_stored_value_does_not() -> None:
    assert (MailingState.FINISHED.label, MailingState.FREEZING.label) == ("Sent", "Freezing audience")
    assert states.get_outcome_label("excluded_ceiling") == "Excluded: over ceiling"
    assert states.get_exclusion_label("bounced") == "Bounced earlier"
    assert states.get_exclusion_label("something_newer") == "Something newer"
    assert states.get_outcome_label(Outcome.DELIVERED.key) == "Delivered"
    assert states.get_outcome_label("something_newer") == "Something newer"


@pytest.mark.parametrize("reason", ExclusionReason)
def test_a_reason_for_exclusion_is_given_by_its_key_its_label_or_its_value(reason: ExclusionReason) -> None:
    outcomes = {outcome.key for outcome in Outcome}
    assert reason.key not in outcomes
    assert states.parse_outcome(reason.key) == reason.key
    assert states.parse_outcome(reason.label.lower()) == reason.key
    assert states.parse_outcome(states.get_outcome_label(reason.key)) == reason.key
    assert states.parse_outcome(reason.value) == (reason.value if reason.value in outcomes else reason.key)
    assert states.parse_outcome("delivered") == "delivered"
