"""The inbox of the webhook: stores the provider's payloads, so that it is answered at once.

`applying` reads it. Nothing is deleted before it was applied: what cannot be applied is kept aside, and counted here.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import F

from newsletter.delivery import models
from newsletter.delivery.providers import sendgrid_events
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NotAllowed
from newsletter.kernel.numbers import is_whole_number
from subscribers.bulk_writing import delete_in_chunks

log = logging.getLogger(__name__)

LARGEST_PAYLOAD = 2 * 2**20  # bytes; SendGrid sends some 768 kB at most (fact 31)
OLDEST_PAYLOAD = timedelta(days=3)  # of signed timestamps; event ids are kept for longer
SEEN_EVENT_RETENTION = timedelta(days=4)


_refused: Counter[date] = Counter()  # of this process, not stored yet
_last_stored = datetime.min.replace(tzinfo=UTC)
STORE_REFUSED_EVERY = timedelta(seconds=10)  # anybody can post anything, and must not make us write


def note_refused(reason: str, now: datetime) -> None:
    """Counts a post that was refused, for `doctor`."""
    global _last_stored
    _refused[now.date()] += 1
    if timedelta() <= now - _last_stored < STORE_REFUSED_EVERY:
        return
    _last_stored = now
    counts = dict(_refused)
    _refused.clear()
    for day, count in counts.items():
        models.RefusedPosts.objects.get_or_create(day=day, defaults={"reason": reason[:200], "last_at": now})
        fresh = {"count": F("count") + count, "reason": reason[:200], "last_at": now}
        models.RefusedPosts.objects.filter(day=day).update(**fresh)


@dataclass(frozen=True, slots=True)
class RefusedPostCount:
    """How many posts to the webhook were refused, and the last of them: why and when."""

    count: int
    reason: str
    last_at: datetime


def find_refused(since: datetime) -> RefusedPostCount | None:
    """The posts refused since a day; None where there were none."""
    rows = models.RefusedPosts.objects.filter(day__gte=since.date(), last_at__gte=since)
    last = rows.order_by("last_at").last()
    return RefusedPostCount(sum(row.count for row in rows), last.reason, last.last_at) if last else None


def receive(raw: bytes, *, signature: str, timestamp: str, keys: Sequence[str], now: datetime) -> None:
    """Stores a payload that one of `keys` signed. Raises NotAllowed for a forged one, BadInput: too large or old.

    Without keys every payload is refused. The same payload twice is stored once.
    """
    if not keys:
        raise NotAllowed("No key is set, so no events are taken. Set NEWSLETTER_SENDGRID_WEBHOOK_KEYS.")
    if len(raw) > LARGEST_PAYLOAD:
        raise BadInput(f"A post may have {LARGEST_PAYLOAD // 2**20} MB.")
    if not sendgrid_events.is_genuine(raw, signature=signature, timestamp=timestamp, keys=keys):
        raise NotAllowed("The signature does not fit the body.")
    if not is_whole_number(timestamp) or datetime.fromtimestamp(int(timestamp[:11]), UTC) < now - OLDEST_PAYLOAD:
        raise BadInput("The post was signed too long ago.")
    models.WebhookPayload.objects.get_or_create(
        digest=hashlib.sha256(raw).digest(), defaults={"body": raw, "received_at": now}
    )


@dataclass(frozen=True, slots=True)
class InboxStatus:
    """What waits in the inbox: since when the oldest payload does (None: none), and how many are kept aside."""

    waiting: int
    oldest_at: datetime | None
    quarantined: int
    error: str  # of the latest that was set aside


def get_status() -> InboxStatus:
    """What waits, and what could not be applied."""
    waiting = models.WebhookPayload.objects.filter(quarantined_at=None)
    aside = models.WebhookPayload.objects.exclude(quarantined_at=None).order_by("quarantined_at")
    oldest, latest = waiting.order_by("received_at").first(), aside.last()
    return InboxStatus(
        waiting.count(), oldest.received_at if oldest else None, aside.count(), latest.error if latest else ""
    )


def retry_quarantined(*, by: Actor, now: datetime) -> int:
    """Lets what is kept aside be applied again at once. Returns how many payloads that are."""
    require_right(by, Verb.SEND)
    with transaction.atomic():
        count = models.WebhookPayload.objects.exclude(quarantined_at=None).update(next_at=now)
        if count:
            by.record(ActionRecord("retried events", "events", now, detail=f"{count} kept aside"))
    return count


def delete_expired(now: datetime) -> None:
    """Deletes ids of events that can come no more."""
    delete_in_chunks(models.SeenEvent.objects.filter(at__lt=now - SEEN_EVENT_RETENTION))
