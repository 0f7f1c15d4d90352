"""The rules of newsletters: added, changed, paused, removed; and the dates they skip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import QuerySet

from newsletter.catalog import newsletter_settings, newsletters
from newsletter.kernel import clock
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.changes import select_changes
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from newsletter.kernel.numbers import parse_whole_number
from newsletter.scheduling import calendar, models, occurrences, public_holidays, recurrence, rule_text, states
from newsletter.scheduling.calendar import RuleDate
from newsletter.scheduling.states import OccurrenceState, OnHoliday
from newsletter.scheduling.values import Schedule, to_schedule

LEAST_MINUTES, MOST_MINUTES = 5, 7 * 24 * 60  # before its time that a draft is created
MOST_WEEKS = 52
NEXT_SHOWN = 10  # dates of a preview
FIRST_YEAR, LAST_YEAR = 2000, 2100


class ScheduleChanges(TypedDict, total=False):
    """What can be changed of a schedule, as people write it. Its days are said by one of the first three."""

    weekdays: str  # daily, mon,wed, 1-5
    monthly: str  # 15, last, first monday
    recurrence: str  # FREQ=MONTHLY;BYDAY=1MO
    every_weeks: int | str  # with weekdays: every so many weeks
    time: str  # local: 07:00, or several: 07:00, 17:30
    zone: str
    starts_on: str  # 2026-11-24, or "" for at once
    ends_on: str  # "" for never
    region: str  # whose holidays: GB-ENG, Germany; "" for nobody's
    on_holiday: str  # skip, earlier, later
    open_before_minutes: int | str


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What a rule would mean: in words, and the next dates with those that a holiday moves or takes away."""

    in_words: str
    zone: str
    dates: tuple[RuleDate, ...]


_DAYS = ("weekdays", "monthly", "recurrence")
_LABELS = {
    "recurrence": "Days",
    "time": "Time",
    "zone": "Zone",
    "starts_on": "First day",
    "ends_on": "Last day",
    "region": "Holidays of",
    "on_holiday": "On a holiday",
    "open_before_minutes": "Minutes before: the draft is created",
}


def get_schedule(schedule_id: int) -> Schedule:
    """The schedule with this id. Raises NotFound."""
    row = models.Schedule.objects.filter(removed_at=None).prefetch_related("skips").filter(id=schedule_id).first()
    if row is None:
        raise NotFound(
            f"There is no schedule {schedule_id}.", command_hint="See them all with: newsletter schedules list"
        )
    return to_schedule(row)


def list_schedules(newsletter_id: int | None = None) -> tuple[Schedule, ...]:
    """The schedules of one newsletter, or all; without those that were removed."""
    rows = models.Schedule.objects.filter(removed_at=None).prefetch_related("skips").order_by("newsletter_id", "time")
    return tuple(to_schedule(row) for row in (rows.filter(newsletter_id=newsletter_id) if newsletter_id else rows))


def preview_schedule(
    newsletter_id: int, *, now: datetime, count: int = NEXT_SHOWN, **changes: Unpack[ScheduleChanges]
) -> RulePreview:
    """What a schedule would mean, before it is saved: in words, and its next dates. Raises NotFound, BadInput."""
    zone = newsletters.get_newsletter(newsletter_id).zone
    values = _complete({**_DEFAULTS, "zone": zone}, _parse_changes(changes), now)
    return _preview(_to_rule(values), now, count)


def preview_change(
    schedule_id: int, *, now: datetime, count: int = NEXT_SHOWN, **changes: Unpack[ScheduleChanges]
) -> RulePreview:
    """The same of a schedule that is there, as it is or with changes. Raises NotFound, BadInput."""
    present = format_values(get_schedule(schedule_id))
    given = _parse_changes(changes)
    return _preview(_to_rule(_complete(present, given, now) if given else present), now, count)


def list_next_dates(schedule: Schedule, now: datetime) -> tuple[RuleDate, ...]:
    """The next dates of a schedule, with those that a holiday moves or that are skipped, and why."""
    found = _preview(schedule.rule, now, NEXT_SHOWN).dates
    return tuple(replace(each, skipped=schedule.explain_skip(each.day) or each.skipped) for each in found)


