"""When a newsletter goes out."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import typer

from newsletter.catalog.newsletters import get_newsletter_by_slug, list_newsletters
from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, print_table, say
from newsletter.delivery.reports import edition_status
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput
from newsletter.scheduling import occurrences, schedules

app = typer.Typer(no_args_is_help=True, add_completion=False, help="When a newsletter goes out.")


WEEKDAYS = typer.Option(None, help="daily, weekdays, mon,wed or 1-5.")
EVERY_WEEKS = typer.Option(1, min=1, max=52, help="With --weekdays: every so many weeks, from the first day on.")
MONTHLY = typer.Option(None, help="The day of the month: 15, last, first monday, last weekday.")
RRULE = typer.Option(None, help="Any other rule (RFC 5545): FREQ=MONTHLY;BYDAY=2TU.")
TIME = typer.Option(None, help="Local time, like 07:00; several: 07:00,17:30.")
ZONE = typer.Option(None, help="Time zone; by default the newsletter's.")
STARTS = typer.Option(None, help="First day, like 2027-01-04.")
ENDS = typer.Option(None, help="Last day; empty for no end.")
HOLIDAYS = typer.Option(None, help="Whose public holidays: GB-ENG, Germany; empty for nobody's.")
ON_HOLIDAY = typer.Option(None, help="What happens on one: skip, earlier or later.")
AT_TIME = typer.Option("", "--time", help="Of a date with several: this one alone, like 17:30.")
DRY_RUN = typer.Option(False, "--dry-run", help="Only show what it would mean.")


@app.command("add")
def add(
    newsletter: str,
    weekdays: str | None = WEEKDAYS,
    every_weeks: int = EVERY_WEEKS,
    monthly: str | None = MONTHLY,
    rrule: str | None = RRULE,
    time: str = typer.Option(..., help="Local time, like 07:00; several: 07:00,17:30."),
    zone: str | None = ZONE,
    starts: str | None = STARTS,
    ends: str | None = ENDS,
    holidays: str | None = HOLIDAYS,
    on_holiday: str | None = ON_HOLIDAY,
    draft_before: int = typer.Option(180, min=5, help="Minutes before: the draft is created and prefilled."),
    dry_run: bool = DRY_RUN,
    as_json: bool = JSON,
) -> None:
    """Schedule a newsletter. Without days it is daily."""
    now, found = clock.now(), get_newsletter_by_slug(newsletter)
    given = _read_changes(weekdays, every_weeks, monthly, rrule, time, zone, starts, ends, holidays, on_holiday)
    given["open_before_minutes"] = draft_before
    preview = schedules.preview_schedule(found.id, now=now, **given)
    if dry_run:
        return emit_json(preview) if as_json else _print_preview(preview)
    made = schedules.create_schedule(found.id, by=get_actor(), now=now, **given)
    if as_json:
        return emit_json(made)
    say(f"{found.name}: schedule {made.id} is set.")
    _print_preview(preview)
    if not wiring.get_config().provider:
        say("No provider is chosen yet, so nothing will be sent: set NEWSLETTER_PROVIDER.")


@app.command("change")
def change(
    schedule_id: int,
    weekdays: str | None = WEEKDAYS,
    every_weeks: int = EVERY_WEEKS,
    monthly: str | None = MONTHLY,
    rrule: str | None = RRULE,
    time: str | None = TIME,
    zone: str | None = ZONE,
    starts: str | None = STARTS,
    ends: str | None = ENDS,
    holidays: str | None = HOLIDAYS,
    on_holiday: str | None = ON_HOLIDAY,
    draft_before: int = typer.Option(0, help="Minutes before: the draft is created and prefilled."),
    dry_run: bool = DRY_RUN,
    as_json: bool = JSON,
) -> None:
    """Change a schedule from now on. What is not given stays as it is."""
    now = clock.now()
    given = _read_changes(weekdays, every_weeks, monthly, rrule, time, zone, starts, ends, holidays, on_holiday)
    if draft_before:
        given["open_before_minutes"] = draft_before
    preview = schedules.preview_change(schedule_id, now=now, **given)
    if dry_run:
        return emit_json(preview) if as_json else _print_preview(preview)
    changed = schedules.change_schedule(schedule_id, seen=None, by=get_actor(), now=now, **given)
    if as_json:
        return emit_json(changed)
    say(f"Schedule {schedule_id} is changed.")
    _print_preview(preview)


@app.command("remove")
def remove(schedule_id: int, yes: bool = YES) -> None:
    """Remove a schedule. What it sent, held or skipped stays on record."""
    found = schedules.get_schedule(schedule_id)
    confirm_or_refuse(f"Remove schedule {schedule_id} ({found.in_words})?", yes)
    schedules.remove_schedule(schedule_id, by=get_actor(), now=clock.now())
    say(f"Schedule {schedule_id} is removed.")


def _read_changes(
    weekdays: str | None,
    every_weeks: int,
    monthly: str | None,
    rrule: str | None,
    time: str | None,
    zone: str | None,
    starts: str | None,
    ends: str | None,
    holidays: str | None,
    on_holiday: str | None,
) -> schedules.ScheduleChanges:
    """What was given on the command line; an empty date or region takes away what is set."""
    if every_weeks > 1 and not weekdays:
        raise BadInput("Give the weekdays with --every-weeks, such as --weekdays fri.", "every_weeks")
    given: schedules.ScheduleChanges = {}
    if weekdays is not None:
        given["weekdays"] = weekdays
        given["every_weeks"] = every_weeks
    if monthly is not None:
        given["monthly"] = monthly
    if rrule is not None:
        given["recurrence"] = rrule
    if time is not None:
        given["time"] = time
    if zone is not None:
        given["zone"] = zone
    if starts is not None:
        given["starts_on"] = starts
    if ends is not None:
        given["ends_on"] = ends
    if holidays is not None:
        given["region"] = holidays
    if on_holiday is not None:
        given["on_holiday"] = on_holiday
    return given


def _print_preview(preview: schedules.RulePreview) -> None:
    say(f"{preview.in_words}.")
    print_table(
        ("next", "note"),
        [
            (
                clock.format_in_zone(each.instant, preview.zone),
                f"skipped: {each.skipped}"
                if each.skipped
                else f"instead of {each.moved_from}"
                if each.moved_from
                else "",
            )
            for each in preview.dates
        ],
        "It ends before it goes out again.",
    )


@app.command("list")
def show_all(newsletter: str = typer.Argument(""), as_json: bool = JSON) -> None:
    """List the schedules."""
    found = schedules.list_schedules(get_newsletter_by_slug(newsletter).id if newsletter else None)
    if as_json:
        return emit_json(found)
    names = {n.id: n.slug for n in list_newsletters()}
    print_table(
        ("id", "newsletter", "rule", "state"),
        [(s.id, names[s.newsletter_id], s.in_words, "on" if s.active else "paused") for s in found],
        "No schedule yet. Add one: newsletter schedules add NEWSLETTER --time 07:00",
    )


@app.command("next")
def list_upcoming(
    schedule_id: int = typer.Argument(0, help="One schedule: its next ten dates by the rule."),
    days: int = typer.Option(8, min=1, max=60),
    as_json: bool = JSON,
) -> None:
    """List what is planned for the coming days, and what was held or missed in the past two."""
    now = clock.now()
    if schedule_id:
        preview = schedules.preview_change(schedule_id, now=now)
        return emit_json(preview) if as_json else _print_preview(preview)
    occurrences.materialise(now)
    found = occurrences.list_occurrences(now - timedelta(days=2), now + timedelta(days=days))
    editions = edition_status.find_editions_of_dates(found)
    told = [(each, *edition_status.describe_date(each.state, each.reason, editions.get(each.id))) for each in found]
    if as_json:
        return emit_json([{**asdict(each), "status": state, "status_reason": why} for each, state, why in told])
    newsletters = {n.id: n for n in list_newsletters()}
    print_table(
        ("id", "when", "newsletter", "state", "reason"),
        [
            (
                o.id,
                clock.format_in_zone(o.instant, newsletters[o.newsletter_id].zone),
                newsletters[o.newsletter_id].name,
                state.label.lower(),
                why,
            )
            for o, state, why in told
        ],
        "Nothing is planned.",
    )


@app.command("skip")
def skip_date(
    schedule_id: int,
    date: str = typer.Argument(..., help="Like 2026-12-25."),
    reason: str = typer.Option(..., help="Why."),
    time: str = AT_TIME,
) -> None:
    """Skip one date, or one time of it."""
    schedules.skip_date(schedule_id, clock.parse_day(date), reason=reason, by=get_actor(), now=clock.now(), time=time)
    say(f"{f'{date} {time}'.strip()} is skipped: {reason}")


@app.command("unskip")
def unskip_date(schedule_id: int, date: str, time: str = AT_TIME) -> None:
    """Unskip a date, or one time of it."""
    schedules.unskip_date(schedule_id, clock.parse_day(date), by=get_actor(), now=clock.now(), time=time)
    say(f"{f'{date} {time}'.strip()} is planned again.")


@app.command("pause")
def pause_schedule(schedule_id: int, yes: bool = YES) -> None:
    """Stop a schedule until it is resumed."""
    confirm_or_refuse(f"Pause schedule {schedule_id}?", yes)
    schedules.pause_schedule(schedule_id, by=get_actor(), now=clock.now())
    say(f"Schedule {schedule_id} is paused.")


@app.command("resume")
def resume_schedule(schedule_id: int) -> None:
    """Resume a paused schedule."""
    schedules.resume_schedule(schedule_id, by=get_actor(), now=clock.now())
    say(f"Schedule {schedule_id} is resumed.")
