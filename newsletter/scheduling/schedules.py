"""The rules of newsletters, and the dates they skip."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.db import transaction

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.scheduling import calendar, models, occurrences, states
from newsletter.scheduling.states import OccurrenceState
from newsletter.scheduling.values import Schedule, to_schedule


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


def create_schedule(
    newsletter_id: int, *, weekdays: str, time: str, zone: str, now: datetime, open_before_minutes: int = 180
) -> Schedule:
    """Makes a rule for a newsletter. Raises BadInput naming weekdays, time, zone or open_before_minutes."""
    row = models.Schedule.objects.create(
        newsletter_id=newsletter_id,
        created_at=now,
        **_parse_fields(weekdays=weekdays, time=time, zone=zone, open_before_minutes=open_before_minutes),
    )
    return get_schedule(row.id)


def change_schedule(schedule_id: int, *, now: datetime, **fields: Any) -> Schedule:
    """Changes a rule from now on; what it planned for the future is planned again. Raises BadInput, NotFound.

    An edition that was opened already keeps its date, and goes out at the new time.
    """
    checked = _parse_fields(**fields)
    occurrences.materialise(now)  # what fell due under the old rule while nothing ran is still recorded
    with transaction.atomic():
        if not models.Schedule.objects.filter(id=schedule_id).update(created_at=now, **checked):
            raise NotFound(f"There is no schedule {schedule_id}. See them all with: newsletter schedules list")
        _delete_future(schedule_id, now)
    occurrences.materialise(now)
    return get_schedule(schedule_id)


def pause_schedule(schedule_id: int, *, now: datetime) -> Schedule:
    """Stops a schedule: nothing of it is planned or sent until it is resumed. Editions that were opened stay."""
    with transaction.atomic():
        models.Schedule.objects.filter(id=schedule_id).update(active=False)
        _delete_future(schedule_id, now)
    return get_schedule(schedule_id)


def resume_schedule(schedule_id: int, *, now: datetime) -> Schedule:
    """Lets a paused schedule go on, from now: what it missed stays missed."""
    models.Schedule.objects.filter(id=schedule_id).update(active=True, created_at=now)
    occurrences.materialise(now)
    return get_schedule(schedule_id)


def skip_date(schedule_id: int, day: date, *, reason: str, by: str, now: datetime) -> None:
    """Skips one local date, for a reason that stays visible. Raises BadInput, Refused when it is too late."""
    if not reason.strip():
        raise BadInput("Say why it is skipped.", "reason")
    schedule = get_schedule(schedule_id)
    with transaction.atomic():
        if models.Occurrence.objects.filter(schedule_id=schedule.id, date=day, state=OccurrenceState.CLAIMED).exists():
            raise Refused(f"{day} is being sent already. Stop its mailing instead: newsletter mailings list")
        models.Skip.objects.update_or_create(
            schedule_id=schedule.id,
            date=day,
            defaults={"reason": reason.strip()[:300], "created_at": now, "created_by": by},
        )
        rows = models.Occurrence.objects.filter(
            schedule_id=schedule.id, date=day, state__in=states.list_predecessors(OccurrenceState.SKIPPED)
        )
        rows.update(state=OccurrenceState.SKIPPED, reason=f"{reason.strip()} ({by})"[:300], changed_at=now)


def unskip_date(schedule_id: int, day: date, *, by: str, now: datetime) -> None:
    """Undoes skipping a date. Raises Refused when it was not skipped or is past."""
    with transaction.atomic():
        if not models.Skip.objects.filter(schedule_id=schedule_id, date=day).delete()[0]:
            raise Refused(f"{day} is not skipped.")
        rows = models.Occurrence.objects.filter(schedule_id=schedule_id, date=day, state=OccurrenceState.SKIPPED)
        if rows.filter(instant__lte=now).exists():
            raise Refused(f"{day} is past; it stays skipped.")
        rows.filter(edition=None).update(state=OccurrenceState.PLANNED, reason="", changed_at=now)
        rows.exclude(edition=None).update(state=OccurrenceState.DRAFT, reason="", changed_at=now)


def _delete_future(schedule_id: int, now: datetime) -> None:
    # The opened ones too, or they would go out at the old time; the next tick finds their editions by the date.
    forgotten = (*states.WAITING_STATES, OccurrenceState.SKIPPED)
    models.Occurrence.objects.filter(schedule_id=schedule_id, instant__gt=now, state__in=forgotten).delete()


def _parse_fields(**fields: Any) -> dict[str, Any]:
    parsers: dict[str, Any] = {
        "weekdays": calendar.parse_weekdays,
        "time": lambda value: value if isinstance(value, time) else calendar.parse_time(value),
        "zone": lambda value: clock.get_zone(value).key,
        "open_before_minutes": _parse_minutes,
    }
    unknown = fields.keys() - parsers.keys()
    if unknown:
        raise BadInput(f"A schedule has no {', '.join(sorted(unknown))}. It has {', '.join(parsers)}.", min(unknown))
    return {name: parsers[name](value) for name, value in fields.items()}


def _parse_minutes(value: Any) -> int:
    text = str(value).strip()
    if not text.isdecimal() or not 5 <= int(text) <= 7 * 24 * 60:
        raise BadInput(f"“{value}” is not possible: give 5 to 10080 minutes.", "open_before_minutes")
    return int(text)
