"""Freezing an audience: every candidate is planned or left out, with the reason, before anything leaves.

scheduled ─start─▶ freezing ─page by page─▶ (counts reconcile) ─▶ sending
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum

from newsletter.curator import reads as editions
from newsletter.curator import service as curator
from newsletter.delivery import batching, ledger, models, rows, states
from newsletter.delivery.providers import registry
from newsletter.delivery.states import Outcome
from newsletter.kernel.errors import BadInput, NewsletterError, Refused
from subscribers import reads as subscribers

log = logging.getLogger(__name__)

PAGE = 5_000  # candidates to a transaction: some ten milliseconds


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
            rows.batch(row.id, number, members, due_at) for number, members in enumerate(plan.batches, first)
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
    mine = models.Mailing.objects.filter(id=mailing_id, state__in=states.sources_of(states.MAILING, states.HELD))
    mine.update(state=states.HELD, reason=reason[:300])
