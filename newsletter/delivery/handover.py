"""Handing batches over, one at a time. Any number of threads and machines may do so at once.

    planned ─claim (lease)─▶ claimed ─about to send, committed─▶ sending ─answer─▶ accepted · refused · unknown

The ledger says `sending` before the first byte leaves. Whoever finds a lease run out knows from the
state whether anything can have left: from `claimed` nothing, from `sending` nobody knows.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import F, QuerySet

from newsletter.catalog import reads as catalog
from newsletter.curator import reads as editions
from newsletter.delivery import ledger, mailings, models, retry, rows, states
from newsletter.delivery.envelopes import envelope
from newsletter.delivery.providers.base import Answer, Envelope, Provider, Recipient, Request
from newsletter.delivery.states import Outcome
from newsletter.kernel import ids
from newsletter.kernel.errors import NewsletterError
from newsletter.templater import Rendered
from subscribers import reads as subscribers

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # longer than a provider's slowest answer
LOOKED_AT = 16
RECORD_AGAIN_SECONDS = (0.5, 1, 2, 4, 8, 15, 30, 60, 120)  # some four minutes: after the lease it would be unknown


def hand_over_next(now: datetime, *, owner: str, provider: Provider, clock: Callable[[], datetime]) -> bool:
    """Hands one due batch over. Returns whether there was one. `clock` is asked again when the answer is there."""
    batch = _claimed(now, owner, provider.name)
    if batch is None and recover(now):  # what died in other hands can wait for what is due
        batch = _claimed(now, owner, provider.name)
    if batch is None:
        return False
    prepared = _prepare(batch, now)
    if prepared is None:
        return True
    request = _about_to_send(batch, prepared, now)
    if request is not None:
        _record_surely(batch, prepared, provider.send_batch(request, now), clock)
    return True


def recover(now: datetime) -> int:
    """Settles what died in other hands: a claim goes back to planned, a request in flight becomes unknown."""
    late = models.Batch.objects.filter(lease_until__lt=now)
    back = late.filter(state=states.CLAIMED).update(state=states.PLANNED, lease_owner="", lease_until=None)
    for batch in late.filter(state=states.SENDING):
        outcomes = ledger.Outcomes(batch.outcomes, batch.format)
        outcomes.mark(outcomes.places(Outcome.PLANNED), Outcome.UNKNOWN)
        lost = models.Batch.objects.filter(id=batch.id, state=states.SENDING, attempt_key=batch.attempt_key)
        back += lost.update(
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
        newsletter = catalog.newsletter(mailing.newsletter_id)  # read each time: a sender may be mended in mid-mailing
        cover = envelope(_rendered(mailing.snapshot_id), newsletter, base_url=settings.CONFIG.base_url)
    except NewsletterError as error:
        _held(batch).update(state=states.PLANNED, lease_until=None, due_at=now + LEASE, error=str(error))
        raise
    wanted = outcomes.places(Outcome.PLANNED)
    assert mailing.frozen_at is not None
    people = subscribers.recipients(mailing.list_id, [members[place] for place in wanted], as_of=mailing.frozen_at)
    staying = [(place, person) for place, person in zip(wanted, people, strict=True) if not person.left]
    gone = [(place, person) for place, person in zip(wanted, people, strict=True) if person.left]
    if gone:
        _withdraw(batch, outcomes, gone, now)
    if not staying:
        _held(batch).update(state=states.batch_state(outcomes.counts()), lease_until=None)
        return None
    token = subscribers.signer().footers(mailing.list_id)
    recipients = tuple(
        [
            Recipient(f"{batch.key}.{place}", person.address, person.first_name, token(person.subscriber_id))
            for place, person in staying
        ]
    )
    return _Prepared(cover, recipients, tuple(place for place, _ in staying), outcomes)


@lru_cache(maxsize=4)  # a snapshot never changes, and every batch of its mailing needs it
def _rendered(snapshot_id: int) -> Rendered:
    return editions.snapshot(snapshot_id).rendered()


def _held(batch: models.Batch) -> QuerySet[models.Batch]:
    """The batch as long as it is ours: a claim that ran out may be another worker's by now."""
    return models.Batch.objects.filter(id=batch.id, state=states.CLAIMED, lease_owner=batch.lease_owner)


def _withdraw(
    batch: models.Batch,
    outcomes: ledger.Outcomes,
    gone: Sequence[tuple[int, subscribers.Recipient]],
    now: datetime,
) -> None:
    outcomes.mark([place for place, _ in gone], Outcome.WITHDRAWN)
    with transaction.atomic():
        if not _held(batch).update(outcomes=outcomes.packed(), version=F("version") + 1):
            return
        models.Incident.objects.bulk_create(
            rows.incident(
                batch,
                person.subscriber_id,
                address=person.address,
                kind="withdrawn",
                reason=f"{person.left} after the audience was frozen",
                at=now,
            )
            for _, person in gone
        )


def _about_to_send(batch: models.Batch, prepared: _Prepared, now: datetime) -> Request | None:
    """Commits that this attempt begins; None when the claim is lost or the mailing was stopped meanwhile."""
    attempt = ids.opaque()
    mine = _held(batch).filter(mailing__state=states.SENDING)
    if not mine.update(state=states.SENDING, attempt=F("attempt") + 1, attempt_key=attempt, lease_until=now + LEASE):
        _held(batch).update(state=states.PLANNED, lease_until=None)
        return None
    if batch.mailing.started_at is None:
        models.Mailing.objects.filter(id=batch.mailing_id, started_at=None).update(started_at=now)
    batch.attempt_key, batch.attempt = attempt, batch.attempt + 1
    return Request(prepared.envelope, prepared.recipients, batch.mailing.key, batch.key, attempt)


