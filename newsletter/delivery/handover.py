"""Handing batches over, one at a time. Any number of threads and machines may do so at once.

    planned ─claim (lease)─▶ claimed ─about to send, committed─▶ sending ─answer─▶ accepted · refused · unknown

The ledger says `sending` before the first byte leaves. Whoever finds a lease run out knows from the
state whether anything can have left: from `claimed` nothing, from `sending` nobody knows.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.db.models import F

from newsletter.catalog import reads as catalog
from newsletter.curator import reads as editions
from newsletter.delivery import ledger, mailings, models, retry, states
from newsletter.delivery.envelopes import envelope
from newsletter.delivery.providers.base import Answer, Envelope, Provider, Recipient, Request
from newsletter.delivery.states import Outcome
from newsletter.kernel import ids
from newsletter.kernel.errors import NewsletterError
from subscribers import reads as subscribers

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # longer than a provider's slowest answer
LOOKED_AT = 16


def hand_over_next(now: datetime, *, owner: str, provider: Provider, clock: Callable[[], datetime]) -> bool:
    """Hands one due batch over. Returns whether there was one. `clock` is asked again when the answer is there."""
    recover(now)
    batch = _claimed(now, owner, provider.name)
    if batch is None:
        return False
    prepared = _prepare(batch, now)
    if prepared is None:
        return True
    request = _about_to_send(batch, prepared, owner, now)
    if request is not None:
        _record(batch, prepared, provider.send_batch(request, now), clock())
    return True


def recover(now: datetime) -> int:
    """Settles what died in other hands: a claim goes back to planned, a request in flight becomes unknown."""
    late = models.Batch.objects.filter(lease_until__lt=now)
    back = late.filter(state=states.CLAIMED).update(state=states.PLANNED, lease_owner="", lease_until=None)
    for batch in late.filter(state=states.SENDING):
        outcomes = ledger.Outcomes(batch.outcomes, batch.format)
        outcomes.mark(outcomes.places(Outcome.PLANNED), Outcome.UNKNOWN)
        rows = models.Batch.objects.filter(id=batch.id, state=states.SENDING, attempt_key=batch.attempt_key)
        back += rows.update(
            state=states.UNKNOWN,
            outcomes=outcomes.packed(),
            error="The process that was sending ended before the answer came.",
            lease_until=None,
            handed_over_at=now,
            version=F("version") + 1,
        )
    return back


def _claimed(now: datetime, owner: str, provider: str) -> models.Batch | None:
    due = models.Batch.objects.filter(
        state=states.PLANNED, due_at__lte=now, mailing__state=states.SENDING, mailing__provider=provider
    )
    for batch_id in due.order_by("due_at", "id").values_list("id", flat=True)[:LOOKED_AT]:
        mine = models.Batch.objects.filter(id=batch_id, state=states.PLANNED)
        if mine.update(state=states.CLAIMED, lease_owner=owner, lease_until=now + LEASE):
            return models.Batch.objects.select_related("mailing").get(id=batch_id)
    return None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A batch ready to leave: `places` are the members' places, in the order of `recipients`."""

    envelope: Envelope
    recipients: tuple[Recipient, ...]
    places: tuple[int, ...]
    outcomes: ledger.Outcomes


def _prepare(batch: models.Batch, now: datetime) -> _Prepared | None:
    """Reads who is in the batch, with the addresses of the freeze, and withdraws those who left since."""
    mailing = batch.mailing
    try:
        members = ledger.unpack_members(batch.members, batch.format)
        outcomes = ledger.Outcomes(batch.outcomes, batch.format)
        cover = _envelope(mailing.snapshot_id, mailing.newsletter_id, settings.CONFIG.base_url)
    except NewsletterError as error:
        models.Batch.objects.filter(id=batch.id).update(
            state=states.PLANNED, lease_until=None, due_at=now + LEASE, error=str(error)
        )
        raise
    wanted = outcomes.places(Outcome.PLANNED)
    assert mailing.frozen_at is not None
    people = subscribers.recipients(mailing.list_id, [members[place] for place in wanted], as_of=mailing.frozen_at)
    staying = [(place, person) for place, person in zip(wanted, people, strict=True) if not person.left]
    gone = [(place, person) for place, person in zip(wanted, people, strict=True) if person.left]
    if gone:
        _withdraw(batch, outcomes, gone, now)
    if not staying:
        outcome = states.ACCEPTED if outcomes.places(Outcome.ACCEPTED) else states.WITHDRAWN
        models.Batch.objects.filter(id=batch.id, state=states.CLAIMED).update(state=outcome, lease_until=None)
        return None
    signer = subscribers.signer()
    recipients = tuple(
        Recipient(
            f"{batch.key}.{place}",
            person.address,
            person.first_name,
            signer.footer(mailing.list_id, person.subscriber_id),
        )
        for place, person in staying
    )
    return _Prepared(cover, recipients, tuple(place for place, _ in staying), outcomes)


