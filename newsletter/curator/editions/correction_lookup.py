"""Looks up the corrections of sent editions, and those that an edition is to carry."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Max, Q

from newsletter.curator.editions import day_names, models
from newsletter.curator.editions.states import EditionState
from newsletter.curator.editions.values import Correction, Edition


def list_corrections(edition_id: int) -> tuple[Correction, ...]:
    """The corrections of an edition, oldest first."""
    rows = models.Correction.objects.filter(edition_id=edition_id).select_related("pick", "carried_in")
    return tuple(to_correction(row) for row in rows.order_by("at", "id"))


def map_last_corrected(edition_ids: Collection[int]) -> dict[int, datetime]:
    """When editions were last corrected; those that never were are not in it."""
    rows = models.Correction.objects.filter(edition_id__in=edition_ids).values_list("edition_id")
    return dict(rows.annotate(last=Max("at")))


def list_pending_corrections(edition: Edition) -> list[models.Correction]:
    """The corrections that an edition is to carry: of earlier editions, and not carried by another one."""
    rows = models.Correction.objects.filter(
        edition__newsletter_id=edition.newsletter_id, edition__date__lt=edition.date
    )
    free = Q(carried_in=None) | Q(carried_in_id=edition.id) | Q(carried_in__state=EditionState.SKIPPED)
    return list(rows.filter(free).select_related("edition").order_by("edition__date", "at", "id"))


def format_lines(rows: Iterable[models.Correction], language: str) -> tuple[str, ...]:
    """Corrections as a later edition shows them: with the day of the edition that was wrong."""
    return tuple(f"{day_names.format_day(row.edition.date, language)}: {row.text}" for row in rows)


def to_correction(row: models.Correction) -> Correction:
    """The value of a row."""
    return Correction(
        id=row.pk,
        edition_id=row.edition_id,
        headline=row.pick.headline if row.pick else "",
        text=row.text,
        by=row.by,
        at=row.at,
        carried_on=row.carried_in.date if row.carried_in and row.carried_in.state != EditionState.SKIPPED else None,
    )
