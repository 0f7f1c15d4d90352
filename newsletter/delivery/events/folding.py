"""From the provider's events to what the ledger, the people and the newsroom learn of them. Pure.

Events come in any order, twice and late: outcomes only move forward, flags are only set, so that every
order gives the same ledger. An event proves that the attempt it names was accepted, for all its members. A
second attempt that is proven is an alarm, for as many members as have it twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from newsletter.delivery.events.machine_activity import find_machine_clicks
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, MemberFlag, Outcome
from newsletter.delivery.providers.base import Event, EventType, RejectReason

_OUTCOMES = {
    EventType.ACCEPTED: Outcome.ACCEPTED,
    EventType.DEFERRED: Outcome.DEFERRED,
    EventType.DELIVERED: Outcome.DELIVERED,
    EventType.BLOCKED: Outcome.BLOCKED,
    EventType.BOUNCED: Outcome.BOUNCED,
    EventType.DROPPED: Outcome.DROPPED,
    EventType.COMPLAINED: Outcome.COMPLAINED,
    # Those who open, click or unsubscribe have it, even if the delivered event is still to come.
    EventType.OPENED: Outcome.DELIVERED,
    EventType.CLICKED: Outcome.DELIVERED,
    EventType.UNSUBSCRIBED: Outcome.DELIVERED,
}
# Whoever was accepted, did not get it and is sent it again has it twice only when one of these tells of the first time.
_HAVE_IT = frozenset(
    {EventType.DELIVERED, EventType.OPENED, EventType.CLICKED, EventType.UNSUBSCRIBED, EventType.COMPLAINED}
)
_NOT_MAILED = frozenset({Outcome.WITHDRAWN, Outcome.REFUSED, Outcome.RECALLED})
_FAILURES = frozenset({Outcome.BLOCKED, Outcome.BOUNCED, Outcome.DROPPED, Outcome.COMPLAINED})


class MemberFailure(NamedTuple):
    """What went wrong with one member's message, as the provider says it, with the address it names."""

    place: int
    outcome: Outcome
    reason: str
    address: str
    at: int


class Effect(NamedTuple):
    """What an event says of a person and the address it names; what follows is for `subscribers` to decide."""

    place: int
    reject_reason: RejectReason
    address: str
    reason: str
    at: int


@dataclass(slots=True)
class FoldedBatch:
    """A batch after some events, and what others have to know. `clicks` counts by pick and whether by a machine."""

    state: BatchState
    outcomes: Outcomes
    proven: str  # the attempt that went through, if one is known to have
    failures: list[MemberFailure] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    alarms: Counter[str] = field(default_factory=Counter)
    clicks: Counter[tuple[str, bool]] = field(default_factory=Counter)


def fold_batch(
    state: BatchState, attempt: str, outcomes: Outcomes, events: Sequence[Event], *, proven: str
) -> FoldedBatch:
    """The batch in `state`, whose latest attempt has the key `attempt`, after these events of it.

    `proven` is the attempt that earlier events proved; "" where none did.
    """
    folded = FoldedBatch(state, outcomes, proven or (attempt if state == BatchState.ACCEPTED else ""))
    events = [event for event in events if 0 <= event.place < len(outcomes)]  # the others are damaged
    for each in dict.fromkeys(event.attempt for event in events if event.attempt):
        _prove_attempt(folded, each, latest=attempt)
    machines = find_machine_clicks(events)
    for event in sorted(events, key=lambda event: event.at):
        _record_alarms(folded, event)
        _apply_event(folded, event)
        if event.type in (EventType.OPENED, EventType.CLICKED):
            _record_engagement(folded, event, machine=event.machine or event.id in machines)
    return folded


