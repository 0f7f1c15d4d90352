"""Today: what goes out when, what needs attention, and the last mailings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from newsletter.accounts.permissions import list_visible_newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import article_lookup
from newsletter.curator.editions import edition_lookup
from newsletter.curator.editions.states import EditionState
from newsletter.curator.editions.values import Edition
from newsletter.delivery.ledger.states import ExclusionReason, MailingState, Outcome
from newsletter.delivery.providers import registry
from newsletter.delivery.reports import edition_clock, edition_status, summary
from newsletter.delivery.reports.edition_clock import DeparturePlan, EditionMoment
from newsletter.delivery.reports.edition_status import EditionStatus
from newsletter.jobs import heartbeats
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.scheduling import occurrences
from newsletter.scheduling.states import OccurrenceState
from newsletter.web.access import desk_view, get_actor, list_accessible_newsletters
from newsletter.web.context import get_newsroom_zone
from newsletter.web.forms.filters import IN_TROUBLE
from newsletter.web.templatetags import desk
from newsletter.web.views import waiting
from newsletter.web.views.waiting import Wait
from subscribers import lists
from subscribers.states import SubscriptionState

ALARM_SHOWN_FOR = timedelta(days=3)  # an alarm about our account stays on the page this long

MAILINGS_SHOWN = 6
SOURCES_SHOWN = 3
TROUBLES_SHOWN = 10  # mailings with which something is wrong; of more it is said how many
MOST_MADE_EARLY = 20  # editions for dates of later days: each is checked

_ON_ITS_WAY = frozenset(
    {EditionState.DRAFT, EditionState.LOCKED, EditionState.IN_REVIEW, EditionState.APPROVED, EditionState.SENDING}
)
_NOT_SENT = (OccurrenceState.HELD, OccurrenceState.SKIPPED, OccurrenceState.MISSED)


@dataclass(frozen=True, slots=True)
class DueItem:
    """One line of the day: an occurrence, or an edition without a schedule. `day` is the local one.

    `subscriber_count` is that of its mailing's audience; before there is one, the size of the list (`is_of_list`), and
    where the edition is on its way the page asks for its audience by itself (`is_counted_later`). `clock` is empty once
    it has left, and where it does not.
    """

    when: datetime | None
    day: date
    newsletter: Newsletter
    state: str
    reason: str
    edition: Edition | None
    subscriber_count: int
    is_of_list: bool = True
    is_counted_later: bool = False
    held_at: datetime | None = None  # when it is held unless somebody approves it first
    lost_approval: bool = False
    opens_at: datetime | None = None  # when its edition is to be made
    clock: tuple[EditionMoment, ...] = ()


@dataclass(frozen=True, slots=True)
class DayGroup:
    """What goes out on a day, or went."""

    title: str
    is_today: bool
    lines: tuple[DueItem, ...]


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """Something that needs a user's attention; of a draft (`due`) the page asks by itself what blocks its approval."""

    colour: str = ""
    icon: str = ""
    title: str = ""
    state: str = ""
    detail: str = ""
    href: str = ""
    due: DueItem | None = None
    wait: Wait | None = None  # with `due`


@dataclass(frozen=True, slots=True)
class Troubles:
    """The newest mailings with which something is wrong, and of how many more that is so."""

    mailings: list[summary.Mailing]
    more: int


@desk_view(Verb.VIEW)
def show_today(request: HttpRequest) -> HttpResponse:
    """The desk's first page."""
    now = clock.now()
    newsletters, zone = list_accessible_newsletters(request), clock.get_zone(get_newsroom_zone())
    lines = list(list_due_items(newsletters, now, zone))
    groups = group_by_day(lines, now.astimezone(zone).date())
    ids = [each.id for each in newsletters]
    in_trouble = summary.MailingFilter(ids, in_trouble_since=now - summary.TROUBLE_SHOWN_FOR)
    newest = summary.list_mailing_ids(summary.MailingFilter(ids), limit=MAILINGS_SHOWN)
    troubled = summary.list_mailing_ids(in_trouble, limit=TROUBLES_SHOWN + 1)
    read = summary.get_mailings({*newest, *troubled[:TROUBLES_SHOWN]})
    mailings = [read[each] for each in newest]
    troubles = Troubles(
        [read[each] for each in troubled[:TROUBLES_SHOWN]],
        summary.count_mailings(in_trouble) - TROUBLES_SHOWN if len(troubled) > TROUBLES_SHOWN else 0,
    )
    subjects = edition_lookup.get_subjects(each.edition_id for each in mailings)
    coming = [each for group in groups for each in group.lines]
    following = [(moment, each) for each in coming for moment in each.clock if moment.is_next]
    context = {
        "days": groups,
        "following": min(following, key=lambda each: each[0].at, default=None),
        # The one whose board has the filled button.
        "next_due": next((each for each in coming if each.edition and not each.edition.is_out), None),
        "needs": list(_list_attention_items(request, newsletters, lines, troubles, now, zone)),
        "mailings": [
            (each, _find_newsletter(newsletters, each.newsletter_id), subjects[each.edition_id]) for each in mailings
        ],
        "newsletters": newsletters,
        "may_create": _may_edit_some(request),
    }
    return render(request, "pages/today.html", context)


