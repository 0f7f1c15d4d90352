"""Handing batches over, one at a time. Any number of threads and machines may do so at once.

    planned ─claim (lease)─▶ claimed ─about to send, committed─▶ sending ─answer─▶ accepted · refused · unknown

The ledger says `sending` before the first byte leaves. A process that finds an expired lease knows from the
state whether anything can have left: from `claimed` nothing, from `sending` nobody knows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Value
from django.db.models.functions import Coalesce

from newsletter.delivery import installation, isolation, models
from newsletter.delivery.installation import Standing
from newsletter.delivery.ledger.states import BatchState
from newsletter.delivery.providers.base import Answer, AnswerKind, Provider, SendRequest
from newsletter.delivery.sending import answers, claims, late_mailings, prepared_batches
from newsletter.delivery.sending.claims import Claim
from newsletter.delivery.sending.expired_leases import LEASE, recover_expired_leases
from newsletter.delivery.sending.prepared_batches import PreparedBatch
from newsletter.delivery.state_folder import AttemptNote
from newsletter.kernel import ids
from newsletter.kernel.errors import SurroundingsError

LONGEST_PREPARATION = timedelta(seconds=5)  # of a batch under a limit: what leaves later is a burst
LONGEST_BEGIN = timedelta(seconds=30)  # between the note that an attempt begins and its first byte
_SLEPT = Answer(AnswerKind.REFUSED, "The process slept before the request left: nothing was sent.")


def hand_over_next(
    now: datetime,
    *,
    owner: str,
    provider: Provider,
    clock: Callable[[], datetime],
    has_new_key: Callable[[str], bool] = lambda account: False,
) -> bool:
    """Hands one due batch over. Returns whether there was one. `clock` is asked again when the answer is there.

    `has_new_key` says whether there is another key than that of an account which the provider refused.
    """
    standing = installation.get_standing(now)
    if standing.held:
        return False
    claim = _claim_due(now, owner, provider)
    if claim is None or _hold_if_gone_back(claim, now):
        return False
    if claim.number == 1 and not claim.attempt:
        installation.raise_mark(now)  # so that a backup of before this mailing is known for one
        models.Mailing.objects.filter(id=claim.mailing_id, started_at=None).update(started_at=now)
    attempt = ids.generate_id()
    made = _prepare(claim, attempt, now)
    if made is None:
        return True
    prepared, request = made
    ready, beginning = clock(), time.monotonic()
    slow = claim.limited and ready - now > LONGEST_PREPARATION  # its minute is over, and others have their own
    if slow or late_mailings.hold_batch_if_late(claim, ready):
        claims.give_back(claim)
        return True
    begun = _begin_attempt(prepared, attempt, ready, standing)
    if begun is None:
        return True
    late_mailings.note_underway(claim, ready)
    failure = _note_attempt(begun, standing, ready)
    passed = max(clock() - ready, timedelta(seconds=time.monotonic() - beginning))
    if failure is None and passed > LONGEST_BEGIN:
        failure = _SLEPT
        installation.note_answer(standing.history, attempt, failure.kind, ready)
    answer = failure or _send(request, provider, standing, ready)
    if answer.key_refused and has_new_key(provider.account):  # nothing is wrong with the mailing
        answer = replace(answer, permanent=False, stop=False)
    answers.record_answer(begun, answer, clock)
    return True


def _claim_due(now: datetime, owner: str, provider: Provider) -> Claim | None:
    """A due batch; where there is none, one that died in other hands: that can wait for what is due."""
    claim = _claim_batch(now, owner, provider)
    if claim is None and recover_expired_leases(now):
        claim = _claim_batch(now, owner, provider)
    return claim


def _claim_batch(now: datetime, owner: str, provider: Provider) -> Claim | None:
    return claims.claim_batch(now, until=now + LEASE, owner=owner, provider=provider.name, account=provider.account)


def _hold_if_gone_back(claim: Claim, now: datetime) -> bool:
    """Holds all sending where a batch was begun more often than its row says. Whether it is so."""
    if not installation.has_gone_back(claim.key, claim.begun):
        return False
    installation.hold("The database went back in time under a running worker. A backup was restored.", now)
    claims.give_back(claim)
    return True


def _prepare(claim: Claim, attempt: str, now: datetime) -> tuple[PreparedBatch, SendRequest] | None:
    """The batch and its request; None where nobody stays, or it fails. Before it begins: it is tried again then."""
    try:
        prepared = prepared_batches.prepare_batch(claim, now)
        return (prepared, prepared_batches.build_request(prepared, attempt, now)) if prepared else None
    except isolation.DATABASE_AWAY:
        raise
    except Exception as error:
        _give_back_failed(claim, error, now)
        return None


def _give_back_failed(claim: Claim, error: Exception, now: datetime) -> None:
    """Lets a batch wait that cannot be prepared, longer each time; the others go on."""
    again = isolation.note_failure(isolation.PREPARE_BATCH, claim.id, error, now, mailing_id=claim.mailing_id)
    claims.select_claimed(claim).update(
        state=BatchState.PLANNED,
        lease_until=None,
        due_at=again,
        error=str(error)[:2_000],
        failing_since=Coalesce("failing_since", Value(now)),
    )


def _begin_attempt(prepared: PreparedBatch, attempt: str, now: datetime, standing: Standing) -> PreparedBatch | None:
    """Commits that this attempt begins; None when the claim is lost, the mailing was stopped, or sending is held."""
    claim = claims.begin_attempt(prepared.claim, attempt, until=now + LEASE, standing=standing)
    if claim is None:
        installation.is_held(now)  # finds out whether the rows went back under us
        claims.give_back(prepared.claim)
        return None
    return replace(prepared, claim=claim)


def _note_attempt(prepared: PreparedBatch, standing: Standing, now: datetime) -> Answer | None:
    """Notes an attempt outside the database, before its first byte leaves. What cannot be noted does not leave."""
    try:
        installation.note_attempt(_build_note(prepared, standing, now), now)
    except SurroundingsError as error:
        return Answer(AnswerKind.REFUSED, str(error))
    return None


def _build_note(prepared: PreparedBatch, standing: Standing, now: datetime) -> AttemptNote:
    claim, mailing = prepared.claim, prepared.mailing
    return AttemptNote(
        history=standing.history,
        at=now.isoformat(),
        mailing=mailing.key,
        kind=mailing.kind,
        newsletter_id=mailing.newsletter_id,
        edition_id=mailing.edition_id,
        edition_date=mailing.edition_date,
        snapshot_id=mailing.snapshot_id,
        batch=claim.key,
        number=claim.number,
        begun=claim.begun,
        attempt=claim.attempt_key,
        stratum=claim.stratum,
        variant=claim.variant,
        language=claim.language,
        tracking=claim.tracking,
        format=claim.format,
        members=bytes(claim.members),
        places=None if len(prepared.places) == len(prepared.members) else tuple(prepared.places),
    )


def _send(request: SendRequest, provider: Provider, standing: Standing, now: datetime) -> Answer:
    answer = provider.send_batch(request, now)
    as_a_whole = not (answer.refused_places or answer.accepted_places or answer.unknown_places)
    if as_a_whole and not answer.unknown:
        installation.note_answer(standing.history, request.attempt, answer.kind, now)
    return answer


def forget_prepared() -> int:
    """Forgets the failures of batches that were prepared after all. Returns how many."""
    failed = set(models.FailedItem.objects.filter(step=isolation.PREPARE_BATCH).values_list("item", flat=True))
    open_states = (BatchState.PLANNED, BatchState.CLAIMED)
    waiting = models.Batch.objects.filter(id__in=failed, state__in=open_states).values_list("id", flat=True)
    done = failed.difference(waiting)
    isolation.forget(isolation.PREPARE_BATCH, done)
    return len(done)
