"""The schedule: what is planned, what was skipped, held or missed and why, and the schedules themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.delivery.reports import edition_status
from newsletter.kernel import clock
from newsletter.kernel.actors import Actor, Verb
from newsletter.scheduling import occurrences, schedules
from newsletter.scheduling.schedules import RulePreview
from newsletter.scheduling.values import Occurrence, Schedule
from newsletter.web.access import desk_view, get_actor, list_accessible_newsletters, require_permission
from newsletter.web.fields import read_act
from newsletter.web.forms.base import ButtonForm, DeskForm, keep_sent
from newsletter.web.forms.schedule import NewScheduleForm, ScheduleForm, SkipDateForm

_NEW = {"weekdays": list("1234567"), "time": "07:00"}


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_schedule(request: HttpRequest) -> HttpResponse:
    """The coming days and the schedules; POST creates a schedule."""
    return _create_schedule(request) if request.method == "POST" else _render_schedule(request)


def _render_schedule(
    request: HttpRequest, sent: DeskForm | None = None, *, schedule_id: int = 0, preview: RulePreview | None = None
) -> HttpResponse:
    """The page; with the form of one schedule (0: a new one) as it was sent, and its preview or why it was refused."""
    now, by = clock.now(), get_actor(request)
    newsletters = {each.id: each for each in list_accessible_newsletters(request)}
    found = occurrences.list_occurrences(now - timedelta(days=3), now + timedelta(days=8), newsletters)
    configurable = list_accessible_newsletters(request, Verb.CONFIGURE)
    described = describe_occurrences(found, newsletters)
    rules = [
        (
            each,
            newsletters[each.newsletter_id],
            sent
            if isinstance(sent, ScheduleForm) and each.id == schedule_id
            else ScheduleForm.of(each, f"schedule-{each.id}"),
            schedules.format_values(each),
            keep_sent(sent if each.id == schedule_id else None, ButtonForm),
        )
        for each in schedules.list_schedules()
        if each.newsletter_id in newsletters
    ]
    context = {
        "editable": [each for each in newsletters if by.may(Verb.EDIT, newsletter_id=each)],
        "configurable": [each.id for each in configurable],
        "coming": [
            (*each, _build_skip_form(each[0], sent, schedule_id)) for each in described if each[0].instant >= now
        ],
        "past": [each for each in reversed(described) if each[0].instant < now],
        "rules": rules,
        "new_form": keep_sent(sent, NewScheduleForm, newsletters=configurable, initial=_NEW),
        "skip_form": keep_sent(sent, SkipDateForm),
        "shown": schedule_id if isinstance(sent, ScheduleForm) else None,
        "preview": preview,
    }
    return render(request, "pages/schedule.html", context, status=sent.status if sent else 200)


def _build_skip_form(occurrence: Occurrence, sent: DeskForm | None, schedule_id: int) -> SkipDateForm:
    """The form that skips a date: the one that was sent, where it is about this date."""
    is_about = (
        isinstance(sent, SkipDateForm)
        and occurrence.schedule_id == schedule_id
        and sent["instant"].value() == occurrence.instant.isoformat()
    )
    form = keep_sent(sent if is_about else None, SkipDateForm)
    form.auto_id = f"skip-{occurrence.id}-%s"
    return form


def describe_occurrences(
    found: Sequence[Occurrence], newsletters: dict[int, Newsletter]
) -> list[tuple[Occurrence, Newsletter, str, str, int | None]]:
    """Occurrences with their newsletter, their state or that of an edition with a mailing, why, and the edition."""
    editions = edition_status.find_editions_of_dates(found)
    statuses = edition_status.find_statuses(editions.values())
    described: list[tuple[Occurrence, Newsletter, str, str, int | None]] = []
    for each in found:
        edition = editions.get(each.id)
        status = statuses[edition.id] if edition else None
        state, reason = edition_status.describe_date(each.state, each.reason, edition, status)
        described.append((each, newsletters[each.newsletter_id], state, reason, edition.id if edition else None))
    return described


def _create_schedule(request: HttpRequest) -> HttpResponse:
    form = NewScheduleForm(request.POST, newsletters=list_accessible_newsletters(request, Verb.CONFIGURE))
    is_preview, now = read_act(request.POST, {"add": False, "preview": True}, "add"), clock.now()
    if form.is_valid():
        with form.show_refusals():
            newsletter = newsletters.get_newsletter_by_slug(form.cleaned_data["newsletter"])
            require_permission(request, Verb.CONFIGURE, newsletter.id)
            if is_preview:
                preview = schedules.preview_schedule(newsletter.id, now=now, **form.read_changes())
                return _render_schedule(request, form, preview=preview)
            schedules.create_schedule(newsletter.id, by=get_actor(request), now=now, **form.read_changes())
            messages.success(request, _("%(newsletter)s is scheduled.") % {"newsletter": newsletter.name})
            return redirect("desk:schedule")
    return _render_schedule(request, form)


@desk_view(Verb.CONFIGURE, methods=("POST",))
def update_schedule(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Changes a schedule, shows what a change would mean, pauses, resumes or removes it."""
    require_permission(request, Verb.CONFIGURE, schedules.get_schedule(schedule_id).newsletter_id)
    do = read_act(request.POST, {each: each for each in ("save", "preview", *_BUTTONS)}, "save")
    if do not in _BUTTONS:
        return _change_schedule(request, schedule_id, is_preview=do == "preview")
    form = ButtonForm(request.POST)
    with form.show_refusals():
        _BUTTONS[do](schedule_id, by=get_actor(request), now=clock.now())
        messages.success(request, _("Removed.") if do == "remove" else _("Saved."))
        return redirect("desk:schedule")
    return _render_schedule(request, form, schedule_id=schedule_id)


