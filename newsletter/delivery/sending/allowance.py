"""What may leave now under a limit of messages a minute, of all workers together.

A limit has one row, which says when the next batch may leave under it. A claim waits for that instant and moves it on
by the time its batch takes; time that passed unused is lost, but for a second. So nothing is caught up after a pause or
an outage, and in no minute leaves more than the limit. Mail to single people reserves its place, also some seconds
ahead: it waits for the batch that left last, and the next one for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState, MailingState, RecallState
from newsletter.delivery.sending import pacing
from newsletter.kernel import clock

_LATE_WORKER = timedelta(seconds=1)  # is made up for: workers look about twice a second
LARGEST_BATCH = 1_000
_LONGEST_PART = timedelta(minutes=1) / pacing.BATCHES_PER_MINUTE
_WAITING = Q(state=BatchState.PLANNED, mailing__state=MailingState.SENDING)


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
    for name, limit in limits.items():
        taken |= Q(name=name, next_at__gt=now, next_at__lte=_compute_latest(now, limit))
    reserved = models.RateLimit.objects.filter(taken)
    return not (limits and reserved.exists()) and not any(_is_reserved(row, name, now) for name in limits)


def take(limits: Mapping[str, int], size: int, now: datetime) -> datetime:
    """Takes the allowance for so many messages. Returns when they may leave. The limits are locked."""
    may_leave = now
    for row in models.RateLimit.objects.filter(name__in=limits):
        ready = _find_ready(row, limits[row.name], now)
        may_leave = max(may_leave, ready)
        row.next_at = pacing.compute_next_time(ready, size, limits[row.name])
        row.save(update_fields=["next_at"])
    return may_leave


def reserve(provider: str, size: int, now: datetime, *, longest: timedelta, share: bool = False) -> timedelta | None:
    """Reserves the account's allowance for mail to single people. Returns how long to wait before the first leaves.

    The others follow in steps of `get_step`. None, and nothing is reserved, when the last would leave later than after
    `longest`. What is reserved goes before the batches of mailings, which wait until it is their turn at once. So that
    these get on all the same, with `share` it is no more than half of the allowance while batches wait.
    """
    limit = settings.CONFIG.per_minute
    if not limit:
        return timedelta()
    limits = {provider[:20]: limit}
    if share and models.Batch.objects.filter(_WAITING, mailing__provider=provider, due_at__lte=now).exists():
        limits[f"{provider} share"[:20]] = max(limit // 2, 1)
    if not _has_place(limits, size, now, longest):  # without a lock: most looks end here under load
        return None
    with transaction.atomic():
        lock_limits(dict(sorted(limits.items())))
        return take(limits, size, now) - now if _has_place(limits, size, now, longest) else None


def get_step() -> timedelta:
    """The time between two messages under the limit of the account."""
    return pacing.compute_next_time(datetime.min, 1, settings.CONFIG.per_minute) - datetime.min


def _has_place(limits: Mapping[str, int], size: int, now: datetime, longest: timedelta) -> bool:
    """Whether so many messages may leave within `longest`."""
    rows = models.RateLimit.objects.filter(name__in=limits)
    ready = max((_find_ready(row, limits[row.name], now) for row in rows), default=now)
    return pacing.compute_next_time(ready, size - 1, min(limits.values())) <= now + longest


def _find_ready(row: models.RateLimit, limit: int, now: datetime) -> datetime:
    """When the next message may leave under a limit. Time that passed unused is lost, but for a second."""
    next_at = row.next_at if row.next_at and row.next_at <= _compute_latest(now, limit) else now
    return max(next_at, now - _LATE_WORKER)


def _compute_latest(now: datetime, limit: int) -> datetime:
    """Until when a limit can be taken: by its largest batch, behind what was reserved."""
    return clock.compute_latest_end(now, pacing.compute_next_time(now, LARGEST_BATCH, limit) - now)


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
    stale = Q(closed_until__gt=clock.compute_latest_end(now, models.RateLimits.LONGEST_CLOSED))
    mine.filter(Q(closed_until=None) | Q(closed_until__lt=until) | stale).update(closed_until=until)
