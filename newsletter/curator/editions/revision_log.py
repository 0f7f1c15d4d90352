"""Writes the revisions of an edition, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, Subquery

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
    rows = models.Revision.objects.filter(edition_id=before.id)
    latest = Q(sequence=Subquery(rows.order_by().values("edition").annotate(last=Max("sequence")).values("last")))
    wanted = latest
    if len(changes) == 1 and action == EDITED:
        wanted |= Q(part=changes[0].part, field=changes[0].field, began_at__gte=now - SUCCESSIVE)
    others = rows.filter(act=OuterRef("act")).exclude(id=OuterRef("id"))
    moves = models.EditionTransition.objects.filter(edition_id=before.id, at__gt=OuterRef("began_at"))
    read = rows.filter(wanted).annotate(has_others=Exists(others), was_moved=Exists(moves)).order_by("-sequence")
    found = list(read)
    if len(changes) == 1 and action == EDITED and (merged := _merge(found, changes[0], who, now)):
        return (merged,)
    act = (found[0].sequence if found else 0) + 1
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


def _merge(latest: Iterable[Any], change: Change, who: str, now: datetime) -> int:
    """Adds to the revision that the same person has just made of the same field; 0 when there is none."""
    if not change.field or change.before is None or change.after is None:
        return 0
    row = next((each for each in latest if (each.part, each.field) == (change.part, change.field)), None)
    if row is None or (row.by, row.action, row.undone) != (who[:254], EDITED, False):
        return 0
    if not now - SUCCESSIVE <= row.began_at <= now or row.after != change.before:
        return 0
    if row.has_others or row.was_moved:
        return 0
    models.Revision.objects.filter(id=row.id).update(after=change.after, label=change.label[:200], at=now)
    sequence: int = row.sequence
    return sequence