def _prove_attempt(folded: FoldedBatch, attempt: str, *, latest: str) -> None:
    """One event of a request proves that all of it was accepted (SendGrid facts 22 and 28a).

    So does one of an earlier attempt that had been given up: who is still planned was in it, and must not get a second
    copy. A later attempt that is in flight at this moment cannot be stopped any more: the batch stays its own, until
    its answer or its lease, and if it goes through too, they have it twice.

    Where somebody of the batch is known to be mailed and another unknown or in flight once more, the request was not
    all or nothing (a provider that takes messages one by one): then an event proves its own message alone.
    """
    outcomes = folded.outcomes
    reached = outcomes.list_accepted()
    if folded.proven not in ("", attempt):
        _alarm_twice(folded, reached)
    waiting = outcomes.list_places(Outcome.PLANNED) if not reached or folded.state != BatchState.SENDING else []
    if not reached:
        waiting += outcomes.list_places(Outcome.UNKNOWN)
        if folded.proven != attempt:  # else it is known, and they are sent it again all the same: they bounced
            _alarm_twice(folded, outcomes.list_places(Outcome.REPAIRED))  # they are in a later batch as well
    outcomes.mark(waiting, Outcome.ACCEPTED)
    if folded.state == BatchState.SENDING:  # with some of it still to be proven, it stays in its worker's hands
        is_settled = attempt == latest and not outcomes.list_places(Outcome.PLANNED)
    else:
        is_settled = bool(waiting)
    if is_settled:
        folded.state = states.derive_batch_state(outcomes.count_outcomes())
    folded.proven = folded.proven or attempt


def _alarm_twice(folded: FoldedBatch, places: Sequence[int]) -> None:
    """Says of members that they may have it twice; each counts once."""
    fresh = [place for place in places if not folded.outcomes.has_flag(place, MemberFlag.SENT_TWICE)]
    for place in fresh:
        folded.outcomes.set_flag(place, MemberFlag.SENT_TWICE)
    if fresh:
        folded.alarms[states.SENT_TWICE_ALARM] += len(fresh)


def _record_alarms(folded: FoldedBatch, event: Event) -> None:
    """Says so when a message went out that the ledger says did not; each member counts once."""
    outcomes, place = folded.outcomes, event.place
    if outcomes[place] == Outcome.REPAIRED:
        if event.attempt != folded.proven or event.type in _HAVE_IT:
            _alarm_twice(folded, [place])
    elif outcomes[place] in _NOT_MAILED and not _is_known_recall(outcomes[place], event):
        folded.alarms[f"The provider mailed subscribers who count as {outcomes[place].key}."] += 1


def _is_known_recall(outcome: Outcome, event: Event) -> bool:
    """Whether an event says only what is known: what was recalled had been accepted before."""
    return outcome is Outcome.RECALLED and event.type is EventType.ACCEPTED


def _apply_event(folded: FoldedBatch, event: Event) -> None:
    outcome, before = _OUTCOMES.get(event.type, Outcome.PLANNED), folded.outcomes[event.place]
    left_now = event.type is EventType.UNSUBSCRIBED and not folded.outcomes.has_flag(
        event.place, MemberFlag.UNSUBSCRIBED
    )
    if left_now:
        folded.outcomes.set_flag(event.place, MemberFlag.UNSUBSCRIBED)
    if outcome > before:
        folded.outcomes.mark((event.place,), outcome)
        # A batch in flight stays in flight until its own attempt is answered or proven: a member that an earlier
        # attempt reached would make the rest planned again, and a second worker would send them meanwhile.
        if not before.was_accepted and folded.state != BatchState.SENDING:
            folded.state = states.derive_batch_state(folded.outcomes.count_outcomes())
        if outcome in _FAILURES:
            folded.failures.append(MemberFailure(event.place, outcome, event.reason, event.address, event.at))
    if event.reject_reason is RejectReason.QUOTA:
        folded.outcomes.set_flag(event.place, MemberFlag.STILL_OWED)
    elif event.reject_reason and (outcome > before or left_now or _complains_of_first(before, event)):
        folded.effects.append(Effect(event.place, event.reject_reason, event.address, event.reason, event.at))


def _complains_of_first(before: Outcome, event: Event) -> bool:
    """Whether somebody who is sent it again complains of what they had first: that counts, whatever is counted."""
    return before is Outcome.REPAIRED and event.reject_reason is RejectReason.COMPLAINED


def _record_engagement(folded: FoldedBatch, event: Event, *, machine: bool) -> None:
    if event.type is EventType.OPENED:
        folded.outcomes.set_flag(event.place, MemberFlag.OPENED_BY_MACHINE if machine else MemberFlag.OPENED)
        return
    folded.outcomes.set_flag(event.place, MemberFlag.CLICKED_BY_MACHINE if machine else MemberFlag.CLICKED)
    if event.pick:
        folded.clicks[event.pick, machine] += 1
