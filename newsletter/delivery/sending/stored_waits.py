"""Instants at which something is tried again, stored as the clock was: one that was put back makes them longer."""

from __future__ import annotations

from datetime import datetime

from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState


def end_waits(now: datetime) -> int:
    """Lets be tried again now what failed or was refused. Not what was planned for later. Returns how much that is."""
    failed = models.Batch.objects.filter(state=BatchState.PLANNED, due_at__gt=now).exclude(error="")
    return failed.update(due_at=now) + sum(
        model.objects.filter(next_at__gt=now).update(next_at=now)
        for model in (models.FailedItem, models.SendAgain, models.SuppressionSync, models.WebhookPayload)
    )
