"""The tables of delivery: mailings, batches, members. Pure.

    mailing   scheduled ─▶ freezing ─▶ sending ─▶ finished
                 │            │           └◀─ (a repair adds batches)
                 └────────────┴───────────┴─▶ paused ⇄ · cancelled · held (with a reason)

    batch     planned ─▶ claimed ─▶ sending ─▶ accepted · refused · unknown
                 ▲──────────┤          └─▶ planned (refused for now)
                 └──────────┴─▶ withdrawn; or as its settled members have it, when the rest left or was cancelled
              accepted · refused · unknown ─▶ repaired (all its members are in later batches)
              accepted · unknown ─▶ recalled (cancelled at the provider before it was sent)

`claimed` is a lease: nothing has left, another worker may take over. `sending` is committed before the
first byte leaves: if its process dies, the answer is unknown and the batch is never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum, IntFlag

# The recall window of a mailing: asked for, open under an id of the provider's, or not to be had.
WANTED, OPEN, CLOSED = "wanted", "open", "closed"

SCHEDULED, FREEZING, SENDING, FINISHED = "scheduled", "freezing", "sending", "finished"
PAUSED, CANCELLED, HELD = "paused", "cancelled", "held"

MAILING_TRANSITIONS: dict[str, frozenset[str]] = {
    SCHEDULED: frozenset({FREEZING, PAUSED, CANCELLED, HELD}),
    FREEZING: frozenset({SENDING, PAUSED, CANCELLED, HELD}),
    SENDING: frozenset({FINISHED, PAUSED, CANCELLED, HELD}),
    PAUSED: frozenset({SCHEDULED, FREEZING, SENDING, CANCELLED}),
    HELD: frozenset({SCHEDULED, CANCELLED}),
    FINISHED: frozenset({SENDING}),
    CANCELLED: frozenset(),
}

PLANNED, CLAIMED, ACCEPTED, REFUSED, UNKNOWN, WITHDRAWN, REPAIRED, RECALLED = (
    "planned",
    "claimed",
    "accepted",
    "refused",
    "unknown",
    "withdrawn",
    "repaired",
    "recalled",
)

BATCH_TRANSITIONS: dict[str, frozenset[str]] = {
    PLANNED: frozenset({CLAIMED, ACCEPTED, REFUSED, UNKNOWN, WITHDRAWN}),
    CLAIMED: frozenset({PLANNED, SENDING, ACCEPTED, REFUSED, UNKNOWN, WITHDRAWN}),
    SENDING: frozenset({PLANNED, ACCEPTED, REFUSED, UNKNOWN}),
    UNKNOWN: frozenset({ACCEPTED, REFUSED, REPAIRED, RECALLED}),
    ACCEPTED: frozenset({RECALLED, REPAIRED}),  # repaired when all of it was dropped because our plan was used up
    REFUSED: frozenset({ACCEPTED, REPAIRED}),
    # Only an event leads out of these: the provider mailed what we had taken back.
    WITHDRAWN: frozenset({ACCEPTED}),
    REPAIRED: frozenset({ACCEPTED}),
    RECALLED: frozenset({ACCEPTED}),
}
OPEN_BATCH_STATES = (PLANNED, CLAIMED, SENDING)


class Outcome(IntEnum):
    """What became of one member. Outcomes only move to a higher number; gaps leave room.

    Up to ACCEPTED the hand-over says so; what comes after it, the provider's events. So a message that bounces
    days after it was delivered has bounced, in whatever order the two are reported.
    """

    PLANNED = 0
    UNKNOWN = 10
    REFUSED = 20
    WITHDRAWN = 30
    ACCEPTED = 40
    RECALLED = 42  # cancelled at the provider, which had accepted it or may have, before it was sent
    DEFERRED = 45  # the receiving server asked the provider to wait
    DELIVERED = 50
    BLOCKED = 55  # turned away for now: mailbox full, or something in the message; the address stands
    BOUNCED = 60
    DROPPED = 65  # accepted by the provider and then thrown away by it
    COMPLAINED = 70
    REPAIRED = 80  # planned once more, in a later batch of the same mailing: it is there that this member counts

    @property
    def label(self) -> str:
        """The name people and JSON see."""
        return self.name.lower()

    @property
    def was_accepted(self) -> bool:
        """Whether the provider took the message and was not stopped, whatever became of it afterwards."""
        return Outcome.ACCEPTED <= self < Outcome.REPAIRED and self is not Outcome.RECALLED


class MemberFlag(IntFlag):
    """What else is known of one member; each is set once and stays. One byte of the ledger."""

    OPENED = 1
    OPENED_BY_MACHINE = 2
    CLICKED = 4
    CLICKED_BY_MACHINE = 8
    UNSUBSCRIBED = 16  # stopped the newsletter by way of the provider
    SENT_TWICE = 32  # an attempt other than the accepted one went through as well
    UNSUBSCRIBED_AFTER_SEND = 128  # left the list when the message was on its way
    OVER_QUOTA = 64  # dropped because our plan was used up: not the reader's fault, and worth another try


def derive_batch_state(outcomes: Collection[Outcome]) -> str:
    """The state of a batch that nobody holds, by what became of its members.

    One member nobody knows about makes the batch unknown, one accepted makes it accepted: a batch that
    was refused or withdrawn reached nobody.
    """
    if Outcome.PLANNED in outcomes:
        return PLANNED
    if Outcome.UNKNOWN in outcomes:
        return UNKNOWN
    if any(outcome.was_accepted for outcome in outcomes):
        return ACCEPTED
    if Outcome.RECALLED in outcomes:
        return RECALLED
    if Outcome.REFUSED in outcomes:
        return REFUSED
    return REPAIRED if Outcome.REPAIRED in outcomes else WITHDRAWN


# Why a candidate is left out, as subscribers.subscriber_lookup says it, or because it has the edition already, or because the
# ceiling of a warm-up is reached, or because a correction is only for those who were sent the edition. New ones are
# added at the end: the directory keeps their places.
EXCLUSION_REASONS = (
    "pending", "unsubscribed", "bounced", "complained", "suppressed", "invalid", "already", "ceiling", "paused", "frequency",
    "segment", "not_sent",
)  # fmt: skip


def can_become(table: dict[str, frozenset[str]], state: str, to: str) -> bool:
    """Whether `table` allows going from one state to another."""
    return to in table[state]


def list_predecessors(table: dict[str, frozenset[str]], to: str) -> tuple[str, ...]:
    """The states from which `to` can be reached."""
    return tuple(state for state, following in table.items() if to in following)