@lru_cache(maxsize=4)  # a snapshot never changes, and every batch of its mailing needs it
def _envelope(snapshot_id: int, newsletter_id: int, base_url: str) -> Envelope:
    return envelope(editions.snapshot(snapshot_id).rendered(), catalog.newsletter(newsletter_id), base_url=base_url)


def _withdraw(
    batch: models.Batch,
    outcomes: ledger.Outcomes,
    gone: Sequence[tuple[int, subscribers.Recipient]],
    now: datetime,
) -> None:
    outcomes.mark([place for place, _ in gone], Outcome.WITHDRAWN)
    with transaction.atomic():
        models.Batch.objects.filter(id=batch.id, state=states.CLAIMED).update(
            outcomes=outcomes.packed(), version=F("version") + 1
        )
        models.Incident.objects.bulk_create(
            models.Incident(
                mailing_id=batch.mailing_id,
                batch_id=batch.id,
                subscriber_id=person.subscriber_id,
                address=person.address,
                kind="withdrawn",
                reason=f"{person.left} after the audience was frozen",
                at=now,
            )
            for _, person in gone
        )


def _about_to_send(batch: models.Batch, prepared: _Prepared, owner: str, now: datetime) -> Request | None:
    """Commits that this attempt begins; None when the claim is lost or the mailing was stopped meanwhile."""
    attempt = ids.opaque()
    mine = models.Batch.objects.filter(
        id=batch.id, state=states.CLAIMED, lease_owner=owner, mailing__state=states.SENDING
    )
    if not mine.update(state=states.SENDING, attempt=F("attempt") + 1, attempt_key=attempt, lease_until=now + LEASE):
        models.Batch.objects.filter(id=batch.id, state=states.CLAIMED, lease_owner=owner).update(
            state=states.PLANNED, lease_until=None
        )
        return None
    models.Mailing.objects.filter(id=batch.mailing_id, started_at=None).update(started_at=now)
    batch.attempt_key, batch.attempt = attempt, batch.attempt + 1
    return Request(prepared.envelope, prepared.recipients, batch.mailing.key, batch.key, attempt)


def _record(batch: models.Batch, prepared: _Prepared, answer: Answer, now: datetime) -> None:
    """Writes an answer down: members first, then where the batch goes from here."""
    outcomes, places = prepared.outcomes, prepared.places
    outcomes.mark([places[index] for index in answer.done], Outcome.ACCEPTED)
    outcomes.mark([places[index] for index in answer.bad if index < len(places)], Outcome.REFUSED)
    waiting = [place for place in places if outcomes[place] == Outcome.PLANNED]
    state, due_at = states.PLANNED, now
    if answer.accepted:
        state = states.ACCEPTED
        outcomes.mark(waiting, Outcome.ACCEPTED)
    elif answer.unknown:
        state = states.UNKNOWN
        outcomes.mark(waiting, Outcome.UNKNOWN)
    elif not waiting:
        state = states.ACCEPTED if outcomes.places(Outcome.ACCEPTED) else states.REFUSED
    elif answer.bad or answer.stop:
        pass  # at once without those, or when somebody has mended the settings
    elif answer.permanent:
        state = states.REFUSED
        outcomes.mark(waiting, Outcome.REFUSED)
    else:
        again = retry.again_at(now, batch.attempt, asked=answer.again_at, jitter=random.random())  # noqa: S311
        due_at = again or now
        if again is None:
            mailings.pause(
                batch.mailing_id,
                by="worker",
                now=now,
                reason=f"Tried {batch.attempt} times in vain: {answer.message}",
            )
    with transaction.atomic():
        models.Batch.objects.filter(id=batch.id, state=states.SENDING, attempt_key=batch.attempt_key).update(
            state=state,
            outcomes=outcomes.packed(),
            provider_id=answer.provider_id[:200],
            error=answer.message,
            due_at=due_at if state == states.PLANNED else F("due_at"),
            handed_over_at=None if state == states.PLANNED else now,
            lease_owner="",
            lease_until=None,
            version=F("version") + 1,
        )
        _note_refused(batch, prepared, answer, now)
    if answer.stop:
        _stop(batch.mailing_id, answer.message, now)
    if not answer.accepted:
        log.warning("Batch %s of mailing %s: %s, %s", batch.number, batch.mailing_id, answer.kind, answer.message)


def _note_refused(batch: models.Batch, prepared: _Prepared, answer: Answer, now: datetime) -> None:
    """A row for every single recipient the provider would not take, with what it said."""
    if not answer.bad:
        return
    members = ledger.unpack_members(batch.members, batch.format)
    models.Incident.objects.bulk_create(
        models.Incident(
            mailing_id=batch.mailing_id,
            batch_id=batch.id,
            subscriber_id=members[prepared.places[index]],
            address=prepared.recipients[index].address,
            kind="refused",
            reason=reason,
            at=now,
        )
        for index, reason in answer.bad.items()
        if index < len(prepared.places)
    )


def _stop(mailing_id: int, reason: str, now: datetime) -> None:
    if models.Mailing.objects.filter(id=mailing_id, state=states.SENDING).exists():
        mailings.pause(mailing_id, by="worker", now=now, reason=reason)
