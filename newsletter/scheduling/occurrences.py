"""Planning and claiming occurrences. Any number of processes may call these at once: a row moves by one
conditional UPDATE, and whoever changed it has it.

    schedule ─materialise─▶ planned ─opened─▶ opened ─claim─▶ claimed
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.scheduling import calendar, models, schedules, states
from newsletter.scheduling.values import Occurrence, Schedule

HORIZON = timedelta(days=8)
LOOK_BACK = timedelta(days=2)  # what fell due while nothing ran is still recorded, so that no gap is silent


def create_schedule(
    newsletter_id: int, *, weekdays: str, time: str, zone: str, now: datetime, open_before_minutes: int = 180
) -> Schedule:
    """Makes a rule for a newsletter. Raises BadInput naming weekdays, time, zone or open_before_minutes."""
    row = models.Schedule.objects.create(
        newsletter_id=newsletter_id,
        created_at=now,
        **_parse_fields(weekdays=weekdays, time=time, zone=zone, open_before_minutes=open_before_minutes),
    )
    return schedules.get_schedule(row.id)


def change_schedule(schedule_id: int, *, now: datetime, **fields: Any) -> Schedule:
    """Changes a rule from now on; what it planned for the future is planned anew. Raises BadInput, NotFound.

    An edition that was opened already keeps its date, and goes out at the new time.
    """
    checked = _parse_fields(**fields)
    materialise(now)  # what fell due under the old rule while nothing ran is still recorded
    with transaction.atomic():
        if not models.Schedule.objects.filter(id=schedule_id).update(created_at=now, **checked):
            raise NotFound(f"There is no schedule {schedule_id}. See them all with: newsletter schedules list")
        _delete_future(schedule_id, now)
    materialise(now)
    return schedules.get_schedule(schedule_id)


def pause(schedule_id: int, *, now: datetime) -> Schedule:
    """Stops a schedule: nothing of it is planned or sent until it is resumed. Editions that were opened stay."""
    with transaction.atomic():
        models.Schedule.objects.filter(id=schedule_id).update(active=False)
        _delete_future(schedule_id, now)
    return schedules.get_schedule(schedule_id)


def resume(schedule_id: int, *, now: datetime) -> Schedule:
    """Lets a paused schedule go on, from now: what it missed stays missed."""
    models.Schedule.objects.filter(id=schedule_id).update(active=True, created_at=now)
    materialise(now)
    return schedules.get_schedule(schedule_id)


def _delete_future(schedule_id: int, now: datetime) -> None:
    # The opened ones too, or they would go out at the old time; the next beat finds their editions by the date.
    forgotten = (*states.WAITING_STATES, states.SKIPPED)
    models.Occurrence.objects.filter(schedule_id=schedule_id, instant__gt=now, state__in=forgotten).delete()


def materialise(now: datetime) -> int:
    """Writes down the occurrences of the next days; running it again changes nothing. Returns how many are new."""
    made = 0
    for row in models.Schedule.objects.filter(active=True).prefetch_related("skips"):
        schedule = schedules.to_schedule(row)
        start = max(row.created_at, now - LOOK_BACK)
        made += sum(
            _plan_occurrence(schedule, instant, now)
            for instant in calendar.occurrences(schedule.rule, start, now + HORIZON)
        )
    return made


def _plan_occurrence(schedule: Schedule, instant: datetime, now: datetime) -> bool:
    local = instant.astimezone(clock.get_zone(schedule.zone)).date()
    reason = dict(schedule.skips).get(local, "")
    _, created = models.Occurrence.objects.get_or_create(
        schedule_id=schedule.id,
        instant=instant,
        defaults={
            "newsletter_id": schedule.newsletter_id,
            "date": local,
            "opens_at": instant - timedelta(minutes=schedule.open_before_minutes),
            "state": states.SKIPPED if reason else states.PLANNED,
            "reason": reason,
            "changed_at": now,
        },
    )
    return created


def skip_date(schedule_id: int, on: date, *, reason: str, by: str, now: datetime) -> None:
    """Leaves out one local date, for a reason that stays visible. Raises BadInput, Refused when it is too late."""
    if not reason.strip():
        raise BadInput("Say why it is left out.", "reason")
    schedule = schedules.get_schedule(schedule_id)
    with transaction.atomic():
        if models.Occurrence.objects.filter(schedule_id=schedule.id, date=on, state=states.CLAIMED).exists():
            raise Refused(f"{on} is being sent already. Stop its mailing instead: newsletter mailings list")
        models.Skip.objects.update_or_create(
            schedule_id=schedule.id,
            date=on,
            defaults={"reason": reason.strip()[:300], "created_at": now, "created_by": by},
        )
        rows = models.Occurrence.objects.filter(
            schedule_id=schedule.id, date=on, state__in=states.list_predecessors(states.SKIPPED)
        )
        rows.update(state=states.SKIPPED, reason=f"{reason.strip()} ({by})"[:300], changed_at=now)


def unskip_date(schedule_id: int, on: date, *, by: str, now: datetime) -> None:
    """Takes a left-out date in again. Raises Refused when it was not left out or is past."""
    with transaction.atomic():
        if not models.Skip.objects.filter(schedule_id=schedule_id, date=on).delete()[0]:
            raise Refused(f"{on} is not left out.")
        rows = models.Occurrence.objects.filter(schedule_id=schedule_id, date=on, state=states.SKIPPED)
        if rows.filter(instant__lte=now).exists():
            raise Refused(f"{on} is past; it stays left out.")
        rows.filter(edition=None).update(state=states.PLANNED, reason="", changed_at=now)
        rows.exclude(edition=None).update(state=states.OPENED, reason="", changed_at=now)


def list_to_open(now: datetime) -> tuple[Occurrence, ...]:
    """What is to be opened now: its opening time has come and it has no edition yet."""
    rows = models.Occurrence.objects.filter(opens_at__lte=now, state=states.PLANNED).order_by("instant")
    return tuple(schedules.to_occurrence(row) for row in rows)


def mark_opened(occurrence_id: int, edition_id: int, now: datetime) -> bool:
    """Notes the edition of an occurrence; False when another process was faster."""
    rows = models.Occurrence.objects.filter(id=occurrence_id, state=states.PLANNED)
    return bool(rows.update(state=states.OPENED, edition_id=edition_id, changed_at=now))


def list_due(now: datetime, ahead: timedelta = timedelta()) -> tuple[Occurrence, ...]:
    """What is to be sent or held now, and what will be within `ahead`."""
    rows = models.Occurrence.objects.filter(instant__lte=now + ahead, state__in=states.WAITING_STATES).order_by(
        "instant"
    )
    return tuple(schedules.to_occurrence(row) for row in rows)


def claim(occurrence_id: int, now: datetime) -> bool:
    """Takes an occurrence, in the transaction that makes its mailing; False when another process has it."""
    rows = models.Occurrence.objects.filter(id=occurrence_id, state__in=states.list_predecessors(states.CLAIMED))
    return bool(rows.update(state=states.CLAIMED, reason="", changed_at=now))


def hold(occurrence_id: int, reason: str, now: datetime) -> bool:
    """Holds an occurrence back, for a reason that stays visible; False when it has moved on."""
    return _change_state(occurrence_id, states.HELD, reason, now)


def miss(occurrence_id: int, reason: str, now: datetime) -> bool:
    """Records that an occurrence was missed; False when it has moved on."""
    return _change_state(occurrence_id, states.MISSED, reason, now)


def _change_state(occurrence_id: int, to: str, reason: str, now: datetime) -> bool:
    rows = models.Occurrence.objects.filter(id=occurrence_id, state__in=states.list_predecessors(to))
    return bool(rows.update(state=to, reason=reason[:300], changed_at=now))


def find_held_for_edition(edition_id: int) -> Occurrence | None:
    """The held or missed occurrence of an edition, to be claimed when somebody sends it by hand."""
    row = (
        models.Occurrence.objects.filter(edition_id=edition_id, state__in=(states.HELD, states.MISSED))
        .order_by("-instant")
        .first()
    )
    return schedules.to_occurrence(row) if row else None


def _parse_fields(**fields: Any) -> dict[str, Any]:
    readers: dict[str, Any] = {
        "weekdays": calendar.parse_weekdays,
        "time": lambda value: value if isinstance(value, time) else calendar.parse_time(value),
        "zone": lambda value: clock.get_zone(value).key,
        "open_before_minutes": _parse_minutes,
    }
    unknown = fields.keys() - readers.keys()
    if unknown:
        raise BadInput(f"A schedule has no {', '.join(sorted(unknown))}. It has {', '.join(readers)}.", min(unknown))
    return {name: readers[name](value) for name, value in fields.items()}


def _parse_minutes(value: Any) -> int:
    text = str(value).strip()
    if not text.isdecimal() or not 5 <= int(text) <= 7 * 24 * 60:
        raise BadInput(f"“{value}” will not do: give 5 to 10080 minutes.", "open_before_minutes")
    return int(text)
