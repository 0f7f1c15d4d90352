"""How an edition went from state to state: when, by whom, why."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Case, OuterRef, QuerySet, Subquery, When

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


def list_requests(edition_ids: Collection[int]) -> dict[int, EditionTransition]:
    """Of editions in review the last request for an approval, by edition: who asked whom."""
    rows = models.EditionTransition.objects.filter(edition_id__in=edition_ids, after=EditionState.IN_REVIEW)
    return {each.edition_id: each for each in _to_transitions(rows)}


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
    closed: datetime | None = _list_closings(edition_id).values_list("closed", flat=True).first()
    return closed


def select_cut_off(edition: int | OuterRef) -> Subquery:
    """The same for a query of editions."""
    return Subquery(_list_closings(edition).values("closed")[:1])


def _list_closings(edition: int | OuterRef) -> QuerySet[Any]:
    """When an edition was closed, and opened again (`closed` is NULL), the last first."""
    rows = models.EditionTransition.objects.filter(
        edition_id=edition, after__in=(EditionState.LOCKED, EditionState.DRAFT)
    )
    return rows.annotate(closed=Case(When(after=EditionState.LOCKED, then="at"))).order_by("-id")