def create_schedule(newsletter_id: int, *, by: Actor, now: datetime, **changes: Unpack[ScheduleChanges]) -> Schedule:
    """Makes a rule for a newsletter, and plans by it. Raises NotFound, NotAllowed.

    Without days it is daily, without a time at 07:00; the zone is the newsletter's. Raises BadInput naming the field.
    """
    newsletter = newsletters.get_newsletter(newsletter_id)
    require_right(by, Verb.CONFIGURE, newsletter_id=newsletter_id)
    values = _complete({**_DEFAULTS, "zone": newsletter.zone}, _parse_changes(changes), now)
    with transaction.atomic():
        _refuse_twin(newsletter_id, values)
        row = models.Schedule.objects.create(newsletter_id=newsletter_id, created_at=now, **_to_columns(values))
        detail = rule_text.describe_rule(_to_rule(values))
        by.record(ActionRecord("made schedule", newsletter.slug, now, newsletter_id, detail, after=values))
    occurrences.materialise_schedule(row.id, now)
    return get_schedule(row.id)


def _refuse_twin(newsletter_id: int, values: Mapping[str, str]) -> None:
    when = ("recurrence", "time", "zone", "starts_on", "ends_on")
    for each in list_schedules(newsletter_id):
        if all(format_values(each)[name] == values[name] for name in when):
            raise Refused(f"It goes out then already, by schedule {each.id} ({each.in_words}).")


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
    occurrences.materialise_schedule(schedule_id, now)  # what fell due under the old rule while nothing ran is recorded
    with transaction.atomic():
        models.Schedule.objects.select_for_update().filter(id=schedule_id).first()
        schedule = get_schedule(schedule_id)
        present = format_values(schedule)
        wanted = select_changes(present, given, None if seen is None else _parse_changes(seen), labels=_LABELS)
        if wanted:
            columns = _to_columns(_complete(present, wanted, now))
            models.Schedule.objects.filter(id=schedule_id).update(created_at=now, planned_until=None, **columns)
            _delete_future(schedule_id, now)
            _record(
                by, "changed schedule", schedule, now, before={name: present[name] for name in wanted}, after=wanted
            )
    occurrences.materialise_schedule(schedule_id, now)
    return get_schedule(schedule_id)


def remove_schedule(schedule_id: int, *, by: Actor, now: datetime) -> None:
    """Removes a schedule: nothing of it is planned any more. What it sent, held or skipped stays on record."""
    schedule = get_schedule(schedule_id)
    require_right(by, Verb.CONFIGURE, newsletter_id=schedule.newsletter_id)
    with transaction.atomic():
        rows = models.Schedule.objects.filter(id=schedule_id, removed_at=None)
        if not rows.update(removed_at=now, active=False):
            return  # it is so already
        _delete_future(schedule_id, now)
        _record(by, "removed schedule", schedule, now, schedule.in_words, before=format_values(schedule))


def pause_schedule(schedule_id: int, *, by: Actor, now: datetime) -> Schedule:
    """Stops a schedule: nothing of it is planned, collected or sent until it is resumed. Editions that exist stay,
    and so do the stories that are there already.
    """
    _switch(schedule_id, "paused schedule", active=False, by=by, now=now)
    return get_schedule(schedule_id)


def resume_schedule(schedule_id: int, *, by: Actor, now: datetime) -> Schedule:
    """Lets a paused schedule go on, from now: what it missed stays missed, and stories of the pause are not offered."""
    _switch(schedule_id, "resumed schedule", active=True, by=by, now=now)
    occurrences.materialise_schedule(schedule_id, now)
    return get_schedule(schedule_id)


def _switch(schedule_id: int, action: str, *, active: bool, by: Actor, now: datetime) -> None:
    schedule = get_schedule(schedule_id)
    require_right(by, Verb.CONFIGURE, newsletter_id=schedule.newsletter_id)
    with transaction.atomic():
        rows = models.Schedule.objects.filter(id=schedule_id, active=not active, removed_at=None)
        others = models.Schedule.objects.filter(newsletter_id=schedule.newsletter_id, active=True)
        was_collecting = others.exists()
        if not rows.update(active=active, **({"created_at": now, "planned_until": None} if active else {})):
            return  # it is so already
        if not active:
            _delete_future(schedule_id, now)
            if not others.exists():
                newsletter_settings.stop_collecting(schedule.newsletter_id, now)
        elif not was_collecting:
            newsletter_settings.collect_from(schedule.newsletter_id, now)
        _record(by, action, schedule, now, before={"active": not active}, after={"active": active})


