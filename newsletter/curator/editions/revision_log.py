"""Writes the revisions of an edition, in the transaction of the change."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max

from newsletter.curator.editions import models
from newsletter.curator.editions.revision_changes import Change, list_differing_parts
from newsletter.curator.editions.values import Edition

SUCCESSIVE = timedelta(minutes=1)  # saves of one field by one person within this are one revision
EDITED = "edited"


def record_revisions(before: Edition, after: Edition, *, action: str, who: str, now: datetime) -> tuple[int, ...]:
    """Records what a change did. Returns the sequence numbers, for the audit entry to refer to."""
    changes = list_differing_parts(before, after)
    if not changes:
        return ()
    if len(changes) == 1 and action == EDITED and (merged := _merge(before.id, changes[0], who, now)):
        return (merged,)
    rows = models.Revision.objects.filter(edition_id=before.id)
    act = (rows.aggregate(last=Max("sequence"))["last"] or 0) + 1
    models.Revision.objects.bulk_create(
        models.Revision(
            edition_id=before.id,
            sequence=act + number,
            act=act,
            action=action[:60],
            by=who[:254],
            began_at=now,
            at=now,
            part=each.part,
            field=each.field,
            label=each.label[:200],
            before=each.before,
            after=each.after,
        )
        for number, each in enumerate(changes)
    )
    return tuple(act + number for number in range(len(changes)))


def _merge(edition_id: int, change: Change, who: str, now: datetime) -> int:
    """Adds to the revision that the same person has just made of the same field; 0 when there is none."""
    if not change.field or change.before is None or change.after is None:
        return 0
    last = models.Revision.objects.filter(edition_id=edition_id, part=change.part, field=change.field)
    row = last.order_by("-sequence").first()
    if row is None or (row.by, row.action, row.undone) != (who[:254], EDITED, False):
        return 0
    if not now - SUCCESSIVE <= row.began_at <= now or row.after != change.before:
        return 0
    if models.Revision.objects.filter(edition_id=edition_id, act=row.act).count() > 1:
        return 0
    if models.EditionTransition.objects.filter(edition_id=edition_id, at__gt=row.began_at).exists():
        return 0
    models.Revision.objects.filter(id=row.id).update(after=change.after, label=change.label[:200], at=now)
    return row.sequence
