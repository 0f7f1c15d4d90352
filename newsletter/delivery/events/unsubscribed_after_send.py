"""Who left when their message was on its way: noted in the ledger, for they may complain, and rightly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from newsletter.delivery import isolation, models
from newsletter.delivery.ledger.format import Outcomes, find_place, unpack_members
from newsletter.delivery.ledger.states import MemberFlag, RecallState
from subscribers import audience

DELIVERY_TIME = timedelta(minutes=10)  # from the provider to the subscriber; later, they had it and left because of it
LOOK_BACK = timedelta(hours=2)


def mark_members(now: datetime) -> int:
    """Marks members who left between the hand-over of their batch and its arrival. Returns how many."""
    recent = _select_sent_since(now - LOOK_BACK)
    rows = {row.id: row for row in recent}
    return isolation.run_each("Marking who left, mailing", rows, lambda each: _mark_in_mailing(rows[each]), now)


def find_arrival(subscriber_id: int, list_ids: Sequence[int], now: datetime) -> datetime | None:
    """When the latest edition of these lists that was submitted for a subscriber arrives; None if it has by now."""
    recent = _select_sent_since(now - LOOK_BACK).filter(list_id__in=list_ids)
    arrivals = []
    for row in recent:
        for batch in row.batches.filter(
            first_id__lte=subscriber_id, last_id__gte=subscriber_id, submitted_at__isnull=False
        ):
            place = find_place(subscriber_id, unpack_members(batch.members, batch.format))
            leaves_at = _leaves_at(row, batch)
            if place is None or not Outcomes(batch.outcomes, batch.format)[place].was_accepted:
                continue
            if now < leaves_at + DELIVERY_TIME:
                arrivals.append(leaves_at)
    return max(arrivals, default=None)


def _select_sent_since(since: datetime) -> QuerySet[models.Mailing]:
    """Mailings of which something was submitted and leaves. Cancelling stops the rest alone; a recall, all of it."""
    return models.Mailing.objects.filter(started_at__isnull=False, due_at__gte=since, recalled_at=None)


def _mark_in_mailing(row: models.Mailing) -> int:
    assert row.frozen_at is not None
    noted = 0
    for person, left_at in audience.list_unsubscribed_since(row.list_id, row.frozen_at):
        within = row.batches.filter(first_id__lte=person, last_id__gte=person, submitted_at__lte=left_at)
        for batch in within:
            place = find_place(person, unpack_members(batch.members, batch.format))
            assert batch.submitted_at is not None
            leaves_at = _leaves_at(row, batch)
            if place is None or left_at > max(leaves_at, batch.submitted_at) + DELIVERY_TIME:
                continue
            noted += _mark_member(batch, place)
    return noted


def _leaves_at(row: models.Mailing, batch: models.Batch) -> datetime:
    """When the provider sends a batch that was submitted: in a recall window, at its time."""
    assert batch.submitted_at is not None
    return (batch.send_at or row.due_at) if row.recall == RecallState.OPEN else batch.submitted_at


def _mark_member(batch: models.Batch, place: int) -> bool:
    outcomes = Outcomes(batch.outcomes, batch.format)
    if not outcomes[place].was_accepted or outcomes.get_flags(place) & MemberFlag.UNSUBSCRIBED_AFTER_SEND:
        return False
    outcomes.set_flag(place, MemberFlag.UNSUBSCRIBED_AFTER_SEND)
    mine = models.Batch.objects.filter(id=batch.id, version=batch.version)
    return bool(mine.update(outcomes=outcomes.pack(), version=F("version") + 1))
