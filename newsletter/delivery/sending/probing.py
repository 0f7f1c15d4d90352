"""Trying the provider out: until it accepts a batch of a mailing, few may be in flight.

A provider that fails makes everybody unknown whose request it got. So of a mailing that begins, or was resumed, a batch
or two go first; the others follow when one of them was accepted, and the mailing pauses when none was.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState

MAX_PROBES = 2  # of a mailing that begins
MAX_PROBES_RESUMED = 1


def count_allowed(row: models.Mailing) -> int:
    """How many requests of a mailing may be in flight or have lost their answer; 0: any number, it is proven."""
    if row.proven_at is not None:
        return 0
    return MAX_PROBES if row.resumed_at is None else MAX_PROBES_RESUMED


def may_claim(row: models.Mailing, now: datetime) -> bool:
    """Whether one more batch of a mailing may be claimed; notes that it is proven, when it is.

    Holds against other workers only while the mailing's row is locked.
    """
    allowed = count_allowed(row)
    if not allowed:
        return True
    since = build_resumed_filter(row)
    if models.Batch.objects.filter(since, mailing_id=row.id, state=BatchState.ACCEPTED).exists():
        models.Mailing.objects.filter(id=row.id, resumed_at=row.resumed_at, proven_at=None).update(proven_at=now)
        return True
    under_way = Q(state__in=(BatchState.CLAIMED, BatchState.SENDING)) | (since & Q(state=BatchState.UNKNOWN))
    return models.Batch.objects.filter(under_way, mailing_id=row.id)[:allowed].count() < allowed


def note_accepted(mailing_id: int, now: datetime) -> None:
    """Notes that the provider accepts batches of a mailing: any number may follow."""
    models.Mailing.objects.filter(id=mailing_id, proven_at=None).update(proven_at=now)


def build_resumed_filter(row: models.Mailing) -> Q:
    """The batches submitted since a mailing was resumed; all where it never was."""
    return Q(submitted_at__gte=row.resumed_at) if row.resumed_at else Q()
