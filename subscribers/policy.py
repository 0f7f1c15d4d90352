"""Who may become what by whose act. Pure.

Leaving, bouncing and complaining are undone only by the subscriber's own act; an import never does.
"""

from __future__ import annotations

from dataclasses import dataclass

from subscribers.states import SubscriptionState, SuppressionReason

PENDING, ACTIVE, UNSUBSCRIBED, BOUNCED, COMPLAINED = SubscriptionState

# act → {state before (None: not on the list) → state after}; what is not listed changes nothing
TRANSITIONS: dict[str, dict[SubscriptionState | None, SubscriptionState]] = {
    # by the subscriber
    "sign-up": {None: PENDING, PENDING: PENDING, UNSUBSCRIBED: PENDING, BOUNCED: PENDING},
    "confirm": {PENDING: ACTIVE},
    "leave": {PENDING: UNSUBSCRIBED, ACTIVE: UNSUBSCRIBED, BOUNCED: UNSUBSCRIBED},
    "undo-leave": {UNSUBSCRIBED: ACTIVE},
    "stay": {},
    # by the newsroom
    "import": {None: ACTIVE},
    "import-unconfirmed": {None: PENDING},
    "import-left": {None: UNSUBSCRIBED, PENDING: UNSUBSCRIBED, ACTIVE: UNSUBSCRIBED},
    "import-bounced": {None: BOUNCED, PENDING: BOUNCED, ACTIVE: BOUNCED},
    "desk-leave": {PENDING: UNSUBSCRIBED, ACTIVE: UNSUBSCRIBED, BOUNCED: UNSUBSCRIBED},
    "silence": {ACTIVE: UNSUBSCRIBED},
    # by the provider's report
    "report-leave": {PENDING: UNSUBSCRIBED, ACTIVE: UNSUBSCRIBED, BOUNCED: UNSUBSCRIBED},
    "bounce": {PENDING: BOUNCED, ACTIVE: BOUNCED},
    "complain": {
        None: COMPLAINED,
        PENDING: COMPLAINED,
        ACTIVE: COMPLAINED,
        UNSUBSCRIBED: COMPLAINED,
        BOUNCED: COMPLAINED,
    },
}
MAX_SOFT_BOUNCES = 5  # so many soft bounces in a row, with no delivery between, are as good as a hard one
DEPARTURE_ACTS = frozenset({"leave", "desk-leave", "report-leave", "bounce", "complain"})
# What a subscriber's own confirmation lifts: neither a complaint nor a request never to be mailed again.
LIFTED_BY_SIGN_UP = frozenset({SuppressionReason.BOUNCED, SuppressionReason.ERASED})
LEAVING_REASONS = ("too-many", "not-interesting", "never-asked", "elsewhere", "other")
OUT_STATES = frozenset({UNSUBSCRIBED, BOUNCED, COMPLAINED})


@dataclass(frozen=True, slots=True)
class Transition:
    """What an act makes of a subscription; `changed` is False when it stays as it was."""

    state: SubscriptionState | None
    changed: bool


def get_transition(act: str, state: SubscriptionState | None) -> Transition:
    """The state of a subscription after an act. Raises KeyError for an act that does not exist."""
    following = TRANSITIONS[act].get(state, state)
    return Transition(following, following != state)