def _record_surely(batch: models.Batch, prepared: _Prepared, answer: Answer, clock: Callable[[], datetime]) -> None:
    """Writes an answer down, waiting for a database that is locked, full or away: only this process knows it."""
    for seconds in RECORD_AGAIN_SECONDS:
        try:
            return _record(batch, prepared, answer, clock())
        except DatabaseError as error:
            log.warning("The answer to batch %s could not be stored (%s); again in %s s", batch.id, error, seconds)
            close_old_connections()
            time.sleep(seconds)
    return _record(batch, prepared, answer, clock())


def _record(batch: models.Batch, prepared: _Prepared, answer: Answer, now: datetime) -> None:
    """Writes an answer down: what became of each member, and where the batch goes from here."""
    outcomes = prepared.outcomes
    answer = _about_people(batch, prepared, answer)
    waiting = _mark_named(prepared, answer)
    following = retry.after(
        answer,
        attempt=batch.attempt,
        now=now,
        jitter=random.random(),  # noqa: S311
        named=len(waiting) < len(prepared.places),
        proven=answer.permanent and _went_through(batch.mailing_id),
        lost_before=_lost_before(batch.mailing_id) if answer.unknown else 0,
    )
    outcomes.mark(waiting, following.outcome)
    while not _stored(batch, prepared, answer, following.again_at, now):
        pass  # events changed the row between reading and writing it: once more, on what it says now
    if following.stop:
        mailings.stop(batch.mailing_id, following.stop)
    if answer.again_at and following.again_at:  # the provider means us, not this batch: the others wait with it
        others = models.Batch.objects.filter(mailing_id=batch.mailing_id, state=states.PLANNED)
        ready = min(answer.again_at, following.again_at)
        others.filter(due_at__lt=ready).update(due_at=ready)
    if not answer.accepted:
        log.warning("Batch %s of mailing %s: %s, %s", batch.number, batch.mailing_id, answer.kind, answer.message)


def _about_people(batch: models.Batch, prepared: _Prepared, answer: Answer) -> Answer:
    """The answer as it is meant: one that names everybody, before anybody was mailed, is about the message itself."""
    everybody = len(answer.bad) >= len(prepared.places) > 1
    return replace(answer, bad={}) if everybody and not _went_through(batch.mailing_id) else answer


def _mark_named(prepared: _Prepared, answer: Answer) -> list[int]:
    """Marks the members an answer speaks of one by one; the places of the others."""
    outcomes, places = prepared.outcomes, prepared.places
    for named, outcome in (
        (answer.done, Outcome.ACCEPTED),
        (answer.bad, Outcome.REFUSED),
        (answer.unsure, Outcome.UNKNOWN),
    ):
        outcomes.mark([places[index] for index in named if index < len(places)], outcome)
    return [place for place in places if outcomes[place] == Outcome.PLANNED]


def _went_through(mailing_id: int) -> bool:
    return models.Batch.objects.filter(mailing_id=mailing_id, state=states.ACCEPTED).exists()


def _lost_before(mailing_id: int) -> int:
    """How many of the latest answers of a mailing were lost, none having come in between."""
    answered = models.Batch.objects.filter(mailing_id=mailing_id, handed_over_at__isnull=False)
    latest = answered.order_by("-handed_over_at", "-id").values_list("state", flat=True)[: retry.MOST_LOST]
    return sum(1 for _ in takewhile(states.UNKNOWN.__eq__, latest))


def _stored(batch: models.Batch, prepared: _Prepared, answer: Answer, again_at: datetime | None, now: datetime) -> bool:
    """Stores an answer, with what events have said of the batch meanwhile. False when the row changed under it."""
    with transaction.atomic():
        row = models.Batch.objects.filter(id=batch.id, attempt_key=batch.attempt_key).first()
        if row is None:
            return True
        prepared.outcomes.merge(ledger.Outcomes(row.outcomes, row.format))
        state = states.batch_state(prepared.outcomes.counts())
        # An answer that comes after its lease ran out still settles a batch that was set to unknown. Where an
        # event was faster than the answer, the batch counts as accepted already.
        settles = row.state == states.SENDING or (
            row.state == states.UNKNOWN and states.may(states.BATCH, states.UNKNOWN, state)
        )
        if not settles:
            return True
        values: dict[str, Any] = {
            "state": state,
            "outcomes": prepared.outcomes.packed(),
            "provider_id": answer.provider_id[:200],
            "error": answer.message,
            "lease_owner": "",
            "lease_until": None,
            "version": F("version") + 1,
        }
        values |= {"due_at": again_at} if state == states.PLANNED else {"handed_over_at": now}
        if not models.Batch.objects.filter(id=batch.id, version=row.version, state=row.state).update(**values):
            return False
        _note_refused(batch, prepared, answer, now)
    return True


def _note_refused(batch: models.Batch, prepared: _Prepared, answer: Answer, now: datetime) -> None:
    """A row for every single recipient the provider would not take, with what it said."""
    if not answer.bad:
        return
    members = ledger.unpack_members(batch.members, batch.format)
    models.Incident.objects.bulk_create(
        rows.incident(
            batch,
            members[prepared.places[index]],
            address=prepared.recipients[index].address,
            kind="refused",
            reason=reason,
            at=now,
        )
        for index, reason in answer.bad.items()
        if index < len(prepared.places)
    )