def group_by_day(lines: Iterable[DueItem], today: date) -> list[DayGroup]:
    """Today first, whether or not something goes out; then the days to come; then those that are past."""
    by_day: dict[date, list[DueItem]] = defaultdict(list, {today: []})
    for line in lines:
        by_day[line.day].append(line)
    ahead, past = (day for day in by_day if day >= today), (day for day in by_day if day < today)
    days = [*sorted(ahead), *sorted(past, reverse=True)]
    return [DayGroup(_title_day(day, today), day == today, tuple(sorted(by_day[day], key=_by_time))) for day in days]


def _by_time(line: DueItem) -> tuple[bool, float]:
    """What has no time comes last."""
    return line.when is None, line.when.timestamp() if line.when else 0


def _title_day(day: date, today: date) -> str:
    name = formats.date_format(day, _("l j F"))
    forms = {0: _("Today, %(day)s"), 1: _("Tomorrow, %(day)s"), -1: _("Yesterday, %(day)s")}
    return forms.get((day - today).days, "%(day)s") % {"day": name}


def _find_newsletter(newsletters: tuple[Newsletter, ...], newsletter_id: int) -> Newsletter:
    return next(each for each in newsletters if each.id == newsletter_id)


def list_due_items(newsletters: tuple[Newsletter, ...], now: datetime, zone: ZoneInfo) -> Iterator[DueItem]:
    """What is planned around now, and recent editions without a schedule, with the newsroom's day of each."""
    ids = [each.id for each in newsletters]
    counts = lists.count_subscribers_of_lists()
    on_list = {each.id: counts.get(each.list_id, {}).get(SubscriptionState.ACTIVE, 0) for each in newsletters}
    planned_dates = occurrences.list_occurrences(now - timedelta(hours=18), now + occurrences.HORIZON, ids)
    of_dates = edition_status.find_editions_of_dates(planned_dates)
    soon = now + timedelta(hours=40)
    dates = [each for each in planned_dates if each.instant <= soon]
    dates += [each for each in planned_dates if each.instant > soon and each.id in of_dates][:MOST_MADE_EARLY]
    planned = {edition.id for edition in of_dates.values()}
    others = [
        edition
        for edition in edition_lookup.list_editions(newsletter_ids=ids, limit=20)
        if edition.id not in planned and _is_recent(edition, _find_newsletter(newsletters, edition.newsletter_id), now)
    ]
    shown = [*of_dates.values(), *others]
    statuses = edition_status.find_statuses(shown)
    for occurrence in dates:
        newsletter, edition = _find_newsletter(newsletters, occurrence.newsletter_id), of_dates.get(occurrence.id)
        status = statuses[edition.id] if edition else None
        # Perhaps it was sent by hand before its time.
        when = status.due_at if status and status.due_at else occurrence.instant
        if edition and status and occurrence.state not in _NOT_SENT:
            yield _build_due_item(when, newsletter, edition, status, on_list[newsletter.id], now, zone)
        else:
            yield DueItem(
                when,
                when.astimezone(zone).date(),
                newsletter,
                occurrence.state,
                occurrence.reason,
                edition,
                on_list[newsletter.id],
                opens_at=occurrence.opens_at if occurrence.state == OccurrenceState.PLANNED else None,
            )
    for edition in others:
        newsletter, status = _find_newsletter(newsletters, edition.newsletter_id), statuses[edition.id]
        yield _build_due_item(status.due_at, newsletter, edition, status, on_list[newsletter.id], now, zone)


def _is_recent(edition: Edition, newsletter: Newsletter, now: datetime) -> bool:
    return edition.date >= (now.astimezone(clock.get_zone(newsletter.zone)) - timedelta(hours=12)).date()


def _build_due_item(
    when: datetime | None,
    newsletter: Newsletter,
    edition: Edition,
    status: EditionStatus,
    on_list: int,
    now: datetime,
    zone: ZoneInfo,
) -> DueItem:
    """An edition as its mailing stands, with the number of that mailing's audience; without one, of the list's."""
    return DueItem(
        when,
        edition.date if when is None else when.astimezone(zone).date(),
        newsletter,
        status.state,
        status.reason,
        edition,
        on_list if status.planned is None else status.planned,
        is_of_list=status.planned is None,
        is_counted_later=status.planned is None and not edition.is_out and status.state in _ON_ITS_WAY,
        held_at=status.held_at,
        lost_approval=status.lost_approval,
        clock=_build_clock(when, newsletter, edition, status, now),
    )


