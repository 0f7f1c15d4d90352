from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import policy
from subscribers.states import Frequency, SubscriptionState, SuppressionReason

BEFORE = (None, "pending", "active", "unsubscribed", "bounced", "complained")  # None: not on the list
# What each act makes of each of these, in their order; “·” leaves it as it is.
TABLE = {
    # Anybody can type an address into a form: of somebody who is out it changes nothing until they confirm it.
    "sign-up":            ("pending",      "·",            "·",            "·",          "·",            "·"),
    # A link for confirming lies in old mails: it wakes nobody who left since, and puts nobody on a new list.
    "confirm":            ("·",            "active",       "·",            "·",          "·",            "·"),
    # Only the reader's own act lets mail through again, and never after a complaint.
    "confirm-return":     ("·",            "·",            "·",            "active",     "active",       "·"),
    # Who leaves has left, also when their mail came back: an address that works again must not bring them back.
    "leave":              ("·",            "unsubscribed", "unsubscribed", "·",          "unsubscribed", "·"),
    # Taken back is leaving alone: that mail came back, or was called spam, stays true whatever a reader presses.
    "undo-leave":         ("·",            "·",            "·",            "active",     "·",            "·"),
    # “Keep sending” answers a question; it moves nobody.
    "stay":               ("·",            "·",            "·",            "·",          "·",            "·"),
    # A file adds whom we do not know, and confirms nobody who was asked and has not answered.
    "import":             ("active",       "·",            "·",            "·",          "·",            "·"),
    "import-unconfirmed": ("pending",      "·",            "·",            "·",          "·",            "·"),
    # A file that says somebody is out is believed, but the first reason why somebody is out stands.
    "import-left":        ("unsubscribed", "unsubscribed", "unsubscribed", "·",          "·",            "·"),
    "import-bounced":     ("bounced",      "bounced",      "bounced",      "·",          "·",            "·"),
    # The newsroom may take people off, never put them back.
    "desk-leave":         ("·",            "unsubscribed", "unsubscribed", "·",          "unsubscribed", "·"),
    # Silence ends what was wanted; who never confirmed was never sent anything to be silent about.
    "silence":            ("·",            "·",            "unsubscribed", "·",          "·",            "·"),
    # Leaving by way of the provider is leaving.
    "report-leave":       ("·",            "unsubscribed", "unsubscribed", "·",          "unsubscribed", "·"),
    # An address that does not work says nothing about who left: they stay out by their own wish.
    "bounce":             ("·",            "bounced",      "bounced",      "·",          "·",            "·"),
    # A complaint outweighs all else, and holds for a list somebody is not on.
    "complain":           ("complained",   "complained",   "complained",   "complained", "complained",   "·"),
    # The address did not bounce, the sender was turned away: as it was before. Nobody else's departure is undone by it.
    "bounce-withdrawn":   ("·",            "·",            "·",            "·",          "active",       "·"),
    "bounce-withdrawn-unconfirmed": ("·",  "·",            "·",            "·",          "pending",      "·"),
}  # fmt: skip

BY_SUBSCRIBER = frozenset({"sign-up", "confirm", "confirm-return", "leave", "undo-leave"})
STATES = st.sampled_from([None, *SubscriptionState])
ACTS = st.sampled_from(sorted(policy.TRANSITIONS))
WITHDRAWING = frozenset({"bounce-withdrawn", "bounce-withdrawn-unconfirmed"})
OTHERS = st.sampled_from(sorted(set(policy.TRANSITIONS) - BY_SUBSCRIBER - WITHDRAWING))


def test_the_table_of_the_policy_is_this_and_no_other() -> None:
    assert {
        act: tuple(
            "·" if policy.get_transition(act, before).state == before else policy.get_transition(act, before).state
            for before in BEFORE
        )
        for act in policy.TRANSITIONS
    } == TABLE


def test_what_a_confirmation_lifts_is_a_bounce_and_an_erasure_and_no_more() -> None:
    assert {"bounced", "erased"} == policy.LIFTED_BY_SIGN_UP


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
    assert change.state is None or change.state in list(SubscriptionState)
    assert change.changed == (change.state != state)


@given(STATES, ACTS)
def test_doing_it_twice_is_doing_it_once(state: str | None, act: str) -> None:
    once = policy.get_transition(act, state).state
    assert policy.get_transition(act, once) == policy.Transition(once, False)


