"""More of what was sent, without sending it: pages are to ask no more often for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from newsletter.curator.editions import models


def copy_sent(edition_id: int, copies: int) -> None:
    """More editions like one that was sent: each the day before the earliest, with its stories, mail and correction."""
    for number in range(copies):
        earliest = models.Edition.objects.earliest("date")
        day = earliest.date - timedelta(days=1)
        made = copy_row(models.Edition.objects.get(id=edition_id), date=day, created_at=_shift(earliest.created_at))
        for pick in models.Pick.objects.filter(edition_id=edition_id):
            copy_row(pick, edition_id=made.id, key=f"{made.id}-{pick.key}"[:12])
        for snapshot in models.Snapshot.objects.filter(edition_id=edition_id):
            of_copy = models.SnapshotVariant.objects.filter(snapshot_id=snapshot.id)
            frozen = copy_row(snapshot, edition_id=made.id)
            for variant in of_copy:
                copy_row(variant, snapshot_id=frozen.id)
        at = made.created_at + timedelta(hours=number)
        models.Correction.objects.create(edition_id=made.id, text="The boat is from 1961.", by="ann", at=at)


def _shift(at: Any) -> Any:
    return at - timedelta(days=1)


def copy_row(row: Any, **changes: Any) -> Any:
    """A row like this one, but for the changes."""
    row.pk = None
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(force_insert=True)
    return row
