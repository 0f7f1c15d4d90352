"""Making mailings, freezing their audience, and the decisions of operators.

create ─▶ scheduled ─freeze─▶ freezing ─(counts reconcile)─▶ sending ─(all settled)─▶ finished
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Sum

from newsletter.curator import reads as editions
from newsletter.curator import service as curator
from newsletter.delivery import batching, ledger, models, reads, states
from newsletter.delivery.providers import registry
from newsletter.delivery.reads import Mailing
from newsletter.delivery.states import Outcome
from newsletter.kernel import ids
from newsletter.kernel.errors import BadInput, Conflict, NewsletterError, NotFound, Refused
from subscribers import reads as subscribers

log = logging.getLogger(__name__)

PAGE = 5_000  # candidates to a transaction: some ten milliseconds


def create_mailing(
    *,
    snapshot_id: int,
    edition_id: int,
    newsletter_id: int,
    list_id: int,
    kind: str,
    due_at: datetime,
    provider: str,
    by: str,
    now: datetime,
    occurrence_id: int | None = None,
) -> Mailing:
    """Plans the sending of a snapshot at `due_at`. An edition has one mailing: a second is Refused.

    One that is held because the edition was edited takes the new snapshot and the new time. Raises BadInput for a
    provider there is not.
    """
    registry.max_batch(provider)  # an unknown provider is said now, not at seven in the morning
    existing = models.Mailing.objects.filter(edition_id=edition_id, kind=kind).exclude(state=states.CANCELLED).first()
    if existing is not None:
        return _rearmed(existing, snapshot_id, due_at, by, now, occurrence_id)
    try:
        with transaction.atomic():
            row = models.Mailing.objects.create(
                key=ids.opaque(),
                kind=kind,
                newsletter_id=newsletter_id,
                edition_id=edition_id,
                snapshot_id=snapshot_id,
                occurrence_id=occurrence_id,
                list_id=list_id,
                provider=provider,
                state=states.SCHEDULED,
                due_at=due_at,
                created_at=now,
                created_by=by,
            )
    except IntegrityError:
        raise Conflict(
            f"Somebody else has just sent edition {edition_id}. Look at it: newsletter mailings list"
        ) from None
    return reads.mailing(row.id)


def _rearmed(
    row: models.Mailing, snapshot_id: int, due_at: datetime, by: str, now: datetime, occurrence_id: int | None
) -> Mailing:
    # A mailing that froze its audience may have reached people: it is never armed again.
    rows = models.Mailing.objects.filter(id=row.id, state__in=(states.HELD, states.SCHEDULED), frozen_at=None)
    fresh = {"occurrence_id": occurrence_id} if occurrence_id and row.occurrence_id is None else {}
    changed = row.state == states.HELD or row.snapshot_id != snapshot_id
    if not changed or not rows.update(
        state=states.SCHEDULED, reason="", snapshot_id=snapshot_id, due_at=due_at, created_by=by, **fresh
    ):
        raise Refused(
            f"Edition {row.edition_id} has the mailing {row.id} already, which is {row.state}. Look at it: newsletter mailings show {row.id}"
        )
    return reads.mailing(row.id)


def freeze_next(now: datetime) -> bool:
    """Freezes the audience of one mailing that is due. Returns whether there was one.

    In short transactions, each moving a mark forward: killed anywhere, another process goes on there.
    """
    due = (
        models.Mailing.objects.filter(state__in=(states.SCHEDULED, states.FREEZING), due_at__lte=now)
        .order_by("due_at", "id")
        .first()
    )
    if due is None:
        return False
    try:
        most = registry.max_batch(due.provider)
    except BadInput as error:  # a provider of former days; the mailings behind this one must not wait for it
        _hold(due.id, str(error))
        return True
    if due.state == states.FREEZING or _start(due, now):
        _freeze(due.id, due.list_id, most, due.due_at)
    return True


def _start(row: models.Mailing, now: datetime) -> bool:
    """Takes the edition out of the editors' hands and notes who is meant; holds the mailing when the approval is gone."""
    _, highest = subscribers.audience_bounds(row.list_id)
    try:
        with transaction.atomic():
            mine = models.Mailing.objects.filter(id=row.id, state=states.SCHEDULED, snapshot_id=row.snapshot_id)
            if not mine.update(state=states.FREEZING, frozen_at=now, frozen_upto=highest):
                return False
            if editions.snapshot(row.snapshot_id).voided_at is not None:
                raise Refused("The edition was edited after its approval. Approve it again, then send it.")
            if row.kind == models.Mailing.Kind.EDITION:
                curator.mark_handed_over(row.edition_id, now=now)
    except NewsletterError as error:
        _hold(row.id, str(error))
        return False
    return True


