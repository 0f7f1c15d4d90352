"""The rules of newsletters, and the dates they skip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import TypedDict, Unpack

from django.db import transaction

from newsletter.catalog import newsletters
from newsletter.kernel import clock
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.changes import select_changes
from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.kernel.numbers import parse_whole_number
from newsletter.scheduling import calendar, models, occurrences, states
from newsletter.scheduling.states import OccurrenceState
from newsletter.scheduling.values import Schedule, to_schedule

LEAST_MINUTES, MOST_MINUTES = 5, 7 * 24 * 60  # before its time that a draft is created


class ScheduleChanges(TypedDict, total=False):
    """What can be changed of a schedule, as people write it."""

    weekdays: str  # daily, mon,wed, 1-5
    time: str  # local: 07:00
    zone: str
    open_before_minutes: int | str


_LABELS = {
    "weekdays": "Days",
    "time": "Time",
    "zone": "Zone",
    "open_before_minutes": "Minutes before: the draft is created",
}


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
    newsletter_id: int,
    *,
    weekdays: str,
    time: str,
    zone: str,
    open_before_minutes: int = 180,
    by: Actor,
    now: datetime,
) -> Schedule:
    """Makes a rule for a newsletter, and plans by it. Raises NotFound, NotAllowed.

    Raises BadInput naming weekdays, time, zone or open_before_minutes.
    """
    newsletter = newsletters.get_newsletter(newsletter_id)
    require_right(by, Verb.CONFIGURE, newsletter_id=newsletter_id)
    values = _parse_changes(
        {"weekdays": weekdays, "time": time, "zone": zone, "open_before_minutes": open_before_minutes}
    )
    with transaction.atomic():
        row = models.Schedule.objects.create(newsletter_id=newsletter_id, created_at=now, **_to_columns(values))
        detail = f"{values['weekdays']} {values['time']} {values['zone']}"
        by.record(ActionRecord("made schedule", newsletter.slug, now, newsletter_id, detail, after=values))
    occurrences.materialise(now)
    return get_schedule(row.id)


def change_schedule(
    schedule_id: int,
    *,
    seen: ScheduleChanges | None,
    by: Actor,
    now: datetime,
    **changes: Unpack[ScheduleChanges],
) -> Schedule:
    """Changes a rule from now on; what it planned for the future is planned again. Raises NotFound, NotAllowed.

    Raises Conflict where somebody else changed the same meanwhile, by what `seen` says that they saw, and BadInput.
    An edition that was opened already keeps its date, and goes out at the new time.
    """
    require_right(by, Verb.CONFIGURE, newsletter_id=get_schedule(schedule_id).newsletter_id)
    given = _parse_changes(changes)
    occurrences.materialise(now)  # what fell due under the old rule while nothing ran is still recorded
    with transaction.atomic():
        models.Schedule.objects.select_for_update().filter(id=schedule_id).first()
        schedule = get_schedule(schedule_id)
        present = format_values(schedule)
        wanted = select_changes(present, given, None if seen is None else _parse_changes(seen), labels=_LABELS)
        if wanted:
            models.Schedule.objects.filter(id=schedule_id).update(created_at=now, **_to_columns(wanted))
            _delete_future(schedule_id, now)
            _record(
                by, "changed schedule", schedule, now, before={name: present[name] for name in wanted}, after=wanted
            )
    occurrences.materialise(now)
    return get_schedule(schedule_id)


def pause_schedule(schedule_id: int, *, by: Actor, now: datetime) -> Schedule:
    """Stops a schedule: nothing of it is planned or sent until it is resumed. Editions that were opened stay."""
    _switch(schedule_id, "paused schedule", active=False, by=by, now=now)
    return get_schedule(schedule_id)


def resume_schedule(schedule_id: int, *, by: Actor, now: datetime) -> Schedule:
    """Lets a paused schedule go on, from now: what it missed stays missed."""
    _switch(schedule_id, "resumed schedule", active=True, by=by, now=now)
    occurrences.materialise(now)
    return get_schedule(schedule_id)


def _switch(schedule_id: int, action: str, *, active: bool, by: Actor, now: datetime) -> None:
    schedule = get_schedule(schedule_id)
    require_right(by, Verb.CONFIGURE, newsletter_id=schedule.newsletter_id)
    with transaction.atomic():
        rows = models.Schedule.objects.filter(id=schedule_id, active=not active)
        if not rows.update(active=active, **({"created_at": now} if active else {})):
            return  # it is so already
        if not active:
            _delete_future(schedule_id, now)
        _record(by, action, schedule, now, before={"active": not active}, after={"active": active})


def skip_date(schedule_id: int, day: date, *, reason: str, by: Actor, now: datetime) -> None:
    """Skips one local date, for a reason that stays visible. Raises NotFound, NotAllowed.

    Raises BadInput without a reason, Refused when it is too late.
    """
    schedule = get_schedule(schedule_id)
    require_right(by, Verb.EDIT, newsletter_id=schedule.newsletter_id)
    reason = reason.strip()[:300]
    if not reason:
        raise BadInput("Say why it is skipped.", "reason")
    with transaction.atomic():
        if models.Occurrence.objects.filter(schedule_id=schedule.id, date=day, state=OccurrenceState.CLAIMED).exists():
            raise Refused(f"{day} is being sent already. Stop its mailing instead: newsletter mailings list")
        earlier = dict(schedule.skips).get(day)
        if earlier == reason:
            return
        models.Skip.objects.update_or_create(
            schedule_id=schedule.id,
            date=day,
            defaults={"reason": reason, "created_at": now, "created_by": by.name[:254]},
        )
        rows = models.Occurrence.objects.filter(
            schedule_id=schedule.id, date=day, state__in=states.list_predecessors(OccurrenceState.SKIPPED)
        )
        rows.update(state=OccurrenceState.SKIPPED, reason=f"{reason} ({by.name})"[:300], changed_at=now)
        before = {"reason": earlier} if earlier else {}
        _record(by, "skipped date", schedule, now, str(day), before=before, after={"reason": reason})


def unskip_date(schedule_id: int, day: date, *, by: Actor, now: datetime) -> None:
    """Undoes skipping a date. Raises NotFound, NotAllowed, Refused when it was not skipped or is past."""
    schedule = get_schedule(schedule_id)
    require_right(by, Verb.EDIT, newsletter_id=schedule.newsletter_id)
    with transaction.atomic():
        if not models.Skip.objects.filter(schedule_id=schedule_id, date=day).delete()[0]:
            raise Refused(f"{day} is not skipped.")
        rows = models.Occurrence.objects.filter(schedule_id=schedule_id, date=day, state=OccurrenceState.SKIPPED)
        if rows.filter(instant__lte=now).exists():
            raise Refused(f"{day} is past; it stays skipped.")
        rows.filter(edition=None).update(state=OccurrenceState.PLANNED, reason="", changed_at=now)
        rows.exclude(edition=None).update(state=OccurrenceState.DRAFT, reason="", changed_at=now)
        before = {"reason": dict(schedule.skips).get(day, "")}
        _record(by, "took date in again", schedule, now, str(day), before=before)


def _record(
    by: Actor,
    action: str,
    schedule: Schedule,
    now: datetime,
    detail: str = "",
    *,
    before: Mapping[str, object] = MappingProxyType({}),
    after: Mapping[str, object] = MappingProxyType({}),
) -> None:
    target = f"schedule {schedule.id}"
    by.record(ActionRecord(action, target, now, schedule.newsletter_id, detail, before, after))


def _delete_future(schedule_id: int, now: datetime) -> None:
    # The opened ones too, or they would go out at the old time; the next tick finds their editions by the date.
    forgotten = (*states.WAITING_STATES, OccurrenceState.SKIPPED)
    models.Occurrence.objects.filter(schedule_id=schedule_id, instant__gt=now, state__in=forgotten).delete()


def format_values(schedule: Schedule) -> dict[str, str]:
    """What can be changed of a schedule, as texts: what a form is filled with."""
    return {
        "weekdays": schedule.weekdays,
        "time": f"{schedule.time:%H:%M}",
        "zone": schedule.zone,
        "open_before_minutes": str(schedule.open_before_minutes),
    }


def _parse_changes(changes: ScheduleChanges) -> dict[str, str]:
    """The changes as texts in one form, so that they can be compared. Raises BadInput naming the field."""
    parsed: dict[str, str] = {}
    if "weekdays" in changes:
        parsed["weekdays"] = calendar.parse_weekdays(changes["weekdays"])
    if "time" in changes:
        parsed["time"] = f"{calendar.parse_time(changes['time']):%H:%M}"
    if "zone" in changes:
        parsed["zone"] = clock.get_zone(changes["zone"]).key
    if "open_before_minutes" in changes:
        parsed["open_before_minutes"] = str(_parse_minutes(changes["open_before_minutes"]))
    return parsed


def _to_columns(values: Mapping[str, str]) -> dict[str, object]:
    parsers: dict[str, Callable[[str], object]] = {"time": calendar.parse_time, "open_before_minutes": int}
    return {name: parsers.get(name, str)(value) for name, value in values.items()}


def _parse_minutes(value: int | str) -> int:
    minutes = parse_whole_number(str(value).strip())
    if minutes is None or not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise BadInput(
            f"“{value}” is not possible: give {LEAST_MINUTES} to {MOST_MINUTES} minutes.", "open_before_minutes"
        )
    return minutes
