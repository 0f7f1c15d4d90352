"""The tables of delivery: mailings, batches, members. Pure.

    mailing   scheduled ─▶ freezing ─▶ sending ─▶ finished
                 │            │           └◀─ (a repair adds batches)
                 └────────────┴───────────┴─▶ paused ⇄ · cancelled · held (with a reason)
              freezing · sending · paused ─▶ recalling ─▶ cancelled (the provider confirmed it)
                                                └─▶ where it was (the provider reports it as not cancelled)

    batch     planned ─▶ claimed ─▶ sending ─▶ accepted · refused · unknown
                 ▲──────────┤          └─▶ planned (refused for now)
                 └──────────┴─▶ withdrawn; or as its settled members have it, when the rest left or was cancelled
              planned · accepted · refused · unknown ─▶ repaired (all its members are in later batches)
              accepted · unknown ─▶ recalled (cancelled at the provider before it was sent)

`claimed` is a lease: nothing has left, another worker may take over. `sending` is committed before the
first byte leaves: if its process dies, the answer is unknown and the batch is never resent automatically.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import IntEnum, IntFlag
from typing import TypeVar

from newsletter.kernel.enums import LabelledEnum


class MailingKind(LabelledEnum):
    """What a mailing is: an edition to its list, a test, or a correction to those who were sent the edition."""

    EDITION = "edition"
    TEST = "test"
    CORRECTION = "correction"


class MailingState(LabelledEnum):
    """Where a mailing is."""

    SCHEDULED = "scheduled"
    FREEZING = "freezing"
    SENDING = "sending"
    FINISHED = "finished"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    HELD = "held"
    RECALLING = "recalling"  # somebody asked for it, and the provider has not confirmed it: nothing is submitted

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        return {cls.FREEZING: "Freezing audience", cls.FINISHED: "Sent"}


class BatchState(LabelledEnum):
    """Where a batch is."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    REPAIRED = "repaired"
    RECALLED = "recalled"


class RecallState(LabelledEnum):
    """The recall window of a mailing: asked for, open under an id of the provider's, or not to be had."""

    NONE = ""
    WANTED = "wanted"
    OPEN = "open"
    CLOSED = "closed"


EXCLUDED = "excluded"  # the key of all who are, for whatever reason


class ExclusionReason(LabelledEnum):
    """Why a candidate is excluded. New ones are added at the end: the audience index keeps their places."""

    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    INVALID = "invalid"
    ALREADY_MAILED = "already"  # by a mailing of the same edition that was cancelled
    OVER_CEILING = "ceiling"  # of a warm-up
    PAUSED = "paused"
    FREQUENCY = "frequency"
    OUTSIDE_SEGMENT = "segment"
    NOT_SENT = "not_sent"  # a correction is only for those who were sent the edition
    UNDECIDED = "undecided"  # nobody knows yet whether an earlier mailing of the edition reached them: not for good

    @property
    def key(self) -> str:
        """What those excluded for it are asked for and shown by: some reasons are stored as an outcome is named."""
        return get_candidate_key(self.value, excluded=True)

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        return {cls.BOUNCED: "Bounced earlier", cls.COMPLAINED: "Complained earlier"}


MAILING_TRANSITIONS: dict[MailingState, frozenset[MailingState]] = {
    MailingState.SCHEDULED: frozenset(
        {MailingState.FREEZING, MailingState.PAUSED, MailingState.CANCELLED, MailingState.HELD}
    ),
    MailingState.FREEZING: frozenset(
        {
            MailingState.SENDING,
            MailingState.PAUSED,
            MailingState.CANCELLED,
            MailingState.HELD,
            MailingState.RECALLING,
        }
    ),
    MailingState.SENDING: frozenset(
        {
            MailingState.FINISHED,
            MailingState.PAUSED,
            MailingState.CANCELLED,
            MailingState.HELD,
            MailingState.RECALLING,
        }
    ),
    MailingState.PAUSED: frozenset(
        {
            MailingState.SCHEDULED,
            MailingState.FREEZING,
            MailingState.SENDING,
            MailingState.CANCELLED,
            MailingState.RECALLING,
        }
    ),
    MailingState.RECALLING: frozenset(
        {
            MailingState.SCHEDULED,
            MailingState.FREEZING,
            MailingState.SENDING,
            MailingState.PAUSED,
            MailingState.CANCELLED,
        }
    ),
    MailingState.HELD: frozenset({MailingState.SCHEDULED, MailingState.CANCELLED}),
    MailingState.FINISHED: frozenset({MailingState.SENDING}),
    MailingState.CANCELLED: frozenset(),
}
BATCH_TRANSITIONS: dict[BatchState, frozenset[BatchState]] = {
    BatchState.PLANNED: frozenset(
        {
            BatchState.CLAIMED,
            BatchState.ACCEPTED,
            BatchState.REFUSED,
            BatchState.UNKNOWN,
            BatchState.WITHDRAWN,
            BatchState.REPAIRED,  # tried in vain, and too large for a limit by now
        }
    ),
    BatchState.CLAIMED: frozenset(
        {
            BatchState.PLANNED,
            BatchState.SENDING,
            BatchState.ACCEPTED,
            BatchState.REFUSED,
            BatchState.UNKNOWN,
            BatchState.WITHDRAWN,
        }
    ),
    BatchState.SENDING: frozenset({BatchState.PLANNED, BatchState.ACCEPTED, BatchState.REFUSED, BatchState.UNKNOWN}),
    BatchState.UNKNOWN: frozenset(
        {
            BatchState.ACCEPTED,
            BatchState.REFUSED,
            BatchState.REPAIRED,
            BatchState.RECALLED,
            BatchState.WITHDRAWN,  # of a cancelled mailing, when an operator counts it as not sent
        }
    ),
    BatchState.ACCEPTED: frozenset(
        {BatchState.RECALLED, BatchState.REPAIRED}
    ),  # repaired when all of it was dropped because our plan was used up
    BatchState.REFUSED: frozenset({BatchState.ACCEPTED, BatchState.REPAIRED}),
    # Only an event leads out of these: the provider mailed what we had taken back.
    BatchState.WITHDRAWN: frozenset({BatchState.ACCEPTED}),
    BatchState.REPAIRED: frozenset({BatchState.ACCEPTED}),
    BatchState.RECALLED: frozenset({BatchState.ACCEPTED}),
}
ACTIVE_MAILING_STATES = (MailingState.SCHEDULED, MailingState.FREEZING, MailingState.SENDING)
RECALLABLE_MAILING_STATES = (MailingState.FREEZING, MailingState.SENDING, MailingState.PAUSED)
OPEN_BATCH_STATES = (BatchState.PLANNED, BatchState.CLAIMED, BatchState.SENDING)