def skip_date(schedule_id: int, day: date, *, reason: str, by: Actor, now: datetime, time: str = "") -> None:
    """Skips one local date, or what goes out at one `time` of it (07:00), for a reason that stays visible.

    What was held keeps why beside it. Raises NotFound, NotAllowed, Refused when it is too late, Conflict where somebody
    else has skipped it, and BadInput without a reason, for a date that is past, and for one on which nothing goes out.
    """
    schedule = get_schedule(schedule_id)
    require_right(by, Verb.EDIT, newsletter_id=schedule.newsletter_id)
    reason = reason.strip()[:300]
    if not reason:
        raise BadInput("Say why it is skipped.", "reason")
    dates = _require_dates(schedule, day, now)
    with transaction.atomic():
        if time.strip():
            occurrences.write_down(schedule, dates, now)
        rows = _filter_day(schedule, day, time)
        left = rows.filter(state__in=states.list_predecessors(OccurrenceState.SKIPPED))
        if not left.exists() and rows.filter(state=OccurrenceState.CLAIMED).exists():
            raise Refused(
                f"{day} is being sent already. Stop its mailing instead.", command_hint="See: newsletter mailings list"
            )
        earlier = dict(schedule.skips).get(day)
        if earlier == reason and not left.exists():
            return
        done = "" if left.exists() else _find_skip(schedule, day, rows)
        if done and f"({by.name})" not in done:  # one's own reason may be put in other words
            raise Conflict(f"{day:%a} {day.day} {day:%b} is skipped already: {done}. Your reason was not saved.")
        if not time or len(dates) == 1:
            models.Skip.objects.update_or_create(
                schedule_id=schedule.id,
                date=day,
                defaults={"reason": reason, "created_at": now, "created_by": by.name[:254]},
            )
        for row in left:
            held = f"; it was held: {row.reason}" if row.state == OccurrenceState.HELD else ""
            models.Occurrence.objects.filter(id=row.id, state=row.state).update(
                state=OccurrenceState.SKIPPED, reason=f"{reason} ({by.name}){held}"[:300], changed_at=now
            )
        before = {"reason": earlier} if earlier else {}
        _record(by, "skipped date", schedule, now, f"{day} {time}".strip(), before=before, after={"reason": reason})


def _find_skip(schedule: Schedule, day: date, rows: QuerySet[models.Occurrence]) -> str:
    """Why a date was skipped by hand, and by whom; "" where it was not."""
    row = rows.filter(state=OccurrenceState.SKIPPED).first()
    if row is not None:
        return row.reason.rstrip(".")
    skip = models.Skip.objects.filter(schedule_id=schedule.id, date=day).first()
    return f"{skip.reason} ({skip.created_by})" if skip else ""


def unskip_date(schedule_id: int, day: date, *, by: Actor, now: datetime, time: str = "") -> None:
    """Undoes skipping a date, or one `time` of it. Raises NotFound, NotAllowed, Refused when it was not skipped by
    hand or is past.
    """
    schedule = get_schedule(schedule_id)
    require_right(by, Verb.EDIT, newsletter_id=schedule.newsletter_id)
    dates = _list_rule_dates(schedule, day)
    by_rule = [each.instant for each in dates if each.skipped]
    with transaction.atomic():
        if time.strip():
            occurrences.write_down(schedule, dates, now)
        rows = _filter_day(schedule, day, time).filter(state=OccurrenceState.SKIPPED).exclude(instant__in=by_rule)
        if rows.filter(instant__lte=now).exists():
            raise Refused(f"{day} is past; it stays skipped.")
        skips = models.Skip.objects.filter(schedule_id=schedule_id, date=day)
        if not skips.exists() and not rows.exists():
            raise Refused(f"{day} is a holiday of the rule." if by_rule else f"{day} is not skipped.")
        skips.delete()
        rows.filter(edition=None).update(state=OccurrenceState.PLANNED, reason="", changed_at=now)
        rows.exclude(edition=None).update(state=OccurrenceState.DRAFT, reason="", changed_at=now)
        before = {"reason": dict(schedule.skips).get(day, "")}
        _record(by, "took date in again", schedule, now, f"{day} {time}".strip(), before=before)


