"""The schedule: what is planned, what was skipped, held or missed and why, and the schedules themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.delivery.reports import edition_status
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, Conflict, NewsletterError
from newsletter.scheduling import occurrences, schedules
from newsletter.scheduling.schedules import RulePreview
from newsletter.scheduling.values import Occurrence, Schedule
from newsletter.web.access import (
    desk_view,
    get_actor,
    list_accessible_newsletters,
    require_permission,
)
from newsletter.web.fields import read_seen
from newsletter.web.forms.schedule import ScheduleForm


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_schedule(request: HttpRequest) -> HttpResponse:
    """The coming days and the schedules; POST creates a schedule."""
    return _create_schedule(request) if request.method == "POST" else _render_schedule(request)


def _render_schedule(
    request: HttpRequest,
    *,
    schedule_id: int = 0,
    form: ScheduleForm | None = None,
    preview: RulePreview | None = None,
    problem: NewsletterError | None = None,
) -> HttpResponse:
    """The page; with the form of one schedule (0: a new one) as it was sent, and its preview or why it was refused."""
    now = clock.now()
    newsletters = {each.id: each for each in list_accessible_newsletters(request)}
    found = occurrences.list_occurrences(now - timedelta(days=3), now + timedelta(days=8), newsletters)
    rules = [
        (
            each,
            newsletters[each.newsletter_id],
            form if form and each.id == schedule_id else ScheduleForm.of(each, f"schedule-{each.id}"),
            schedules.format_values(each),
        )
        for each in schedules.list_schedules()
        if each.newsletter_id in newsletters
    ]
    by = get_actor(request)
    context = {
        "editable": [each for each in newsletters if by.may(Verb.EDIT, newsletter_id=each)],
        "configurable": [each for each in newsletters if by.may(Verb.CONFIGURE, newsletter_id=each)],
        "coming": [describe_occurrence(each, newsletters) for each in found if each.instant >= now],
        "past": [describe_occurrence(each, newsletters) for each in reversed(found) if each.instant < now],
        "rules": rules,
        "newsletters": list_accessible_newsletters(request, Verb.CONFIGURE),
        "new_form": form if form and not schedule_id else ScheduleForm(initial=_NEW, auto_id="new-%s"),
        "chosen": request.POST.get("newsletter", ""),
        "shown": schedule_id if form else None,
        "preview": preview,
        "differences": getattr(problem, "differences", ()),
    }
    return render(request, "pages/schedule.html", context, status=problem.http_status if problem else 200)


def describe_occurrence(
    occurrence: Occurrence, newsletters: dict[int, Newsletter]
) -> tuple[Occurrence, Newsletter, str, str, int | None]:
    """An occurrence with its newsletter, its state or that of an edition with a mailing, why, and the edition."""
    edition = edition_status.find_edition_of_date(occurrence)
    state, reason = edition_status.describe_date(occurrence.state, occurrence.reason, edition)
    return occurrence, newsletters[occurrence.newsletter_id], state, reason, edition.id if edition else None


_NEW = {"weekdays": list("1234567"), "time": "07:00"}


def _create_schedule(request: HttpRequest) -> HttpResponse:
    newsletter = newsletters.get_newsletter_by_slug(request.POST.get("newsletter", ""))
    require_permission(request, Verb.CONFIGURE, newsletter.id)
    form, now = ScheduleForm(request.POST, auto_id="new-%s"), clock.now()
    try:
        if request.POST.get("do") == "preview":
            preview = schedules.preview_schedule(newsletter.id, now=now, **form.read_changes())
            return _render_schedule(request, form=form, preview=preview)
        schedules.create_schedule(newsletter.id, by=get_actor(request), now=now, **form.read_changes())
    except (BadInput, Conflict) as problem:
        form.show_problem(problem)
        return _render_schedule(request, form=form, problem=problem)
    messages.success(request, f"{newsletter.name} is scheduled.")
    return redirect("desk:schedule")


@desk_view(Verb.CONFIGURE, methods=("POST",))
def update_schedule(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Changes a schedule, shows what a change would mean, pauses, resumes or removes it."""
    do, by, now = request.POST.get("do", "save"), get_actor(request), clock.now()
    require_permission(request, Verb.CONFIGURE, schedules.get_schedule(schedule_id).newsletter_id)
    if do == "pause":
        schedules.pause_schedule(schedule_id, by=by, now=now)
    elif do == "resume":
        schedules.resume_schedule(schedule_id, by=by, now=now)
    elif do == "remove":
        schedules.remove_schedule(schedule_id, by=by, now=now)
    else:
        form = ScheduleForm(request.POST, auto_id=f"schedule-{schedule_id}-%s")
        try:
            changes = form.read_changes()
            if do == "preview":
                preview = schedules.preview_change(schedule_id, now=now, **changes)
                return _render_schedule(request, schedule_id=schedule_id, form=form, preview=preview)
            seen = cast(schedules.ScheduleChanges, read_seen(request.POST))
            schedules.change_schedule(schedule_id, seen=seen, by=by, now=now, **changes)
        except (BadInput, Conflict) as problem:
            form.show_problem(problem)
            return _render_schedule(request, schedule_id=schedule_id, form=form, problem=problem)
    messages.success(request, "Removed." if do == "remove" else "Saved.")
    return redirect("desk:schedule")


@desk_view(Verb.EDIT, methods=("POST",))
def skip_or_unskip_date(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Skips a date for a reason, or with `undo` unskips it."""
    by, now = get_actor(request), clock.now()
    schedule = schedules.get_schedule(schedule_id)
    require_permission(request, Verb.EDIT, schedule.newsletter_id)
    try:
        day, time = clock.parse_day(request.POST.get("date", "")), _read_time(request, schedule)
        if request.POST.get("undo"):
            schedules.unskip_date(schedule_id, day, by=by, now=now, time=time)
        else:
            reason = request.POST.get("reason", "")
            schedules.skip_date(schedule_id, day, reason=reason, by=by, now=now, time=time)
    except NewsletterError as error:
        messages.error(request, str(error))
    return redirect("desk:schedule")


def _read_time(request: HttpRequest, schedule: Schedule) -> str:
    """At which of the times of the date: the one of the row, for the others of a day have rows of their own."""
    instant = request.POST.get("instant", "")
    if not instant:
        return ""
    zone = clock.get_zone(schedule.zone)
    return f"{clock.parse_local_moment(instant, schedule.zone, 'instant').astimezone(zone):%H:%M}"
