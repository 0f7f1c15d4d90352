"""What a provider answers, written down: what became of each member of a batch, and where the batch goes from here."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from typing import Any

from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import F

from newsletter.delivery import alarms, models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, MemberFlag, Outcome
from newsletter.delivery.providers.base import Answer
from newsletter.delivery.sending import allowance, claims, ledger_rows, mailings, probing, retry
from newsletter.delivery.sending.claims import Claim
from newsletter.delivery.sending.prepared_batches import PreparedBatch

log = logging.getLogger(__name__)

RECORD_RETRY_SECONDS = (0.5, 1, 2, 4, 8, 15, 30, 60, 120)  # some four minutes: after the lease it would be unknown


def record_answer(prepared: PreparedBatch, answer: Answer, clock: Callable[[], datetime]) -> None:
    """Writes an answer down, waiting for a database that is locked, full or away: only this process knows it."""
    for seconds in RECORD_RETRY_SECONDS:
        try:
            return _record(prepared, answer, clock())
        except DatabaseError as error:
            log.warning(
                "The answer to batch %s could not be stored (%s); again in %s s", prepared.claim.id, error, seconds
            )
            close_old_connections()
            time.sleep(seconds)
    return _record(prepared, answer, clock())


def _record(prepared: PreparedBatch, answer: Answer, now: datetime) -> None:
    """Writes an answer down: what became of each member, and where the batch goes from here."""
    claim, outcomes = prepared.claim, prepared.outcomes
    if claim.probes and (answer.accepted or answer.accepted_places):
        probing.note_accepted(claim.mailing_id, now)
    if answer.accepted:
        outcomes.settle(Outcome.ACCEPTED)
        state = states.derive_batch_state(outcomes.count_outcomes())
        if claims.record_accepted(claim, state, outcomes.pack(), answer.provider_id, now):
            return
    answer = _interpret_answer(prepared, answer)
    waiting = _mark_named(prepared, answer)
    proven = answer.permanent and _has_accepted_batch(claim.mailing_id)
    following = retry.decide_next_step(
        answer,
        attempt=claim.attempt,
        now=now,
        jitter=random.random(),  # noqa: S311
        some_named=len(waiting) < len(prepared.places),
        message_proven=proven,
        may_have_reached=answer.permanent and not proven and _may_have_reached_somebody(claim, answer),
        lost_answers=_count_lost_answers(claim.mailing_id) if answer.unknown else 0,
        most_lost=claim.probes or retry.MAX_LOST_ANSWERS,
    )
    outcomes.mark(waiting, following.outcome)
    while not _store_answer(prepared, answer, following.retry_at, now):
        pass  # events changed the row between reading and writing it: once more, on what it says now
    if following.pause_reason:
        mailings.pause_on_error(claim.mailing_id, following.pause_reason)
    if answer.retry_at and following.retry_at:  # the provider means us, not this batch
        allowance.close_until(prepared.mailing.provider, min(answer.retry_at, following.retry_at), now)
    if not answer.accepted:
        log.warning("Batch %s of mailing %s: %s, %s", claim.number, claim.mailing_id, answer.kind, answer.message)


def _interpret_answer(prepared: PreparedBatch, answer: Answer) -> Answer:
    """The answer as it is meant: one that names everybody, before anybody was mailed, is about the message itself."""
    everybody = len(answer.refused_places) >= len(prepared.places) > 1
    return (
        replace(answer, refused_places={})
        if everybody and not _has_accepted_batch(prepared.claim.mailing_id)
        else answer
    )


def _mark_named(prepared: PreparedBatch, answer: Answer) -> list[int]:
    """Marks the members an answer speaks of one by one; the places of the others."""
    outcomes, places = prepared.outcomes, prepared.places
    for named, outcome in (
        (answer.accepted_places, Outcome.ACCEPTED),
        (answer.refused_places, Outcome.REFUSED),
        (answer.unknown_places, Outcome.UNKNOWN),
    ):
        outcomes.mark([places[index] for index in named if index < len(places)], outcome)
    return [place for place in places if outcomes[place] == Outcome.PLANNED]


def _has_accepted_batch(mailing_id: int) -> bool:
    return models.Batch.objects.filter(mailing_id=mailing_id, state=BatchState.ACCEPTED).exists()


def _may_have_reached_somebody(claim: Claim, answer: Answer) -> bool:
    """Whether somebody has it, or may have it, by this answer or by what was stored before."""
    if answer.accepted_places or answer.unknown_places:
        return True
    return mailings.may_have_reached_somebody(claim.mailing_id, in_hand=claim.id)


def _count_lost_answers(mailing_id: int) -> int:
    """How many of the latest answers of a mailing were lost, none having come in between."""
    answered = models.Batch.objects.filter(mailing_id=mailing_id, submitted_at__isnull=False)
    latest = answered.order_by("-submitted_at", "-id").values_list("state", flat=True)[: retry.MAX_LOST_ANSWERS]
    return sum(1 for _ in takewhile(BatchState.UNKNOWN.__eq__, latest))


def _store_answer(prepared: PreparedBatch, answer: Answer, retry_at: datetime | None, now: datetime) -> bool:
    """Stores an answer, with what events have reported of the batch meanwhile. False when the row changed under it."""
    claim = prepared.claim
    with transaction.atomic():
        row = models.Batch.objects.filter(id=claim.id, attempt_key=claim.attempt_key).first()
        if row is None:
            return True
        known = Outcomes(row.outcomes, row.format)
        prepared.outcomes.merge(known)
        twice = _flag_twice(prepared, known) if answer.accepted and row.proven_attempt else 0
        state = states.derive_batch_state(prepared.outcomes.count_outcomes())
        # An answer that comes after its lease ran out still settles a batch that was set to unknown. Where an
        # event was faster than the answer, the batch counts as accepted already.
        settles = row.state == BatchState.SENDING or (
            row.state == BatchState.UNKNOWN and states.can_become(states.BATCH_TRANSITIONS, BatchState.UNKNOWN, state)
        )
        if not settles:
            return True
        values: dict[str, Any] = {
            "state": state,
            "outcomes": prepared.outcomes.pack(),
            "provider_id": answer.provider_id[:200],
            "error": answer.message,
            "lease_owner": "",
            "lease_until": None,
            "version": F("version") + 1,
        }
        if state == BatchState.PLANNED:
            in_vain = known.count_outcomes() == prepared.outcomes.count_outcomes()
            failing_since = row.failing_since or now
            values |= {"due_at": retry_at, "failing_since": failing_since if in_vain else None}
        else:
            values |= {"submitted_at": now, "failing_since": None}
        if not models.Batch.objects.filter(id=claim.id, version=row.version, state=row.state).update(**values):
            return False
        if twice:
            alarms.raise_alarm(claim.mailing_id, states.SENT_TWICE_ALARM, now, count=twice)
        _record_refused(prepared, answer, now)
    return True


def _flag_twice(prepared: PreparedBatch, known: Outcomes) -> int:
    """Flags whom an earlier attempt had reached: an event proved it while this one was in flight. Returns how many."""
    twice = [place for place in prepared.places if known[place].was_accepted]
    for place in twice:
        prepared.outcomes.set_flag(place, MemberFlag.SENT_TWICE)
    return len(twice)


def _record_refused(prepared: PreparedBatch, answer: Answer, now: datetime) -> None:
    """A row for every recipient the provider refused, with its reason."""
    models.DeliveryException.objects.bulk_create(
        ledger_rows.build_exception(
            prepared.claim,
            prepared.members[prepared.places[index]],
            address=prepared.recipients[index].address,
            kind=Outcome.REFUSED.key,
            reason=reason,
            at=now,
        )
        for index, reason in answer.refused_places.items()
        if index < len(prepared.places)
    )