_BUTTONS: Mapping[str, Callable[..., object]] = {
    "pause": schedules.pause_schedule,
    "resume": schedules.resume_schedule,
    "remove": schedules.remove_schedule,
}


def _change_schedule(request: HttpRequest, schedule_id: int, *, is_preview: bool) -> HttpResponse:
    form, now = ScheduleForm(request.POST, auto_id=f"schedule-{schedule_id}-%s"), clock.now()
    if form.is_valid():
        with form.show_refusals():
            if is_preview:
                preview = schedules.preview_change(schedule_id, now=now, **form.read_changes())
                return _render_schedule(request, form, schedule_id=schedule_id, preview=preview)
            seen = cast(schedules.ScheduleChanges, form.read_seen())
            schedules.change_schedule(schedule_id, seen=seen, by=get_actor(request), now=now, **form.read_changes())
            messages.success(request, _("Saved."))
            return redirect("desk:schedule")
    return _render_schedule(request, form, schedule_id=schedule_id)


@desk_view(Verb.EDIT, methods=("POST",))
def skip_or_unskip_date(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Skips a date for a reason, or with `undo` unskips it."""
    schedule = schedules.get_schedule(schedule_id)
    require_permission(request, Verb.EDIT, schedule.newsletter_id)
    form, by, now = SkipDateForm(request.POST), get_actor(request), clock.now()
    if form.is_valid():
        with form.show_refusals():
            apply_skip(form, schedule, by=by, now=now)
            return redirect("desk:schedule")
    return _render_schedule(request, form, schedule_id=schedule_id)


def apply_skip(form: SkipDateForm, schedule: Schedule, *, by: Actor, now: datetime) -> None:
    """Skips or unskips the date that a form names. Raises what the service refuses."""
    given, time = form.cleaned_data, form.read_time(schedule.zone)
    if given["undo"]:
        schedules.unskip_date(schedule.id, given["date"], by=by, now=now, time=time)
    else:
        schedules.skip_date(schedule.id, given["date"], reason=given["reason"], by=by, now=now, time=time)
