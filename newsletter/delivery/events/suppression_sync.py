"""Once a day: the provider's own lists of suppressed addresses, for what its webhook did not get through to us."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from newsletter.delivery import isolation, models
from newsletter.delivery.providers.base import Event, Provider, ProviderError, Suppressor
from newsletter.kernel.text import remove_unstorable
from subscribers import bounces_complaints
from subscribers.bulk_writing import WritePacer
from subscribers.states import ReportKind

log = logging.getLogger(__name__)

INTERVAL = timedelta(days=1)
RETRY_AFTER = timedelta(hours=1)
FIRST_LOOK_BACK = timedelta(days=30)  # how far the first pull looks back
OVERLAP = timedelta(days=1)  # what came onto a list while it was read is met the next time


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a pull found: entries of the provider's lists, and how many of them were about our subscribers."""

    entries: int
    ours: int
    until: datetime


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """How far the lists are taken over (None: never), and what went wrong the last time, if anything."""

    synced_until: datetime | None
    error: str


def find_status(provider: str) -> SyncStatus | None:
    """The state of pulling from a provider; None when it was never tried."""
    row = models.SuppressionSync.objects.filter(provider=provider).first()
    return SyncStatus(row.synced_until, row.error) if row else None


def sync_suppressions(now: datetime, provider: Provider, *, at_once: bool = False) -> SyncResult | None:
    """Takes the provider's lists over if a day has passed (or `at_once`); None when it is not time or not possible.

    Nobody is brought back by it, and who confirmed after an entry is not touched. Raises ProviderError; then it is
    tried again in an hour, from where the last pull that succeeded ended.
    """
    if not isinstance(provider, Suppressor):
        return None
    row, _ = models.SuppressionSync.objects.get_or_create(provider=provider.name, defaults={"next_at": now})
    mine = models.SuppressionSync.objects.filter(provider=provider.name, next_at=row.next_at)
    if (row.next_at > now and not at_once) or not mine.update(next_at=now + RETRY_AFTER):
        return None  # not yet, or another process is at it
    since = row.synced_until - OVERLAP if row.synced_until else now - FIRST_LOOK_BACK
    entries = ours = 0
    failures: list[str] = []
    mine = models.SuppressionSync.objects.filter(provider=provider.name)
    try:
        listed, pacer = iter(provider.list_suppressed(since, now)), WritePacer()
        while portion := pacer.take(listed):
            ours += _apply_portion(portion, provider.name, now, failures, pacer)
            entries += len(portion)
    except ProviderError as error:
        mine.update(error=str(error)[:300])
        raise
    if failures:  # read again from where it was, for an update may have mended it
        mine.update(next_at=now + INTERVAL, error=f"{len(failures)} entries could not be applied: {failures[0]}"[:300])
    else:
        mine.update(synced_until=now, next_at=now + INTERVAL, error="")
    return SyncResult(entries, ours, now)


def _apply_portion(portion: Sequence[Event], source: str, now: datetime, failures: list[str], pacer: WritePacer) -> int:
    """Applies entries together; where one fails, one by one, and notes those that do. How many were about ours."""
    try:
        reports = [_to_report(each) for each in portion]
        with pacer.transaction(len(portion)):
            return bounces_complaints.apply_reports(reports, source=source, now=now)
    except isolation.DATABASE_AWAY:
        raise
    except Exception as error:
        if len(portion) == 1:
            log.exception("An entry of %s’s lists could not be applied", source)
            failures.append(remove_unstorable(f"{type(error).__name__}: {error}"))
            return 0
    return sum(_apply_portion([each], source, now, failures, pacer) for each in portion)


def _to_report(event: Event) -> bounces_complaints.ProviderReport:
    at = datetime.fromtimestamp(event.at, UTC)
    kind = ReportKind(event.reject_reason.value)  # their lists have no other
    return bounces_complaints.ProviderReport(kind, event.address, None, event.reason, at)