class Outcome(IntEnum):
    """What became of one member. Outcomes only move to a higher number; gaps are for new ones.

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
    def key(self) -> str:
        """The name in JSON, in rows of failures and on the command line."""
        return self.name.lower()

    @property
    def label(self) -> str:
        """The outcome as people read it."""
        return self.name.capitalize()

    @property
    def was_accepted(self) -> bool:
        """Whether the provider took the message and was not stopped, whatever became of it afterwards."""
        return Outcome.ACCEPTED <= self < Outcome.REPAIRED and self is not Outcome.RECALLED


def get_outcome_label(key: str) -> str:
    """The label of an outcome or of a reason for exclusion by its key; of other words, the word."""
    labels = {reason.key: f"Excluded: {reason.label.lower()}" for reason in ExclusionReason}
    labels |= {outcome.key: outcome.label for outcome in Outcome}
    return labels.get(key) or key.replace("_", " ").capitalize()


def get_exclusion_label(reason: str) -> str:
    """The label of a reason for exclusion by its stored value; of one of a newer version, the word."""
    labels = {known.value: known.label for known in ExclusionReason}
    return labels.get(reason) or reason.replace("_", " ").capitalize()


def get_candidate_key(state: str, *, excluded: bool) -> str:
    """The key of what became of a candidate: its outcome, or the reason for which it was excluded."""
    return f"{EXCLUDED}_{state}" if excluded else state


def parse_outcome(text: str) -> str:
    """The key of an outcome or of a reason for exclusion, given by that, by its label or its value; else the text.

    A word that is both means the outcome.
    """
    given = text.replace("_", " ").lower().replace(":", "")
    outcomes = {outcome.key for outcome in Outcome}
    keys = {reason.value: reason.key for reason in ExclusionReason if reason.value not in outcomes}
    keys |= {f"excluded {reason.value.replace('_', ' ')}": reason.key for reason in ExclusionReason}
    for reason in ExclusionReason:
        keys |= dict.fromkeys((reason.label.lower(), f"excluded {reason.label.lower()}"), reason.key)
    return keys.get(given) or keys.get(text, text)


TURNED_AWAY = (Outcome.BLOCKED, Outcome.BOUNCED, Outcome.DROPPED)  # accepted by the provider, and never arrived


class MemberFlag(IntFlag):
    """What else is known of one member; each is set once and stays. One byte of the ledger."""

    OPENED = 1
    OPENED_BY_MACHINE = 2
    CLICKED = 4
    CLICKED_BY_MACHINE = 8
    UNSUBSCRIBED = 16  # stopped the newsletter by way of the provider
    SENT_TWICE = 32  # an attempt other than the accepted one went through as well
    UNSUBSCRIBED_AFTER_SEND = 128  # left the list when the message was on its way
    # Dropped because our plan was used up, or turned away for a reason that was ours and is gone: they do not have it,
    # and a repair, or the mailing by which the edition is sent again, goes to them.
    STILL_OWED = 64


SENT_TWICE_ALARM = "An attempt that was given up did go through: subscribers may have it twice."


def derive_batch_state(outcomes: Collection[Outcome]) -> BatchState:
    """The state of a batch that nobody holds, by what became of its members.

    One member nobody knows about makes the batch unknown, one accepted makes it accepted: a batch that
    was refused or withdrawn reached nobody.
    """
    if Outcome.PLANNED in outcomes:
        return BatchState.PLANNED
    if Outcome.UNKNOWN in outcomes:
        return BatchState.UNKNOWN
    if any(outcome.was_accepted for outcome in outcomes):
        return BatchState.ACCEPTED
    if Outcome.RECALLED in outcomes:
        return BatchState.RECALLED
    if Outcome.REFUSED in outcomes:
        return BatchState.REFUSED
    return BatchState.REPAIRED if Outcome.REPAIRED in outcomes else BatchState.WITHDRAWN


S = TypeVar("S", MailingState, BatchState)


def can_become(table: Mapping[S, frozenset[S]], state: S, to: S) -> bool:
    """Whether `table` allows going from one state to another."""
    return to in table[state]


def list_predecessors(table: Mapping[S, frozenset[S]], to: S) -> tuple[S, ...]:
    """The states from which `to` can be reached."""
    return tuple(state for state, following in table.items() if to in following)