def _require_dates(schedule: Schedule, day: date, now: datetime) -> list[RuleDate]:
    """What the rule says of a local date that is not past and on which something goes out."""
    if day < now.astimezone(clock.get_zone(schedule.zone)).date():
        raise BadInput(f"{day} is past.", "date")
    dates = _list_rule_dates(schedule, day)
    if not dates:
        raise BadInput(f"Nothing goes out on {day}: {schedule.in_words}.", "date")
    return dates


def _list_rule_dates(schedule: Schedule, day: date) -> list[RuleDate]:
    """What the rule says of a local date: what goes out then, and what a holiday takes away."""
    around = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
    found = calendar.list_dates(schedule.rule, around - timedelta(days=1), around + timedelta(days=2))
    return [each for each in found if each.day == day]


def _filter_day(schedule: Schedule, day: date, time: str) -> QuerySet[models.Occurrence]:
    """The occurrences of a local date, planned or past; those of one `time`, of which there must be one."""
    rows = models.Occurrence.objects.filter(schedule_id=schedule.id, date=day)
    if not time.strip():
        return rows
    (wanted,) = rule_text.parse_times(time)[:1]
    zone = clock.get_zone(schedule.zone)
    chosen = [row.id for row in rows if row.instant.astimezone(zone).time().replace(second=0, tzinfo=None) == wanted]
    if not chosen:
        raise BadInput(f"Nothing is planned for {day} at {time.strip()}.", "time")
    return rows.filter(id__in=chosen)


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


_DEFAULTS = {
    "recurrence": recurrence.format_weekly("1234567"),
    "time": "07:00",
    "zone": "UTC",
    "starts_on": "",
    "ends_on": "",
    "region": "",
    "on_holiday": OnHoliday.SKIP.value,
    "open_before_minutes": "180",
}


def format_values(schedule: Schedule) -> dict[str, str]:
    """What can be changed of a schedule, as texts: what a form is filled with."""
    return {
        "recurrence": schedule.recurrence,
        "time": ", ".join(schedule.times),
        "zone": schedule.zone,
        "starts_on": str(schedule.starts_on or ""),
        "ends_on": str(schedule.ends_on or ""),
        "region": schedule.region,
        "on_holiday": schedule.on_holiday.value,
        "open_before_minutes": str(schedule.open_before_minutes),
    }


def _parse_changes(changes: ScheduleChanges) -> dict[str, str]:
    """The changes as texts in one form, so that they can be compared. Raises BadInput naming the field."""
    parsed: dict[str, str] = {}
    if any(name in changes for name in _DAYS):
        parsed["recurrence"] = _parse_days(changes)
    if "time" in changes:
        parsed["time"] = rule_text.format_times(rule_text.parse_times(changes["time"]))
    if "zone" in changes:
        parsed["zone"] = clock.get_zone(changes["zone"]).key
    if "starts_on" in changes:
        parsed["starts_on"] = _parse_bounded_day(changes["starts_on"], "starts_on")
    if "ends_on" in changes:
        parsed["ends_on"] = _parse_bounded_day(changes["ends_on"], "ends_on")
    if "region" in changes:
        region = changes["region"].strip()
        parsed["region"] = public_holidays.parse_region(region) if region else ""
    if "on_holiday" in changes:
        parsed["on_holiday"] = _parse_on_holiday(changes["on_holiday"])
    if "open_before_minutes" in changes:
        parsed["open_before_minutes"] = str(_parse_minutes(changes["open_before_minutes"]))
    return parsed


