"""When mailings went out: not always when they were due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import Exists, OuterRef

from newsletter.delivery import models

ON_TIME = timedelta(minutes=5)  # what is sent later than that was late


class _Departing(Protocol):
    due_at: datetime
    started_at: datetime | None
    resumed_at: datetime | None


def select_repair() -> Exists:
    """For queries of mailings, as `was_repaired`: whether some were sent to once more, which resumes a mailing."""
    return Exists(models.Batch.objects.filter(mailing=OuterRef("id"), repair=True))


def find_departure(row: _Departing) -> datetime | None:
    """When a mailing went out, or the rest of it after it had been stopped; None before its first request.

    Within a recall window the provider has it before its time, and sends it at that.
    """
    if row.started_at is None:
        return None
    resumed_at = None if getattr(row, "was_repaired", False) else row.resumed_at
    return max(row.due_at, row.started_at, resumed_at or row.started_at)