def _freeze(mailing_id: int, list_id: int, most: int, due_at: datetime) -> None:
    reached: frozenset[int] | None = None
    while True:
        row = models.Mailing.objects.filter(id=mailing_id, state=states.FREEZING).first()
        if row is None or row.frozen_upto is None:
            return  # paused, cancelled, or finished by another process
        page = subscribers.audience_page(list_id, after=row.frozen_through, upto=row.frozen_upto, limit=PAGE)
        if not page:
            _reconcile(row)
            return
        reached = _reached_before(row) if reached is None else reached
        plan = batching.plan(
            (
                (each.subscriber_id, each.exclusion or ("already" if each.subscriber_id in reached else ""))
                for each in page
            ),
            most=most,
        )
        _write(row, plan, page[-1].subscriber_id, len(page), due_at)


def _reached_before(row: models.Mailing) -> frozenset[int]:
    """Who has this edition already, or may have it, by a mailing of it that was cancelled under way."""
    if row.kind != models.Mailing.Kind.EDITION:
        return frozenset()
    earlier = models.Batch.objects.filter(mailing__edition_id=row.edition_id, mailing__kind=row.kind)
    reached: set[int] = set()
    for batch in earlier.exclude(mailing_id=row.id).iterator(chunk_size=50):
        outcomes = ledger.Outcomes(batch.outcomes, batch.format)
        perhaps = {Outcome.UNKNOWN, Outcome.PLANNED} if batch.state == states.SENDING else {Outcome.UNKNOWN}
        members = zip(ledger.unpack_members(batch.members, batch.format), outcomes, strict=True)
        reached.update(person for person, outcome in members if outcome.taken or outcome in perhaps)
    return frozenset(reached)


def _write(row: models.Mailing, plan: batching.Planned, through: int, candidates: int, due_at: datetime) -> None:
    with transaction.atomic():
        mine = models.Mailing.objects.filter(id=row.id, state=states.FREEZING, frozen_through=row.frozen_through)
        if not mine.update(
            frozen_through=through,
            candidates=F("candidates") + candidates,
            planned=F("planned") + plan.planned,
            excluded=F("excluded") + plan.excluded,
        ):
            return  # another process wrote this page
        first = models.Batch.objects.filter(mailing_id=row.id).count() + 1
        models.Batch.objects.bulk_create(
            models.Batch(
                mailing_id=row.id,
                number=number,
                key=ids.opaque(),
                format=ledger.FORMAT,
                members=ledger.pack_members(members),
                outcomes=ledger.Outcomes.planned(len(members)).packed(),
                size=len(members),
                first_id=members[0],
                last_id=members[-1],
                state=states.PLANNED,
                due_at=due_at,
            )
            for number, members in enumerate(plan.batches, first)
        )
        models.Exclusion.objects.bulk_create(
            models.Exclusion(
                mailing_id=row.id,
                reason=reason,
                format=ledger.FORMAT,
                members=ledger.pack_members(members),
                size=len(members),
                first_id=members[0],
                last_id=members[-1],
            )
            for reason, members in plan.exclusions.items()
        )


def _reconcile(row: models.Mailing) -> None:
    """Lets the mailing go only when every candidate is planned or excluded, in its own counts and in the ledger."""
    batches = models.Batch.objects.filter(mailing_id=row.id, repair=False).aggregate(n=Sum("size"))["n"] or 0
    excluded = models.Exclusion.objects.filter(mailing_id=row.id).aggregate(n=Sum("size"))["n"] or 0
    if row.candidates != row.planned + row.excluded or batches != row.planned or excluded != row.excluded:
        _hold(
            row.id,
            f"The counts do not add up: {row.candidates} candidates, {batches} planned, {excluded} left out. Nothing was sent.",
        )
        return
    models.Mailing.objects.filter(id=row.id, state=states.FREEZING).update(state=states.SENDING)


def _hold(mailing_id: int, reason: str) -> None:
    log.warning("Mailing %s is held: %s", mailing_id, reason)
    rows = models.Mailing.objects.filter(id=mailing_id, state__in=states.sources_of(states.MAILING, states.HELD))
    rows.update(state=states.HELD, reason=reason[:300])


