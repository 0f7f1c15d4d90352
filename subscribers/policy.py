"""Who may become what by whose act. Pure.

Leaving, bouncing and complaining are undone only by the subscriber's own act; an import never does. A bounce that was
the sender's fault is withdrawn by an operator, and only when it is what put the subscriber out (`withdrawn_bounces`).
"""

from __future__ import annotations

from dataclasses import dataclass

from subscribers.states import SubscriptionAct, SubscriptionState, SuppressionReason

PENDING, ACTIVE, UNSUBSCRIBED, BOUNCED, COMPLAINED = SubscriptionState

# act → {state before (None: not on the list) → state after}; what is not listed changes nothing
TRANSITIONS: dict[SubscriptionAct, dict[SubscriptionState | None, SubscriptionState]] = {
    # by the subscriber
    # Anybody can type an address: of somebody who is out it is a request beside the state, until they confirm it.
    SubscriptionAct.SIGN_UP: {None: PENDING, PENDING: PENDING},
    SubscriptionAct.CONFIRM: {PENDING: ACTIVE},
    SubscriptionAct.CONFIRM_RETURN: {UNSUBSCRIBED: ACTIVE, BOUNCED: ACTIVE},
    SubscriptionAct.LEAVE: {PENDING: UNSUBSCRIBED, ACTIVE: UNSUBSCRIBED, BOUNCED: UNSUBSCRIBED},
    SubscriptionAct.UNDO_LEAVE: {UNSUBSCRIBED: ACTIVE},
    SubscriptionAct.STAY: {},
    # by the newsroom
    SubscriptionAct.IMPORT: {None: ACTIVE},
    SubscriptionAct.IMPORT_UNCONFIRMED: {None: PENDING},
    SubscriptionAct.IMPORT_UNSUBSCRIBED: {None: UNSUBSCRIBED, PENDING: UNSUBSCRIBED, ACTIVE: UNSUBSCRIBED},
    SubscriptionAct.IMPORT_BOUNCED: {None: BOUNCED, PENDING: BOUNCED, ACTIVE: BOUNCED},
    SubscriptionAct.DESK_UNSUBSCRIBE: {PENDING: UNSUBSCRIBED, ACTIVE: UNSUBSCRIBED, BOUNCED: UNSUBSCRIBED},
    SubscriptionAct.SILENCE: {ACTIVE: UNSUBSCRIBED},
    # by the provider's report
    SubscriptionAct.REPORT_UNSUBSCRIBE: {PENDING: UNSUBSCRIBED, ACTIVE: UNSUBSCRIBED, BOUNCED: UNSUBSCRIBED},
    SubscriptionAct.BOUNCE: {PENDING: BOUNCED, ACTIVE: BOUNCED},
    SubscriptionAct.COMPLAIN: {
        None: COMPLAINED,
        PENDING: COMPLAINED,
        ACTIVE: COMPLAINED,
        UNSUBSCRIBED: COMPLAINED,
        BOUNCED: COMPLAINED,
    },
    # by an operator
    SubscriptionAct.WITHDRAW_BOUNCE: {BOUNCED: ACTIVE},
    SubscriptionAct.WITHDRAW_BOUNCE_UNCONFIRMED: {BOUNCED: PENDING},
}
MAX_SOFT_BOUNCES = 5  # so many soft bounces in a row, with no delivery between, are as good as a hard one
DEPARTURE_ACTS = frozenset(
    {
        SubscriptionAct.LEAVE,
        SubscriptionAct.DESK_UNSUBSCRIBE,
        SubscriptionAct.REPORT_UNSUBSCRIBE,
        SubscriptionAct.BOUNCE,
        SubscriptionAct.COMPLAIN,
    }
)
# What a subscriber's own confirmation lifts: neither a complaint nor a request never to be mailed again.
LIFTED_BY_SIGN_UP = frozenset({SuppressionReason.BOUNCED, SuppressionReason.ERASED})
MAY_ASK_TO_RETURN = frozenset(TRANSITIONS[SubscriptionAct.CONFIRM_RETURN])  # by signing up; a complaint stands
LEAVING_REASONS = ("too-many", "not-interesting", "never-asked", "elsewhere", "other")
OUT_STATES = frozenset({UNSUBSCRIBED, BOUNCED, COMPLAINED})


@dataclass(frozen=True, slots=True)
class Transition:
    """What an act makes of a subscription; `changed` is False when it stays as it was."""

    state: SubscriptionState | None
    changed: bool


def get_transition(act: SubscriptionAct, state: SubscriptionState | None) -> Transition:
    """The state of a subscription after an act."""
    following = TRANSITIONS[act].get(state, state)
    return Transition(following, following != state)