def _parse_days(changes: ScheduleChanges) -> str:
    if sum(bool(changes.get(name)) for name in _DAYS) > 1:
        raise BadInput("Say the days once: by weekdays, by the day of the month, or by a rule.", "recurrence")
    if changes.get("recurrence"):
        return recurrence.parse_recurrence(changes["recurrence"]).text
    if changes.get("monthly"):
        return recurrence.parse_monthly(changes["monthly"])
    weeks = parse_whole_number(str(changes.get("every_weeks", 1)).strip())
    if weeks is None or not 1 <= weeks <= MOST_WEEKS:
        raise BadInput(f"“{changes.get('every_weeks')}” weeks: give 1 to {MOST_WEEKS}.", "every_weeks")
    return recurrence.format_weekly(rule_text.parse_weekdays(changes.get("weekdays", "")), weeks=weeks)


def _parse_bounded_day(text: str, field: str) -> str:
    if not text.strip():
        return ""
    day = clock.parse_day(text.strip(), field)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadInput(f"{day} is not possible: give a date from {FIRST_YEAR} to {LAST_YEAR}.", field)
    return str(day)


def _parse_on_holiday(text: str) -> str:
    try:
        return OnHoliday(text.strip().lower()).value
    except ValueError:
        raise BadInput(f"“{text[:20]}” is not possible: give {', '.join(OnHoliday)}.", "on_holiday") from None


def _complete(present: Mapping[str, str], wanted: Mapping[str, str], now: datetime) -> dict[str, str]:
    """All values of a schedule with the changes, where together they make a rule that happens. Raises BadInput."""
    values = {**present, **wanted}
    if not values["starts_on"] and not recurrence.read_weekly(recurrence.parse_recurrence(values["recurrence"])):
        values["starts_on"] = str(now.astimezone(clock.get_zone(values["zone"])).date())  # what it is counted from
    rule = _to_rule(values)
    if rule.ends_on is not None and rule.ends_on < rule.first_day:
        raise BadInput(f"It would end on {rule.ends_on}, before its first day.", "ends_on")
    if rule.parsed.times and rule.more_times:
        raise BadInput("The rule says its times itself. Give one time, or take BYHOUR and BYMINUTE out.", "time")
    if not calendar.list_next(rule, now, 1):
        field = "ends_on" if rule.ends_on is not None and rule.ends_on < now.date() else "recurrence"
        raise BadInput(f"It would never go out: {rule_text.describe_rule(rule)}.", field)
    return values


def _preview(rule: calendar.ScheduleRule, now: datetime, count: int) -> RulePreview:
    instants = calendar.list_next(rule, now, count)
    dates = calendar.list_dates(rule, now, instants[-1]) if instants else []
    return RulePreview(rule_text.describe_rule(rule), rule.zone, tuple(dates))


def _to_rule(values: Mapping[str, str]) -> calendar.ScheduleRule:
    first, *more = rule_text.parse_times(values["time"])
    days = recurrence.read_weekly(recurrence.parse_recurrence(values["recurrence"]))
    return calendar.ScheduleRule(
        frozenset(int(day) for day in days),
        first,
        values["zone"],
        recurrence=values["recurrence"],
        more_times=tuple(more),
        starts_on=date.fromisoformat(values["starts_on"]) if values["starts_on"] else None,
        ends_on=date.fromisoformat(values["ends_on"]) if values["ends_on"] else None,
        region=values["region"],
        on_holiday=OnHoliday(values["on_holiday"]),
    )


def _to_columns(values: Mapping[str, str]) -> dict[str, object]:
    """The columns of a row. Weekdays at one time alone are written as the version before reads them."""
    rule = _to_rule(values)
    plain = rule.weekdays and not (rule.more_times or rule.starts_on or rule.ends_on or rule.region)
    return {
        "weekdays": "".join(str(day) for day in sorted(rule.weekdays)) if plain else "",
        "time": rule.time,
        "zone": rule.zone,
        "recurrence": "" if plain else values["recurrence"],
        "more_times": rule_text.format_times(rule.more_times),
        "starts_on": rule.starts_on,
        "ends_on": rule.ends_on,
        "region": rule.region,
        "on_holiday": rule.on_holiday.value,
        "open_before_minutes": int(values["open_before_minutes"]),
    }


def _parse_minutes(value: int | str) -> int:
    minutes = parse_whole_number(str(value).strip())
    if minutes is None or not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise BadInput(
            f"“{value}” is not possible: give {LEAST_MINUTES} to {MOST_MINUTES} minutes.", "open_before_minutes"
        )
    return minutes
