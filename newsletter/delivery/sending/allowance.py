"""What may leave now under a limit of messages a minute, of all workers together.

A limit has one row, which says when the next batch may leave under it. A claim waits for that instant and moves it on
by the time its batch takes; time that passed unused is lost, but for a second. So nothing is caught up after a pause or
an outage, and in no minute leaves more than the limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState, MailingState, RecallState
from newsletter.delivery.sending import pacing
from newsletter.delivery.sending.expired_leases import CLOCK_DIFFERENCE

_LATE_WORKER = timedelta(seconds=1)  # is made up for: workers look about twice a second
LARGEST_BATCH = 1_000
_LONGEST_PART = timedelta(minutes=1) / pacing.BATCHES_PER_MINUTE


def get_limits(row: models.Mailing) -> dict[str, int]:
    """The limits of messages a minute that a mailing is under, by the names of their rows; empty: none."""
    limits = {f"newsletter {row.newsletter_id}": row.per_minute, row.provider: settings.CONFIG.per_minute}
    return {name[:20]: limit for name, limit in sorted(limits.items()) if limit}


def lock_limits(limits: Mapping[str, int]) -> None:
    """Locks the rows of these limits until the transaction ends, in the order of their names."""
    for name in limits:
        models.RateLimit.objects.get_or_create(name=name)
        models.RateLimit.objects.select_for_update().get(name=name)


def is_free(row: models.Mailing, limits: Mapping[str, int], now: datetime) -> bool:
    """Whether a batch of a mailing may leave now. Holds against other workers only while its limits are locked."""
    taken = Q()
    for name, limit in limits.items():  # longer than its largest batch takes is of a clock that was put back since
        longest = pacing.compute_next_time(now, LARGEST_BATCH, limit) + CLOCK_DIFFERENCE
        taken |= Q(name=name, next_at__gt=now, next_at__lte=longest)
    reserved = models.RateLimit.objects.filter(taken)
    return not (limits and reserved.exists()) and not any(_is_reserved(row, name, now) for name in limits)


def take(limits: Mapping[str, int], size: int, now: datetime) -> None:
    """Takes the allowance for a batch of this size that leaves now. The limits are locked."""
    for row in models.RateLimit.objects.filter(name__in=limits):
        longest = pacing.compute_next_time(now, LARGEST_BATCH, limits[row.name]) + CLOCK_DIFFERENCE
        next_at = row.next_at if row.next_at and row.next_at <= longest else now
        ready = max(next_at, now - _LATE_WORKER)
        row.next_at = pacing.compute_next_time(ready, size, limits[row.name])
        row.save(update_fields=["next_at"])


def _is_reserved(row: models.Mailing, name: str, now: datetime) -> bool:
    """Whether the provider sends something under this limit by itself now: it has it from within a recall window."""
    scheduled = models.Mailing.objects.filter(recall=RecallState.OPEN, recalled_at=None, provider=row.provider)
    if name != row.provider:
        scheduled = scheduled.filter(newsletter_id=row.newsletter_id)
    ids = list(scheduled.filter(~Q(state=MailingState.CANCELLED), due_at__gt=now - timedelta(days=1)).values_list("id"))
    at_provider = ~Q(state__in=(BatchState.PLANNED, BatchState.CLAIMED))
    batches = models.Batch.objects.filter(at_provider | Q(send_at__gt=now), mailing_id__in=[id for (id,) in ids])
    return bool(ids) and batches.filter(send_at__gt=now - _LONGEST_PART, send_at__lt=now + _LONGEST_PART).exists()


def close_until(provider: str, until: datetime, now: datetime) -> None:
    """Notes that the provider wants nothing more of us until then: one row, whatever waits."""
    models.RateLimit.objects.get_or_create(name=provider)
    mine = models.RateLimit.objects.filter(name=provider)
    stale = Q(closed_until__gt=now + models.RateLimits.LONGEST_CLOSED)  # of a clock that was put back since
    mine.filter(Q(closed_until=None) | Q(closed_until__lt=until) | stale).update(closed_until=until)
