"""A user's schedule for calendar programs (iCalendar, RFC 5545), at a link that is its own secret."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from newsletter.accounts import calendar_links
from newsletter.accounts.permissions import list_visible_newsletters
from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import edition_lookup
from newsletter.curator.editions.states import EditionState
from newsletter.delivery.reports import edition_status
from newsletter.kernel import clock
from newsletter.kernel.enums import LabelledEnum
from newsletter.scheduling import coming
from newsletter.scheduling.coming import ComingDate
from newsletter.scheduling.states import OccurrenceState
from newsletter.web.middleware import render_error_page

BACK, AHEAD = timedelta(days=30), timedelta(days=90)
LASTS = timedelta(minutes=15)  # in a calendar an event needs a length
READ_AGAIN_AFTER = timedelta(hours=1)


@require_safe
@cache_control(private=True, max_age=900)
def show_calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The dates of all newsletters that the owner of the link may see."""
    user = calendar_links.find_user(token)
    if user is None:
        return render_error_page(request, "There is no calendar here. Make a new link in your account.", 404)
    visible, now = list_visible_newsletters(user), clock.now()
    shown = {each.id: each for each in newsletters.list_newsletters() if visible is None or each.id in visible}
    dates = coming.list_coming(shown.keys(), since=now - BACK, until=now + AHEAD, now=now)
    response = HttpResponse(build_calendar(dates, shown, now), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="newsletters.ics"'
    response["X-Robots-Tag"] = "noindex"
    return response


def build_calendar(dates: Iterable[ComingDate], shown: dict[int, Newsletter], now: datetime) -> bytes:
    """The file that a calendar program reads."""
    calendar = Calendar()
    calendar.add("prodid", "-//newsletter//schedule//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Newsletters")
    calendar.add("refresh-interval", READ_AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    dates = tuple(dates)
    editions = edition_lookup.get_editions(each.edition_id for each in dates if each.edition_id)
    statuses = edition_status.find_statuses(editions.values())
    for each in dates:
        edition = editions.get(each.edition_id or 0)
        status = statuses[edition.id] if edition else None
        state, reason = edition_status.describe_date(each.state, each.reason, edition, status)
        calendar.add_component(_build_event(each, shown[each.newsletter_id], state, reason, now))
    data: bytes = calendar.to_ical()
    return data


def _build_event(each: ComingDate, newsletter: Newsletter, state: LabelledEnum, reason: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{each.schedule_id}-{each.instant:%Y%m%dT%H%M%SZ}@{_find_host()}")
    event.add("dtstamp", now)
    event.add("dtstart", each.instant)
    event.add("dtend", each.instant + LASTS)
    skipped = state in (OccurrenceState.SKIPPED, EditionState.SKIPPED)
    event.add("summary", f"{newsletter.name} (skipped)" if skipped else newsletter.name)
    event.add("description", "\n".join(_describe(each, newsletter, state, reason)))
    event.add(
        "status", "CANCELLED" if skipped else "CONFIRMED" if each.state == OccurrenceState.CLAIMED else "TENTATIVE"
    )
    event.add("transp", "TRANSPARENT")
    page = reverse("desk:board", args=[each.edition_id]) if each.edition_id else reverse("desk:schedule")
    event.add("url", settings.CONFIG.base_url + page)
    return event


def _find_host() -> str:
    return urlsplit(settings.CONFIG.base_url).hostname or "newsletter"


def _describe(each: ComingDate, newsletter: Newsletter, state: LabelledEnum, reason: str) -> list[str]:
    lines = [clock.format_in_zone(each.instant, newsletter.zone), state.label]
    if each.moved_from:
        lines.append(f"Instead of {each.moved_from:%a} {each.moved_from.day} {each.moved_from:%b}")
    return [*lines, reason] if reason else lines
