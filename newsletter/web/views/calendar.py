"""The calendar: every newsletter by month or week, what is not as planned and why; dates are skipped with a press."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from newsletter.catalog.newsletters import get_newsletter
from newsletter.catalog.values import Newsletter
from newsletter.delivery.reports import edition_calendar
from newsletter.delivery.reports.edition_calendar import CalendarDate
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NotFound
from newsletter.kernel.sentences import phrase
from newsletter.scheduling import public_holidays, schedules
from newsletter.scheduling.values import Schedule
from newsletter.web import calendar_range
from newsletter.web.access import desk_view, get_actor, list_accessible_newsletters, require_permission
from newsletter.web.calendar_range import CalendarRange
from newsletter.web.context import get_newsroom_zone
from newsletter.web.forms.filters import FilterForm
from newsletter.web.forms.schedule import SkipDateForm
from newsletter.web.views.schedule import apply_skip

_MARGIN = timedelta(days=1)  # a local day begins and ends up to a day beside that of UTC


@dataclass(frozen=True, slots=True)
class CalendarLine:
    """A date of a newsletter as a cell shows it; `may_skip` says that whoever looks may skip or unskip it."""

    each: CalendarDate
    newsletter: Newsletter
    day: date
    href: str
    may_skip: bool = False
    home: date | None = None  # the day it was planned for, where `day` is the one on which it went out
    is_elsewhere: bool = False  # it went out on another day than this one, for which it was planned

    @property
    def is_exception(self) -> bool:
        """Whether it is not as planned."""
        return self.each.is_exception or self.is_elsewhere or self.home is not None

    @property
    def instant_query(self) -> str:
        """The instant of its schedule, as it stands in addresses."""
        return quote(self.each.planned.instant.isoformat()) if self.each.planned else ""


@dataclass(frozen=True, slots=True)
class CalendarCell:
    """A day of the calendar; of another month it is empty. `look` names its style."""

    day: date
    is_shown: bool
    look: str
    holidays: Sequence[str]
    lines: Sequence[CalendarLine]


@desk_view(Verb.VIEW)
def show_calendar(request: HttpRequest) -> HttpResponse:
    """A month, or a week, of all newsletters somebody may see."""
    return _render_calendar(request)


@desk_view(Verb.EDIT, methods=("GET", "POST"))
def skip_or_unskip_date(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """The form of one date, which the calendar shows in a dialog; POST skips it for a reason, or with `undo` unskips
    it, and leads back to the calendar where it was.
    """
    schedule = schedules.get_schedule(schedule_id)
    require_permission(request, Verb.EDIT, schedule.newsletter_id)
    if request.method != "POST":
        return _render_date(request, schedule, request.GET.get("instant", ""))
    form = SkipDateForm(request.POST)
    if form.is_valid():
        with form.show_refusals():
            apply_skip(form, schedule, by=get_actor(request), now=clock.now())
            told = _("%(day)s is no longer skipped.") if form.cleaned_data["undo"] else _("%(day)s is skipped.")
            messages.success(request, told % {"day": formats.date_format(form.cleaned_data["date"], _("D j M"))})
            return redirect(reverse("desk:calendar") + _build_query(request))
    return _render_date(request, schedule, form["instant"].value() or "", form)


def _render_date(
    request: HttpRequest, schedule: Schedule, instant: str, sent: SkipDateForm | None = None
) -> HttpResponse:
    """The form of a date; of one that can be decided no longer, what was refused stands above the calendar."""
    line = _find_line(schedule, instant)
    if line is None and sent is None:
        raise NotFound(phrase("This date can be neither skipped nor unskipped any more. Load the calendar again."))
    if line is None:
        return _render_calendar(request, sent)
    context = {"line": line, "form": sent or SkipDateForm(), "query": _build_query(request)}
    return render(request, "pages/skip.html", context, status=sent.status if sent else 200)


def _find_line(schedule: Schedule, instant: str) -> CalendarLine | None:
    """The date of a schedule at an instant, as long as it can be skipped or unskipped."""
    newsletter, now = get_newsletter(schedule.newsletter_id), clock.now()
    try:
        at = clock.parse_local_moment(instant, schedule.zone, "instant")
    except BadInput:
        return None
    around = edition_calendar.list_calendar((newsletter.id,), since=at - _MARGIN, until=at + _MARGIN, now=now)
    skipping = _Skipping({schedule.id: schedule}, {newsletter.id}, now)
    for line in _build_lines(around, {newsletter.id: newsletter}, skipping):
        if line.may_skip and line.each.planned and line.each.planned.instant == at:
            return line
    return None


def _build_query(request: HttpRequest) -> str:
    """What the calendar is asked for, as it stands in addresses."""
    return _read_range(request).query + _keep_newsletter(_read_filters(request))


def _read_filters(request: HttpRequest) -> FilterForm:
    visible = list_accessible_newsletters(request)
    return FilterForm(request.GET, newsletter=[(each.slug, each.name) for each in visible])


def _keep_newsletter(filters: FilterForm) -> str:
    return "".join(f"&{urlencode({name: value})}" for name, value in filters.chosen.items())


def _read_range(request: HttpRequest) -> CalendarRange:
    today = clock.now().astimezone(clock.get_zone(get_newsroom_zone())).date()
    return calendar_range.parse_range(request.GET.get("month", ""), request.GET.get("week", ""), today)


def _render_calendar(request: HttpRequest, refused: SkipDateForm | None = None) -> HttpResponse:
    now, by, shown, filters = clock.now(), get_actor(request), _read_range(request), _read_filters(request)
    visible = {each.id: each for each in list_accessible_newsletters(request)}
    wanted = filters.chosen.get("newsletter")
    newsletters = {each.id: each for each in visible.values() if wanted in (None, each.slug)}
    editable = {each for each in newsletters if by.may(Verb.EDIT, newsletter_id=each)}
    rules = [each for each in schedules.list_schedules() if each.newsletter_id in newsletters]
    dates = edition_calendar.list_calendar(
        newsletters.keys(),
        since=datetime.combine(shown.first, time(), UTC) - _MARGIN,
        until=datetime.combine(shown.last, time(), UTC) + 2 * _MARGIN,
        now=now,
    )
    skipping = _Skipping({each.id: each for each in rules}, editable, now)
    lines = [each for each in _build_lines(dates, newsletters, skipping) if shown.has(each.day)]
    zones = {_name_zone(each) for each in lines if each.each.instant}
    today = now.astimezone(clock.get_zone(get_newsroom_zone())).date()
    context = {
        "shown": shown,
        "kept": _keep_newsletter(filters),
        "filters": filters if len(visible) > 1 else None,
        "month": calendar_range.find_month(today if shown.has(today) else shown.first),
        "week": calendar_range.find_week(today if shown.has(today) else shown.first),
        "today": today,
        "current": calendar_range.find_week(today) if shown.is_week else calendar_range.find_month(today),
        "weeks": _build_weeks(shown, lines, _find_holidays(shown, rules), today),
        "exceptions": list({id(each.each): each for each in reversed(lines) if each.is_exception}.values())[::-1],
        "rules": [(each, newsletters[each.newsletter_id], schedules.list_next_dates(each, now)) for each in rules],
        "zone": zones.pop() if len(zones) == 1 else None,
        "may_configure": bool(list_accessible_newsletters(request, Verb.CONFIGURE)),
        "refused": refused,
    }
    status = max(filters.status, refused.status if refused else 200)
    return render(request, "pages/calendar.html", context, status=status)


@dataclass(frozen=True, slots=True)
class _Skipping:
    """What whoever looks may skip or unskip now: dates of these rules, of these newsletters."""

    rules: Mapping[int, Schedule]
    editable: Collection[int]
    now: datetime

    def may_skip(self, each: CalendarDate) -> bool:
        """Whether a date is to come, and can be skipped or unskipped by its date."""
        planned = each.planned
        if planned is None or each.newsletter_id not in self.editable or planned.schedule_id not in self.rules:
            return False
        can_be_unskipped = each.is_skipped_date and not self._is_holiday(each)
        return planned.instant > self.now and (each.can_be_skipped or can_be_unskipped)

    def _is_holiday(self, each: CalendarDate) -> bool:
        """Whether its rule skips it: nobody can undo that by the date."""
        assert each.planned is not None
        rule = self.rules[each.planned.schedule_id]
        return bool(rule.region and public_holidays.find_holiday(rule.region, each.planned.day))


def _build_lines(
    dates: Iterable[CalendarDate], newsletters: Mapping[int, Newsletter], skipping: _Skipping
) -> Iterator[CalendarLine]:
    for each in dates:
        newsletter = newsletters.get(each.newsletter_id)
        if newsletter is None:
            continue  # its edition was opened by a date that is another newsletter's no longer
        zone = clock.get_zone(newsletter.zone)
        day = each.planned.instant.astimezone(zone).date() if each.planned else each.day
        left = each.instant.astimezone(zone).date() if each.is_out and each.instant else day
        page = _find_page(each)
        yield CalendarLine(each, newsletter, day, page, skipping.may_skip(each), is_elsewhere=left != day)
        if left != day:
            yield CalendarLine(each, newsletter, left, page, home=day)


def _find_page(each: CalendarDate) -> str:
    """Where more is said of it; "" where there is nothing yet."""
    if each.edition is None:
        return ""
    if each.edition.is_out and each.mailing_id is not None:
        return reverse("desk:mailing", args=[each.mailing_id])
    return reverse("desk:review" if each.edition.is_out else "desk:board", args=[each.edition.id])


def _name_zone(line: CalendarLine) -> tuple[str, str]:
    """Its zone, and what that is called then: “Europe/London”, “GMT”."""
    assert line.each.instant is not None
    return line.newsletter.zone, f"{line.each.instant.astimezone(clock.get_zone(line.newsletter.zone)):%Z}"


def _find_holidays(shown: CalendarRange, rules: Iterable[Schedule]) -> dict[date, list[str]]:
    """The public holidays of the places that the schedules know, by day."""
    found: dict[date, list[str]] = defaultdict(list)
    for region in sorted({each.region for each in rules if each.active and each.region}):
        for day in (shown.first + timedelta(days=n) for n in range((shown.last - shown.first).days + 1)):
            name = public_holidays.find_holiday(region, day)
            if name:
                found[day].append(f"{name} ({public_holidays.describe_region(region)})")
    return found


def _build_weeks(
    shown: CalendarRange, lines: Iterable[CalendarLine], holidays: Mapping[date, Sequence[str]], today: date
) -> list[list[CalendarCell]]:
    by_day: dict[date, list[CalendarLine]] = defaultdict(list)
    for line in lines:
        by_day[line.day].append(line)

    def build(day: date) -> CalendarCell:
        is_quiet = day not in by_day and day not in holidays
        look = "out" if not shown.has(day) else "today" if day == today else "quiet" if is_quiet else ""
        return CalendarCell(day, shown.has(day), look, holidays.get(day, ()), by_day.get(day, ()))

    return [[build(day) for day in week] for week in shown.weeks]