def _build_clock(
    when: datetime | None, newsletter: Newsletter, edition: Edition, status: EditionStatus, now: datetime
) -> tuple[EditionMoment, ...]:
    if when is None or when <= now or status.state not in _ON_ITS_WAY:
        return ()
    plan = DeparturePlan(
        when,
        opened_at=edition.created_at,
        cut_off_minutes=newsletter.cut_off_minutes,
        recall_minutes=newsletter.recall_minutes if registry.can_cancel(settings.CONFIG.provider) else 0,
        begins_at=status.begins_at,
        has_mailing=status.mailing_id is not None,
    )
    return edition_clock.build_clock(plan, newsletter.zone, now)


def _list_attention_items(
    request: HttpRequest,
    newsletters: tuple[Newsletter, ...],
    due: list[DueItem],
    troubles: Troubles,
    now: datetime,
    zone: ZoneInfo,
) -> Iterator[AttentionItem]:
    waits = waiting.find_waits(((each.edition, each.newsletter) for each in due if each.edition), get_actor(request))
    if not heartbeats.is_alive(heartbeats.ProcessKind.SCHEDULER, now):
        yield AttentionItem(
            "bad",
            "stop",
            _("No scheduler is running"),
            _("Nothing leaves."),
            _("Start it with: newsletter run"),
            reverse("desk:today"),
        )
    for each in due:
        if each.state == OccurrenceState.HELD and not isinstance(each.state, MailingState):  # these come below
            title = _("%(newsletter)s is held") % {"newsletter": each.newsletter.name}
            yield AttentionItem("warn", "pause", title, _("Decide."), each.reason, _edition_url(each))
        elif each.edition and each.state in waiting.UNAPPROVED and (wait := waits.get(each.edition.id)):
            yield AttentionItem(due=each, wait=wait)
    for alarm in summary.list_account_alarms():
        if now - alarm.last_at < ALARM_SHOWN_FOR:
            last = _("Last %(when)s.") % {"when": desk.at(alarm.last_at, zone.key)}
            yield AttentionItem("bad", "stop", alarm.message, _("Alarm."), last, reverse("desk:deliveries"))
    for mailing in troubles.mailings:
        name = _find_newsletter(newsletters, mailing.newsletter_id).name
        if mailing.state in summary.STOPPED_STATES:
            yield AttentionItem(
                "warn",
                "pause",
                _("%(newsletter)s: the mailing is %(state)s")
                % {"newsletter": name, "state": desk.state_label(mailing.state).lower()},
                _("Look."),
                mailing.reason,
                reverse("desk:mailing", args=[mailing.id]),
            )
        for alarm in mailing.alarms:
            yield AttentionItem(
                "bad", "stop", f"{name}: {alarm.message}", _("Alarm."), "", reverse("desk:mailing", args=[mailing.id])
            )
        undecided = mailing.excluded.get(ExclusionReason.UNDECIDED, 0)
        if undecided:
            waits_for = ", ".join(_("mailing %(id)s") % {"id": earlier} for earlier in mailing.waits_for)
            yield AttentionItem(
                "unk",
                "unk",
                _("%(number)s subscribers: undecided") % {"number": desk.thousands(undecided)},
                _("Unknown."),
                _("%(newsletter)s. They wait until it is known whether %(mailings)s reached them. Settle it there.")
                % {"newsletter": name, "mailings": waits_for or _("an earlier mailing")},
                reverse("desk:mailing", args=[(*mailing.waits_for, mailing.id)[0]]),
            )
        unknown = mailing.counts.get(Outcome.UNKNOWN.key, 0)
        if unknown:
            yield AttentionItem(
                "unk",
                "unk",
                _("%(number)s subscribers: outcome unknown") % {"number": desk.thousands(unknown)},
                _("Unknown."),
                _("%(newsletter)s. They are not sent to again unless you decide so.") % {"newsletter": name},
                reverse("desk:mailing", args=[mailing.id]),
            )
    if troubles.more:
        yield AttentionItem(
            "warn",
            "warn",
            _("and %(number)s more") % {"number": desk.thousands(troubles.more)},
            _("Look."),
            _("Mailings with which something is wrong."),
            f"{reverse('desk:deliveries')}?state={IN_TROUBLE}",
        )
    if not _may_edit_some(request):
        return  # sources are for those who edit
    broken = [source for source in article_lookup.list_sources() if source.error]
    for source in broken[:SOURCES_SHOWN]:
        title = source.title or source.url
        yield AttentionItem("warn", "warn", title, _("Late."), source.error, reverse("desk:sources"))
    if len(broken) > SOURCES_SHOWN:
        more = _("and %(number)s more") % {"number": desk.thousands(len(broken) - SOURCES_SHOWN)}
        yield AttentionItem(
            "warn", "warn", more, _("Late."), _("Sources that could not be read."), reverse("desk:sources")
        )


def _may_edit_some(request: HttpRequest) -> bool:
    return list_visible_newsletters(request.user, Verb.EDIT) != frozenset()


def _edition_url(each: DueItem) -> str:
    return reverse("desk:board", args=[each.edition.id]) if each.edition else reverse("desk:schedule")
