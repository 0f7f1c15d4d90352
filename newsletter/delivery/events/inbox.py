"""The inbox of the webhook: stores the provider's payloads, so that it is answered at once.

`applying` reads it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from newsletter.delivery import models
from newsletter.delivery.providers import sendgrid_events
from newsletter.kernel.errors import BadInput, NotAllowed

log = logging.getLogger(__name__)

LARGEST_PAYLOAD = 2 * 2**20  # bytes; SendGrid sends some 768 kB at most (fact 31)
OLDEST_PAYLOAD = timedelta(days=3)  # of signed timestamps; event ids are kept for longer
PAYLOAD_RETENTION = timedelta(hours=48)
SEEN_EVENT_RETENTION = timedelta(days=4)


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
    if not timestamp.isdecimal() or datetime.fromtimestamp(int(timestamp[:11]), UTC) < now - OLDEST_PAYLOAD:
        raise BadInput("The post was signed too long ago.")
    models.WebhookPayload.objects.get_or_create(
        digest=hashlib.sha256(raw).digest(), defaults={"body": raw, "received_at": now}
    )


def delete_expired(now: datetime) -> None:
    """Deletes payloads that could not be applied in time, and ids of events that can come no more."""
    late = models.WebhookPayload.objects.filter(received_at__lt=now - PAYLOAD_RETENTION)
    if count := late.count():
        log.error(
            "%s payloads of the provider could not be applied within %s and are dropped", count, PAYLOAD_RETENTION
        )
        late.delete()
    models.SeenEvent.objects.filter(at__lt=now - SEEN_EVENT_RETENTION).delete()
