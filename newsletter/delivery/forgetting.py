"""Forgetting a person who was erased: their address goes, the counts they are part of stay.

The ledger knows numbers of people, and the number of somebody erased says nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from newsletter.delivery import models
from newsletter.delivery.providers import outbox as letters

ERASED = "erased"


def forget(subscriber_id: int, addresses: Sequence[str], *, outbox: Path) -> None:
    """Takes a person's addresses out of incidents and the outbox, and drops posts of the provider that wait and name them."""
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
