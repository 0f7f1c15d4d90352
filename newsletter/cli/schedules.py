"""When a newsletter goes out."""

from __future__ import annotations

from datetime import timedelta

import typer

from newsletter.catalog.newsletters import get_newsletter_by_slug, list_newsletters
from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, print_table, say
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.scheduling import occurrences, schedules

app = typer.Typer(no_args_is_help=True, add_completion=False, help="When a newsletter goes out.")


@app.command("create")
def create(
    newsletter: str,
    time: str = typer.Option(..., help="Local time, like 07:00."),
    weekdays: str = typer.Option("daily", help="daily, weekdays, mon,wed or 1-5."),
    zone: str = typer.Option("", help="Time zone; default: the newsletter's."),
    draft_before: int = typer.Option(180, min=5, help="Minutes before: the draft is created and prefilled."),
    as_json: bool = JSON,
) -> None:
    """Schedule a newsletter."""
    now = clock.now()
    found = get_newsletter_by_slug(newsletter)
    made = schedules.create_schedule(
        found.id,
        weekdays=weekdays,
        time=time,
        zone=zone or found.zone,
        open_before_minutes=draft_before,
        by=get_actor(),
        now=now,
    )
    if as_json:
        return emit_json(made)
    following = occurrences.find_next(found.id, now)
    say(f"{found.name}: schedule {made.id} is set.")
    if following:
        say(f"Next: {clock.format_in_zone(following.instant, made.zone)}")
    if not wiring.get_config().provider:
        say("No provider is chosen yet, so nothing will be sent: set NEWSLETTER_PROVIDER.")


@app.command("list")
def show_all(newsletter: str = typer.Argument(""), as_json: bool = JSON) -> None:
    """List the schedules."""
    found = schedules.list_schedules(get_newsletter_by_slug(newsletter).id if newsletter else None)
    if as_json:
        return emit_json(found)
    names = {n.id: n.slug for n in list_newsletters()}
    print_table(
        ("id", "newsletter", "weekdays", "time", "zone", "state"),
        [
            (
                s.id,
                names[s.newsletter_id],
                s.weekdays,
                f"{s.time:%H:%M}",
                s.zone,
                "on" if s.active else "paused",
            )
            for s in found
        ],
        "No schedule yet. Create one: newsletter schedules create NEWSLETTER --time 07:00",
    )


@app.command("next")
def list_upcoming(days: int = typer.Option(8, min=1, max=60), as_json: bool = JSON) -> None:
    """List what is planned for the coming days, and what was held or missed in the past two."""
    now = clock.now()
    occurrences.materialise(now)
    found = occurrences.list_occurrences(now - timedelta(days=2), now + timedelta(days=days))
    if as_json:
        return emit_json(found)
    newsletters = {n.id: n for n in list_newsletters()}
    print_table(
        ("id", "when", "newsletter", "state", "reason"),
        [
            (
                o.id,
                clock.format_in_zone(o.instant, newsletters[o.newsletter_id].zone),
                newsletters[o.newsletter_id].name,
                o.state.label.lower(),
                o.reason,
            )
            for o in found
        ],
        "Nothing is planned.",
    )


@app.command("skip")
def skip_date(
    schedule_id: int,
    date: str = typer.Argument(..., help="Like 2026-12-25."),
    reason: str = typer.Option(..., help="Why."),
) -> None:
    """Skip one date."""
    schedules.skip_date(schedule_id, clock.parse_day(date), reason=reason, by=get_actor(), now=clock.now())
    say(f"{date} is skipped: {reason}")


@app.command("unskip")
def unskip_date(schedule_id: int, date: str) -> None:
    """Unskip a date."""
    schedules.unskip_date(schedule_id, clock.parse_day(date), by=get_actor(), now=clock.now())
    say(f"{date} is planned again.")


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