def finish(now: datetime) -> int:
    """Closes mailings whose batches are all settled. Returns how many."""
    _withdraw_stragglers()
    still_open = models.Batch.objects.filter(mailing_id=OuterRef("id"), state__in=states.OPEN_BATCHES)
    rows = models.Mailing.objects.filter(~Exists(still_open), state=states.SENDING)
    return sum(_finish(row, now) for row in rows)


def _finish(row: models.Mailing, now: datetime) -> bool:
    with transaction.atomic():  # together: a kill in between would leave the edition unsent for ever
        mine = models.Mailing.objects.filter(id=row.id, state=states.SENDING)
        if not mine.update(state=states.FINISHED, finished_at=now):
            return False
        if row.kind == models.Mailing.Kind.EDITION:
            curator.mark_sent(row.edition_id, now=now)
    return True


def _withdraw_stragglers() -> None:
    """Batches that were in a worker's hands when their mailing was cancelled, and came back unsent."""
    back = models.Batch.objects.filter(state=states.PLANNED, mailing__state=states.CANCELLED)
    for mailing_id in set(back.values_list("mailing_id", flat=True)):
        _withdraw_planned(mailing_id)


def stop(mailing_id: int, reason: str) -> None:
    """Pauses a mailing that cannot go on by itself. Harmless when others stopped it already."""
    rows = models.Mailing.objects.filter(id=mailing_id, state=states.SENDING)
    if rows.update(state=states.PAUSED, reason=reason[:300]):
        log.error("Mailing %s stops: %s", mailing_id, reason)


def stop_others(provider: str, now: datetime) -> int:
    """Pauses mailings planned for another provider than this process has: they would wait in silence. Returns how many."""
    due = models.Batch.objects.filter(mailing_id=OuterRef("id"), state=states.PLANNED, due_at__lte=now)
    rows = models.Mailing.objects.filter(Exists(due), state=states.SENDING).exclude(provider=provider)
    found = list(rows.values_list("id", "provider"))
    for mailing_id, planned_for in found:
        stop(
            mailing_id,
            f"It was planned for {planned_for}, and mail leaves through {provider} now. Set NEWSLETTER_PROVIDER={planned_for} "
            "and start again, then resume; or cancel it and send the edition anew.",
        )
    return len(found)


def pause(mailing_id: int, *, by: str, now: datetime) -> None:
    """Stops handing over; what is in flight is finished. Resuming continues where the ledger says."""
    _move(mailing_id, states.PAUSED, f"paused by {by}")


def resume(mailing_id: int, *, by: str, now: datetime) -> None:
    """Lets a paused mailing go on from where it stands."""
    row = _row(mailing_id)
    if row.state != states.PAUSED:
        raise Refused(f"Mailing {mailing_id} is {row.state}, so there is nothing to resume.")
    to = states.SCHEDULED if row.frozen_at is None else states.FREEZING
    models.Batch.objects.filter(mailing_id=mailing_id, state=states.PLANNED).update(due_at=now, attempt=0)
    # From freezing it passes to sending by itself once every candidate is accounted for.
    models.Mailing.objects.filter(id=mailing_id, state=states.PAUSED).update(state=to, reason="")


def cancel(mailing_id: int, *, by: str, now: datetime) -> None:
    """Stops for good. Batches that did not leave are withdrawn; those that did cannot be called back."""
    with transaction.atomic():
        _move(mailing_id, states.CANCELLED, f"cancelled by {by}")
        _withdraw_planned(mailing_id)


def _withdraw_planned(mailing_id: int) -> None:
    for batch in models.Batch.objects.filter(mailing_id=mailing_id, state=states.PLANNED):
        outcomes = ledger.Outcomes(batch.outcomes, batch.format)
        outcomes.mark(outcomes.places(Outcome.PLANNED), Outcome.WITHDRAWN)
        models.Batch.objects.filter(id=batch.id, state=states.PLANNED).update(
            state=states.batch_state(outcomes.counts()),
            outcomes=outcomes.packed(),
            error="cancelled",
            version=F("version") + 1,
        )


def _move(mailing_id: int, to: str, reason: str) -> None:
    row = _row(mailing_id)
    rows = models.Mailing.objects.filter(id=mailing_id, state=row.state)
    if not states.may(states.MAILING, row.state, to) or not rows.update(state=to, reason=reason[:300]):
        raise Refused(f"Mailing {mailing_id} is {row.state}; it cannot become {to}.")


def _row(mailing_id: int) -> models.Mailing:
    row = models.Mailing.objects.filter(id=mailing_id).first()
    if row is None:
        raise NotFound(f"There is no mailing {mailing_id}. See them all with: newsletter mailings list")
    return row
