"""The schedule: what is planned, what was skipped, held or missed and why, and the schedules themselves."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import edition_lookup
from newsletter.curator.editions.values import Edition
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NewsletterError
from newsletter.scheduling import calendar, occurrences, schedules
from newsletter.scheduling.values import Occurrence
from newsletter.web.access import (
    desk_view,
    get_actor_email,
    list_accessible_newsletters,
    record_audit,
    require_permission,
)


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_schedule(request: HttpRequest) -> HttpResponse:
    """The coming days and the schedules; POST creates a schedule."""
    if request.method == "POST":
        return _create_schedule(request)
    now = clock.now()
    newsletters = {each.id: each for each in list_accessible_newsletters(request)}
    found = occurrences.list_occurrences(now - timedelta(days=3), now + timedelta(days=8), newsletters)
    rules = [
        (
            each,
            newsletters[each.newsletter_id],
            calendar.format_weekdays(each.weekdays),
            _weekday_choices(each.weekdays),
        )
        for each in schedules.list_schedules()
        if each.newsletter_id in newsletters
    ]
    context = {
        "coming": [describe_occurrence(each, newsletters) for each in found if each.instant >= now],
        "past": [describe_occurrence(each, newsletters) for each in reversed(found) if each.instant < now],
        "rules": rules,
        "newsletters": list_accessible_newsletters(request, Verb.CONFIGURE),
        "every_day": _weekday_choices("1234567"),
    }
    return render(request, "pages/schedule.html", context)


def describe_occurrence(
    occurrence: Occurrence, newsletters: dict[int, Newsletter]
) -> tuple[Occurrence, Newsletter, str, int | None]:
    """An occurrence with its newsletter, its state or that of an edition sent by hand, and the edition."""
    edition = find_edition_of_occurrence(occurrence)
    left = edition is not None and edition.is_out
    state = edition.state if edition and left else occurrence.state
    return occurrence, newsletters[occurrence.newsletter_id], state, edition.id if edition else None


def find_edition_of_occurrence(occurrence: Occurrence) -> Edition | None:
    """The edition of an occurrence: the draft it created, or one created by hand for its date."""
    if occurrence.edition_id:
        return edition_lookup.get_edition(occurrence.edition_id)
    return edition_lookup.find_edition(occurrence.newsletter_id, occurrence.date)


def _weekday_choices(chosen: str) -> list[tuple[str, str, bool]]:
    """The weekdays as check boxes: ISO number, name, whether it is chosen."""
    return [(str(n), calendar.format_weekdays(str(n)), str(n) in chosen) for n in range(1, 8)]


def _read_weekdays(request: HttpRequest) -> str:
    return "".join(request.POST.getlist("weekdays"))


def _create_schedule(request: HttpRequest) -> HttpResponse:
    newsletter = newsletters.get_newsletter_by_slug(request.POST.get("newsletter", ""))
    require_permission(request, Verb.CONFIGURE, newsletter.id)
    now = clock.now()
    try:
        schedule = schedules.create_schedule(
            newsletter.id,
            weekdays=_read_weekdays(request),
            time=request.POST.get("time", ""),
            zone=request.POST.get("zone") or newsletter.zone,
            now=now,
        )
        occurrences.materialise(now)
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("schedule")
    record_audit(
        request,
        "made schedule",
        newsletter.slug,
        newsletter_id=newsletter.id,
        detail=f"{schedule.weekdays} {schedule.time:%H:%M} {schedule.zone}",
    )
    messages.success(request, f"{newsletter.name} is scheduled.")
    return redirect("schedule")


@desk_view(Verb.CONFIGURE, methods=("POST",))
def update_schedule(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Changes a schedule, pauses or resumes it."""
    schedule = schedules.get_schedule(schedule_id)
    require_permission(request, Verb.CONFIGURE, schedule.newsletter_id)
    now = clock.now()
    do = request.POST.get("do", "save")
    try:
        if do == "pause":
            schedules.pause_schedule(schedule_id, now=now)
        elif do == "resume":
            schedules.resume_schedule(schedule_id, now=now)
        else:
            fields = {name: request.POST[name] for name in ("time", "zone") if request.POST.get(name)}
            schedules.change_schedule(schedule_id, now=now, weekdays=_read_weekdays(request), **fields)
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("schedule")
    record_audit(request, f"{do} schedule", str(schedule_id), newsletter_id=schedule.newsletter_id)
    messages.success(request, "Saved.")
    return redirect("schedule")


@desk_view(Verb.EDIT, methods=("POST",))
def skip_or_unskip_date(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Skips a date for a reason, or with `undo` unskips it."""
    schedule = schedules.get_schedule(schedule_id)
    require_permission(request, Verb.EDIT, schedule.newsletter_id)
    now = clock.now()
    try:
        day = clock.parse_day(request.POST.get("date", ""))
        if request.POST.get("undo"):
            schedules.unskip_date(schedule_id, day, by=get_actor_email(request), now=now)
        else:
            schedules.skip_date(
                schedule_id, day, reason=request.POST.get("reason", ""), by=get_actor_email(request), now=now
            )
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("schedule")
    record_audit(
        request,
        "skipped date" if not request.POST.get("undo") else "took date in again",
        f"schedule {schedule_id}",
        newsletter_id=schedule.newsletter_id,
        detail=str(day),
    )
    return redirect("schedule")
