"""Forgetting a person who was erased: their address goes, the counts they are part of stay.

The ledger knows numbers of people, and the number of somebody erased says nothing any more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from newsletter.delivery import models
from newsletter.delivery.providers.outbox import delete_messages_to

ERASED = "erased"


def erase_addresses(subscriber_id: int, addresses: Sequence[str], *, outbox: Path) -> None:
    """Takes a person's addresses out of exceptions, the outbox, and what waits of the provider's reports."""
    for exception in models.DeliveryException.objects.filter(subscriber_id=subscriber_id).exclude(address=ERASED):
        reason = exception.reason
        for address in addresses:
            reason = re.sub(re.escape(address), ERASED, reason, flags=re.IGNORECASE)  # as the server repeated it
        models.DeliveryException.objects.filter(id=exception.id).update(address=ERASED, reason=reason)
    models.SendAgain.objects.filter(subscriber_id=subscriber_id).delete()
    named = [address.lower() for address in addresses]
    for payload in models.WebhookPayload.objects.only("id", "body").iterator(chunk_size=50):
        body = bytes(payload.body)
        if any(address.encode() in body.lower() for address in named):
            models.WebhookPayload.objects.filter(id=payload.id).update(body=_drop_events_naming(body, named))
    for address in addresses:
        delete_messages_to(outbox, address)


def _drop_events_naming(body: bytes, addresses: Sequence[str]) -> bytes:
    """A payload without the events that name these addresses (in small letters): those of others wait on."""
    try:
        events = json.loads(body)
    except ValueError:
        return b"[]"  # it could not be applied either
    if not isinstance(events, list):
        return b"[]"
    said = [json.dumps(event, ensure_ascii=False).lower() for event in events]
    kept = [
        event for event, text in zip(events, said, strict=True) if not any(address in text for address in addresses)
    ]
    return json.dumps(kept).encode()
