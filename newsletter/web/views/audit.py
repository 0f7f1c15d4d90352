"""The audit log: who did what, when, from where, before and after."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from newsletter.accounts import audit_access, audit_log, user_names
from newsletter.accounts.audit_access import VisibleEntry
from newsletter.accounts.audit_log import AuditFilter, RecordedEntry
from newsletter.catalog.newsletters import get_newsletter_by_slug
from newsletter.curator.editions import edition_lookup
from newsletter.curator.editions.edition_changes import CONTENT
from newsletter.delivery.reports import summary
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.numbers import parse_whole_number
from newsletter.web.access import desk_view, get_actor, list_accessible_newsletters
from newsletter.web.context import get_newsroom_zone
from newsletter.web.downloads import stream_file
from newsletter.web.fields import read_number
from newsletter.web.forms.audit import AuditFilterForm
from newsletter.web.forms.filters import Page
from subscribers import subscriber_lookup
from subscribers.imports.csv import CsvWriter

PAGE = 50
ROWS_PER_PIECE = 200
SHOWN_CHANGES = 3  # beside an entry; all of them stand in its details
_INTERNAL = (CONTENT, "revisions")  # what the desk compares by, and where the history has it: no news to people
_PAGES = {"edition": "desk:board", "mailing": "desk:mailing", "reader": "desk:reader"}


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """A value that an entry has, before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry as the page shows it."""

    entry: RecordedEntry
    is_personal_hidden: bool
    target: str
    address: str  # of the page about the target; "" without one
    newsletter: str
    changes: tuple[ChangedValue, ...]

    @property
    def first_changes(self) -> tuple[ChangedValue, ...]:
        """Those that stand beside it."""
        return tuple(each for each in self.changes if each.name not in _INTERNAL)[:SHOWN_CHANGES]

    @property
    def more(self) -> int:
        """How many are not among these."""
        return sum(1 for each in self.changes if each.name not in _INTERNAL) - len(self.first_changes)


@desk_view(Verb.VIEW)
def show_entries(request: HttpRequest) -> HttpResponse:
    """The latest entries that match, by day; `before` goes on after the last one shown."""
    form = _read_form(request)
    wanted = _read_filter(request, form)
    before = read_number(request.GET, "before")
    found: tuple[VisibleEntry, ...] = ()
    if wanted is None:
        audit_access.list_visible_entries(AuditFilter(actor_names=()), by=get_actor(request), limit=1)  # may they?
    else:
        found = audit_access.list_visible_entries(wanted, by=get_actor(request), limit=PAGE + 1, before_id=before)
    asked = {name: request.GET.get(name, "") for name in form.fields if request.GET.get(name)}
    more = f"?{urlencode(asked | {'before': found[PAGE - 1].entry.id})}" if len(found) > PAGE else ""
    context = {
        "form": form,
        "days": _group_by_day(_describe(request, found[:PAGE])),
        "page": Page(found[:PAGE], more, f"?{urlencode(asked)}" if before else ""),
        "asked": urlencode(asked),
        "zone": get_newsroom_zone(),
    }
    return render(request, "pages/audit.html", context, status=form.status)


@desk_view(Verb.VIEW)
def download_entries(request: HttpRequest) -> HttpResponseBase:
    """Every entry that matches, as CSV, the oldest first."""
    form = _read_form(request)
    wanted = _read_filter(request, form)
    if wanted is None:
        return show_entries(request)  # says what is wrong
    entries = audit_access.iterate_visible_entries(wanted, by=get_actor(request))
    return stream_file(_write_csv(entries), "audit-log.csv")


def _read_form(request: HttpRequest) -> AuditFilterForm:
    newsletters = {
        each.slug: each.name
        for verb in (Verb.EDIT, Verb.SUBSCRIBERS)
        for each in list_accessible_newsletters(request, verb)
    }
    return AuditFilterForm(request.GET, newsletters=[*newsletters.items()])


def _read_filter(request: HttpRequest, form: AuditFilterForm) -> AuditFilter | None:
    """What is asked for; None where the form says what is wrong with it."""
    if not form.is_valid():
        return None
    asked = form.cleaned_data
    newsletter = get_newsletter_by_slug(asked["newsletter"]) if asked["newsletter"] else None
    subscriber_id = _find_subscriber(request, asked["subscriber"]) if asked["subscriber"] else None
    if asked["subscriber"] and subscriber_id is None:
        form.add_error("subscriber", _("No subscriber whom you may see has this address. Type all of it."))
        return None
    return AuditFilter(
        actor_names=_find_actors(asked["user"]) if asked["user"] else None,
        exact_action=asked["action"],
        exact_targets=() if asked["edition"] is None else _list_targets(asked["edition"]),
        subscriber_id=subscriber_id,
        newsletter_ids=None if newsletter is None else (newsletter.id,),
        list_ids=() if newsletter is None else (newsletter.list_id,),
        since=_begin(asked["since"]) if asked["since"] else None,
        until=_begin(asked["until"] + timedelta(days=1)) if asked["until"] else None,
    )


def _list_targets(edition_id: int) -> list[str]:
    """An edition and its mailings."""
    return [f"edition {edition_id}", *(f"mailing {each}" for each in summary.list_ids_of_edition(edition_id))]


def _find_subscriber(request: HttpRequest, text: str) -> int | None:
    number = parse_whole_number(text)
    if number is not None:
        return number
    found = subscriber_lookup.find_subscribers(text, by=get_actor(request), limit=PAGE)
    wanted = text.casefold()
    present = [each.id for each in found if each.address.casefold() == wanted]
    return next(iter([*present, *(each.id for each in found if each.matched.casefold() == wanted)]), None)


def _find_actors(text: str) -> list[str]:
    """Who did something under a name or an address that holds a text."""
    named = [email for email, name in user_names.map_user_names().items() if text.casefold() in name.casefold()]
    return sorted({*audit_log.find_actor_names(text), *named})


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), clock.get_zone(get_newsroom_zone()))


def _describe(request: HttpRequest, found: Iterable[VisibleEntry]) -> list[EntryLine]:
    found = list(found)
    names = {each.id: each.name for each in list_accessible_newsletters(request)}
    numbers = [_split_target(each.entry.target) for each in found]
    days = edition_lookup.get_days(number for kind, number in numbers if kind == "edition")
    return [
        EntryLine(
            each.entry,
            each.is_personal_hidden,
            _name_target(each.entry.target, kind, number, days),
            reverse(_PAGES[kind], args=[number]) if kind else "",
            names.get(each.entry.newsletter_id or 0, ""),
            tuple(_list_changes(each.entry)),
        )
        for each, (kind, number) in zip(found, numbers, strict=True)
    ]


def _split_target(target: str) -> tuple[str, int]:
    """“edition 12” as its kind and number; ("", 0) for what has no page."""
    kind, _blank, text = target.partition(" ")
    number = parse_whole_number(text)
    return (kind, number) if number is not None and kind in _PAGES else ("", 0)


def _name_target(target: str, kind: str, number: int, days: Mapping[int, date]) -> str:
    if kind == "edition" and number in days:
        return _("Edition of %(day)s") % {"day": days[number].isoformat()}
    if kind == "reader":
        return _("Subscriber %(number)s") % {"number": number}
    if kind == "mailing":
        return _("Mailing %(number)s") % {"number": number}
    return target


def _list_changes(entry: RecordedEntry) -> Iterator[ChangedValue]:
    for before, after in ((entry.before, entry.after), (entry.personal_before, entry.personal_after)):
        for name in dict.fromkeys([*before, *after]):
            yield ChangedValue(name, _to_text(before.get(name)), _to_text(after.get(name)))


def _to_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _group_by_day(lines: Iterable[EntryLine]) -> list[tuple[date, list[EntryLine]]]:
    """The lines under the days of the newsroom on which they were written, in their order."""
    zone, days = clock.get_zone(get_newsroom_zone()), list[tuple[date, list[EntryLine]]]()
    for line in lines:
        day = line.entry.at.astimezone(zone).date()
        if not days or days[-1][0] != day:
            days.append((day, []))
        days[-1][1].append(line)
    return days


def _write_csv(entries: Iterable[RecordedEntry]) -> Iterator[str]:
    parts: list[str] = []
    writer = CsvWriter(parts.append)
    writer.write_row(audit_log.EXPORTED)
    for number, entry in enumerate(entries, start=1):
        writer.write_row(audit_log.to_row(entry))
        if number % ROWS_PER_PIECE == 0:
            yield "".join(parts)
            parts.clear()
    yield "".join(parts)