@pytest.mark.parametrize("act", sorted(policy.TRANSITIONS))
def test_a_complaint_stands_whatever_comes_after(act: str) -> None:
    assert policy.get_transition(act, SubscriptionState.COMPLAINED).state == SubscriptionState.COMPLAINED


def test_only_a_confirmation_or_an_undo_makes_a_stranger_to_the_list_active_by_their_own_act() -> None:
    assert {act for act in BY_SUBSCRIBER if SubscriptionState.ACTIVE in policy.TRANSITIONS[act].values()} == {
        "confirm",
        "confirm-return",
        "undo-leave",
    }
    assert policy.get_transition("confirm-return", None).state is None
    assert policy.get_transition("confirm", None).state is None
    assert policy.get_transition("undo-leave", None).state is None


def test_an_act_that_does_not_exist_is_a_defect() -> None:
    with pytest.raises(KeyError):
        policy.get_transition("resurrect", SubscriptionState.ACTIVE)


def test_words_that_are_stored_stay_as_they_are() -> None:
    assert tuple(SubscriptionState) == ("pending", "active", "unsubscribed", "bounced", "complained")
    assert tuple(Frequency) == ("every", "weekly")
    assert policy.LEAVING_REASONS == ("too-many", "not-interesting", "never-asked", "elsewhere", "other")
    assert SuppressionReason.ERASED == "erased"


# What each act makes of somebody who is new, pending, active, unsubscribed, bounced, complained; “.”: stays.
@pytest.mark.parametrize(
    ("act", "becomes"),
    [
        ("sign-up", "pending . . . . ."),
        ("confirm", ". active . . . ."),
        ("confirm-return", ". . . active active ."),
        ("leave", ". unsubscribed unsubscribed . unsubscribed ."),
        ("undo-leave", ". . . active . ."),
        ("stay", ". . . . . ."),
        ("import", "active . . . . ."),
        ("import-unconfirmed", "pending . . . . ."),
        ("import-left", "unsubscribed unsubscribed unsubscribed . . ."),
        ("import-bounced", "bounced bounced bounced . . ."),
        ("desk-leave", ". unsubscribed unsubscribed . unsubscribed ."),
        ("silence", ". . unsubscribed . . ."),
        ("report-leave", ". unsubscribed unsubscribed . unsubscribed ."),
        ("bounce", ". bounced bounced . . ."),
        ("complain", "complained complained complained complained complained ."),
        ("bounce-withdrawn", ". . . . active ."),
        ("bounce-withdrawn-unconfirmed", ". . . . pending ."),
    ],
)
def test_what_an_act_makes_of_everybody(act: str, becomes: str) -> None:
    for state, expected in zip((None, *SubscriptionState), becomes.split(), strict=True):
        assert policy.get_transition(act, state).state == (state if expected == "." else expected), state


def test_there_are_no_other_acts() -> None:
    assert len(policy.TRANSITIONS) == 17


def test_who_is_out_comes_back_by_their_own_act_alone_unless_a_bounce_was_none() -> None:
    brings_back = {
        act
        for act, becomes in policy.TRANSITIONS.items()
        for before, after in becomes.items()
        if before in policy.OUT_STATES and after not in policy.OUT_STATES
    }
    assert brings_back == {"confirm-return", "undo-leave"} | WITHDRAWING
    assert not WITHDRAWING & {
        act for act, becomes in policy.TRANSITIONS.items() if becomes.keys() - {SubscriptionState.BOUNCED}
    }, "a bounce is all that can have been none"


def test_who_leaves_bounces_or_complains_counts_as_going() -> None:
    assert {"leave", "desk-leave", "report-leave", "bounce", "complain"} == policy.DEPARTURE_ACTS


def test_who_left_or_bounced_may_ask_to_return_and_who_complained_may_not() -> None:
    assert {"unsubscribed", "bounced"} == policy.MAY_ASK_TO_RETURN


def test_who_left_bounced_or_complained_is_out() -> None:
    assert {"unsubscribed", "bounced", "complained"} == policy.OUT_STATES


def test_five_soft_bounces_in_a_row_are_as_good_as_a_hard_one() -> None:
    assert policy.MAX_SOFT_BOUNCES == 5
