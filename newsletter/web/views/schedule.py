"""The schedule: what is planned, what was skipped, held or missed and why, and the schedules themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import edition_lookup
from newsletter.curator.editions.values import Edition
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.reports import edition_status
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, Conflict, NewsletterError
from newsletter.scheduling import calendar, occurrences, schedules
from newsletter.scheduling.values import Occurrence
from newsletter.web.access import (
    desk_view,
    get_actor,
    list_accessible_newsletters,
    require_permission,
)
from newsletter.web.fields import read_seen


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_schedule(request: HttpRequest) -> HttpResponse:
    """The coming days and the schedules; POST creates a schedule."""
    return _create_schedule(request) if request.method == "POST" else _render_schedule(request)


def _render_schedule(
    request: HttpRequest,
    *,
    schedule_id: int = 0,
    typed: schedules.ScheduleChanges | None = None,
    problem: NewsletterError | None = None,
) -> HttpResponse:
    """The page; with what was typed for one schedule, and why it was not saved."""
    now = clock.now()
    newsletters = {each.id: each for each in list_accessible_newsletters(request)}
    found = occurrences.list_occurrences(now - timedelta(days=3), now + timedelta(days=8), newsletters)
    rules = []
    for each in schedules.list_schedules():
        if each.newsletter_id in newsletters:
            seen = schedules.format_values(each)
            form = (typed or {}) if each.id == schedule_id else {}
            ticks = _weekday_choices(form.get("weekdays", seen["weekdays"]))
            days = calendar.format_weekdays(each.weekdays)
            rules.append((each, newsletters[each.newsletter_id], days, ticks, form.get("time", seen["time"]), seen))
    by = get_actor(request)
    context = {
        "editable": [each for each in newsletters if by.may(Verb.EDIT, newsletter_id=each)],
        "configurable": [each for each in newsletters if by.may(Verb.CONFIGURE, newsletter_id=each)],
        "coming": [describe_occurrence(each, newsletters) for each in found if each.instant >= now],
        "past": [describe_occurrence(each, newsletters) for each in reversed(found) if each.instant < now],
        "rules": rules,
        "newsletters": list_accessible_newsletters(request, Verb.CONFIGURE),
        "every_day": _weekday_choices("1234567"),
        "error": str(problem or ""),
        "differences": getattr(problem, "differences", ()),
    }
    return render(request, "pages/schedule.html", context, status=problem.http_status if problem else 200)


def describe_occurrence(
    occurrence: Occurrence, newsletters: dict[int, Newsletter]
) -> tuple[Occurrence, Newsletter, str, str, int | None]:
    """An occurrence with its newsletter, its state or that of an edition with a mailing, why, and the edition."""
    edition, reason = find_edition_of_occurrence(occurrence), occurrence.reason
    state: str = occurrence.state
    if edition is not None:
        status = edition_status.get_edition_status(edition)
        if edition.is_out or isinstance(status.state, MailingState):
            state, reason = status.state, status.reason
    return occurrence, newsletters[occurrence.newsletter_id], state, reason, edition.id if edition else None


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
    try:
        schedules.create_schedule(
            newsletter.id,
            weekdays=_read_weekdays(request),
            time=request.POST.get("time", ""),
            zone=request.POST.get("zone") or newsletter.zone,
            by=get_actor(request),
            now=clock.now(),
        )
    except (BadInput, Conflict) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{newsletter.name} is scheduled.")
    return redirect("schedule")


@desk_view(Verb.CONFIGURE, methods=("POST",))
def update_schedule(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Changes a schedule, pauses or resumes it."""
    do, by, now = request.POST.get("do", "save"), get_actor(request), clock.now()
    if do == "pause":
        schedules.pause_schedule(schedule_id, by=by, now=now)
    elif do == "resume":
        schedules.resume_schedule(schedule_id, by=by, now=now)
    else:
        typed = _read_changes(request.POST, weekdays=_read_weekdays(request))
        seen = read_seen(request.POST)
        try:
            schedules.change_schedule(
                schedule_id, seen=_read_changes(seen, weekdays=seen.get("weekdays")), by=by, now=now, **typed
            )
        except (BadInput, Conflict) as problem:
            return _render_schedule(request, schedule_id=schedule_id, typed=typed, problem=problem)
    messages.success(request, "Saved.")
    return redirect("schedule")


def _read_changes(sent: Mapping[str, str], *, weekdays: str | None) -> schedules.ScheduleChanges:
    found: schedules.ScheduleChanges = {}
    if weekdays is not None:
        found["weekdays"] = weekdays
    if sent.get("time"):
        found["time"] = sent["time"]
    if sent.get("zone"):
        found["zone"] = sent["zone"]
    return found


@desk_view(Verb.EDIT, methods=("POST",))
def skip_or_unskip_date(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Skips a date for a reason, or with `undo` unskips it."""
    by, now = get_actor(request), clock.now()
    require_permission(request, Verb.EDIT, schedules.get_schedule(schedule_id).newsletter_id)
    try:
        day = clock.parse_day(request.POST.get("date", ""))
        if request.POST.get("undo"):
            schedules.unskip_date(schedule_id, day, by=by, now=now)
        else:
            schedules.skip_date(schedule_id, day, reason=request.POST.get("reason", ""), by=by, now=now)
    except NewsletterError as error:
        messages.error(request, str(error))
    return redirect("schedule")
