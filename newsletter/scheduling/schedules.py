"""Looking things up in the schedule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from newsletter.kernel.errors import NotFound
from newsletter.scheduling import models, states
from newsletter.scheduling.values import Occurrence, Schedule

__all__ = ["Occurrence", "Schedule", "next_for", "occurrence", "occurrences", "schedule", "schedules"]


def get_schedule(schedule_id: int) -> Schedule:
    """The schedule with this id. Raises NotFound."""
    row = models.Schedule.objects.prefetch_related("skips").filter(id=schedule_id).first()
    if row is None:
        raise NotFound(f"There is no schedule {schedule_id}. See them all with: newsletter schedules list")
    return to_schedule(row)


def list_schedules(newsletter_id: int | None = None) -> tuple[Schedule, ...]:
    """The schedules of one newsletter, or all."""
    rows = models.Schedule.objects.prefetch_related("skips").order_by("newsletter_id", "time")
    return tuple(to_schedule(row) for row in (rows.filter(newsletter_id=newsletter_id) if newsletter_id else rows))


def get_occurrence(occurrence_id: int) -> Occurrence:
    """The occurrence with this id. Raises NotFound."""
    row = models.Occurrence.objects.filter(id=occurrence_id).first()
    if row is None:
        raise NotFound(f"There is no planned date {occurrence_id}. See them with: newsletter schedules next")
    return to_occurrence(row)


def list_occurrences(
    after: datetime, until: datetime, newsletter_ids: Iterable[int] | None = None, *, state: str = ""
) -> tuple[Occurrence, ...]:
    """What lies between two instants, in order; of some newsletters or (None) all."""
    rows = models.Occurrence.objects.filter(instant__gt=after, instant__lte=until).order_by("instant", "id")
    if newsletter_ids is not None:
        rows = rows.filter(newsletter_id__in=list(newsletter_ids))
    return tuple(to_occurrence(row) for row in (rows.filter(state=state) if state else rows))


def find_next(newsletter_id: int, now: datetime) -> Occurrence | None:
    """The next occurrence of a newsletter that is to happen."""
    rows = models.Occurrence.objects.filter(
        newsletter_id=newsletter_id, instant__gte=now, state__in=states.WAITING_STATES
    )
    row = rows.order_by("instant").first()
    return to_occurrence(row) if row else None


def to_schedule(row: models.Schedule) -> Schedule:
    """The value of a row."""
    return Schedule(
        row.id,
        row.newsletter_id,
        row.weekdays,
        row.time,
        row.zone,
        row.open_before_minutes,
        row.active,
        tuple(sorted((skip.date, skip.reason) for skip in row.skips.all())),
    )


def to_occurrence(row: models.Occurrence) -> Occurrence:
    """The value of a row."""
    return Occurrence(
        row.id,
        row.schedule_id,
        row.newsletter_id,
        row.instant,
        row.date,
        row.opens_at,
        row.state,
        row.reason,
        row.edition_id,
    )
