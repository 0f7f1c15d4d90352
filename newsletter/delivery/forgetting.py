"""Forgetting a person who was erased: their address goes, the counts they are part of stay.

The ledger knows numbers of people, and the number of somebody erased says nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from newsletter.delivery import models
from newsletter.delivery.providers import outbox as letters

ERASED = "erased"


def forget(subscriber_id: int, addresses: Sequence[str], *, outbox: Path, now: datetime) -> None:
    """Takes a person's addresses out of incidents, waiting posts of the provider, and the outbox.

    A post that names them is applied first where it can be: one that is still there after that is older than we wait for.
    """
    for incident in models.Incident.objects.filter(subscriber_id=subscriber_id).exclude(address=ERASED):
        reason = incident.reason
        for address in addresses:
            reason = reason.replace(address, ERASED)
        models.Incident.objects.filter(id=incident.id).update(address=ERASED, reason=reason)
    for post in models.Post.objects.only("id", "body").iterator(chunk_size=50):
        body = bytes(post.body).lower()
        if any(address.lower().encode() in body for address in addresses):
            models.Post.objects.filter(id=post.id).delete()
    for address in addresses:
        letters.forget(outbox, address)
