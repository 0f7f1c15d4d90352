"""How an edition went from state to state: when, by whom, why."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from newsletter.curator.editions import models
from newsletter.curator.editions.states import EditionState
from newsletter.curator.editions.values import EditionTransition


def record_transition(
    edition_id: int,
    before: EditionState,
    after: EditionState,
    *,
    who: str,
    why: str = "",
    asked: str = "",
    now: datetime,
) -> None:
    """Records a change of state, in its transaction. `who` is "" where the programs take the step in their course."""
    models.EditionTransition.objects.create(
        edition_id=edition_id, before=before, after=after, at=now, by=who[:254], why=why[:300], asked=asked[:254]
    )


def list_transitions(edition_id: int) -> tuple[EditionTransition, ...]:
    """What an edition went through, the oldest first."""
    return _to_transitions(models.EditionTransition.objects.filter(edition_id=edition_id))


def list_recent_transitions(since: datetime, to: Collection[EditionState]) -> tuple[EditionTransition, ...]:
    """The changes of all editions to one of these states since an instant, the oldest first."""
    return _to_transitions(models.EditionTransition.objects.filter(at__gte=since, after__in=list(to)))


def _to_transitions(rows: QuerySet[models.EditionTransition]) -> tuple[EditionTransition, ...]:
    return tuple(
        EditionTransition(
            EditionState(row.before),
            EditionState(row.after),
            row.at,
            row.by,
            row.why,
            row.asked,
            id=row.id,
            edition_id=row.edition_id,
        )
        for row in rows.order_by("id")
    )


def find_cut_off(edition_id: int) -> datetime | None:
    """When an edition was last closed for late stories; None where it is open, or was approved without."""
    return find_cut_offs((edition_id,)).get(edition_id)


def find_cut_offs(edition_ids: Collection[int]) -> dict[int, datetime]:
    """The same of several, by edition; those that have none are not in it."""
    rows = models.EditionTransition.objects.filter(
        edition_id__in=edition_ids, after__in=(EditionState.LOCKED, EditionState.DRAFT)
    )
    last = {
        edition_id: (after, at)
        for edition_id, after, at in rows.order_by("id").values_list("edition_id", "after", "at")
    }
    return {edition_id: at for edition_id, (after, at) in last.items() if after == EditionState.LOCKED}
