"""Subscribers: find, add, import and export them, and everything known about one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from newsletter.accounts import audit_access
from newsletter.accounts.audit_access import VisibleEntry
from newsletter.accounts.audit_log import AuditFilter
from newsletter.accounts.permissions import can
from newsletter.catalog import newsletters
from newsletter.curator.editions import edition_lookup
from newsletter.delivery.reports import history
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb, require_right
from newsletter.kernel.errors import BadInput, NotAllowed
from newsletter.web.access import desk_view, get_actor, list_accessible_newsletters
from newsletter.web.downloads import stream_file
from newsletter.web.fields import read_act
from newsletter.web.forms.base import DeskForm, keep_sent
from newsletter.web.forms.filters import PAGE, FilterForm, list_state_choices
from newsletter.web.forms.subscribers import (
    AddressForm,
    AddSubscriberForm,
    DataForm,
    DetailsForm,
    EraseForm,
    JoinForm,
    LeaveForm,
    SuppressPersonForm,
    UntagForm,
)
from subscribers import people, subscriber_lookup, suppressions, tiers
from subscribers.attributes import change_profile, describe_profile, list_attributes
from subscribers.consent import erasure, personal_data
from subscribers.imports import export
from subscribers.lists import (
    count_subscribers_by_state,
    count_subscribers_of_lists,
    get_list,
    get_list_by_slug,
    list_lists,
)
from subscribers.states import SubscriptionState
from subscribers.values import List, SubscriberMatch, VisibleSubscriber

LATEST_EDITIONS, EVERY_EDITION = 30, 20_000
LATEST_REQUESTS = 10


def list_visible_lists(request: HttpRequest) -> dict[int, List]:
    """The lists whose subscribers the user may see: those of the newsletters of the role, or all."""
    allowed = {each.list_id for each in list_accessible_newsletters(request, Verb.SUBSCRIBERS)}
    everything = can(request.user, Verb.SUBSCRIBERS)
    return {each.id: each for each in list_lists() if everything or each.id in allowed}


def get_visible_list(request: HttpRequest, slug: str, list_id: int = 0) -> List:
    """A list by its slug or id, if the user may see its subscribers. Raises NotFound, NotAllowed."""
    found = get_list(list_id) if list_id else get_list_by_slug(slug)
    if found.id not in list_visible_lists(request):
        raise NotAllowed("You have no right to see or change the subscribers of this list.")
    return found


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"))
def show_subscribers(request: HttpRequest) -> HttpResponse:
    """Search by part of a name or of any address, on a list or all of them; POST adds one subscriber."""
    if request.method != "POST":
        slug = request.GET.get("list")
        if slug is None:
            searched = bool(request.GET.get("q"))  # over all lists, where none is named
            return _render_subscribers(
                request, None if searched else _find_largest(list_visible_lists(request).values())
            )
        return _render_subscribers(request, get_visible_list(request, slug) if slug else None)
    form = AddSubscriberForm(request.POST)
    target = get_visible_list(request, form["list"].value() or "")
    if form.is_valid():
        with form.show_refusals():
            return redirect("desk:reader", _add_subscriber(request, target, form.cleaned_data))
    return _render_subscribers(request, target, form)


def _add_subscriber(request: HttpRequest, target: List, given: Mapping[str, Any]) -> int:
    person = people.add_subscriber(
        given["email"],
        target.id,
        first_name=given["first_name"],
        reason=given["reason"],
        source="desk",
        by=get_actor(request),
        now=clock.now(),
    )
    added = _("%(address)s is added.") % {"address": given["email"]}
    messages.success(request, added if given["reason"] else f"{added} {_('A mail asks them to confirm.')}")
    return person.id


def _render_subscribers(request: HttpRequest, chosen: List | None, sent: DeskForm | None = None) -> HttpResponse:
    visible = list_visible_lists(request)
    asked = request.GET.copy()
    asked["list"] = chosen.slug if chosen else ""
    filters = FilterForm(
        asked,
        searched=_("Any part of a name or address, former ones too"),
        list=[(each.slug, each.name) for each in visible.values()],
        state=list_state_choices(SubscriptionState),
    )
    page = filters.cut_page(_find_page(request, filters, chosen) if visible else ())
    context = {
        "filters": filters,
        "page": page,
        "lists": visible,
        "shown": [chosen] if chosen else [*visible.values()],
        "chosen": chosen,
        "q": filters.text,
        "counts": count_subscribers_by_state(chosen.id) if chosen else {},
        "form": keep_sent(sent, AddSubscriberForm),
    }
    return render(request, "pages/subscribers.html", context, status=sent.status if sent else filters.status)


def _find_page(request: HttpRequest, filters: FilterForm, chosen: List | None) -> tuple[SubscriberMatch, ...]:
    state = filters.chosen.get("state")
    return subscriber_lookup.find_subscribers(
        filters.text,
        by=get_actor(request),
        list_id=chosen.id if chosen else None,
        state=SubscriptionState(state) if state else None,
        limit=PAGE + 1,
        after=filters.after,
    )


def _find_largest(lists: Iterable[List]) -> List | None:
    """The list with the most subscribers: most questions are about it."""
    counts = count_subscribers_of_lists()
    return max(lists, key=lambda each: counts.get(each.id, {}).get(SubscriptionState.ACTIVE, 0), default=None)


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"))
def show_subscriber(request: HttpRequest, subscriber_id: int) -> HttpResponse:
    """One subscriber: subscriptions, addresses, every change, every edition and its outcome. POST changes one thing."""
    found = subscriber_lookup.show_subscriber(subscriber_id, by=get_actor(request))
    if request.method != "POST":
        return _render_subscriber(request, found)
    form_class, act = read_act(request.POST, _ACTS)
    more = {"lists": _list_joinable(request, found, list_visible_lists(request))} if form_class is JoinForm else {}
    form = form_class(request.POST, **more)
    if form.is_valid():
        with form.show_refusals():
            return act(request, subscriber_id, form) or redirect("desk:reader", subscriber_id)
    found = subscriber_lookup.show_subscriber(subscriber_id, by=get_actor(request))
    return _render_subscriber(request, found, form)


def _render_subscriber(request: HttpRequest, found: VisibleSubscriber, sent: DeskForm | None = None) -> HttpResponse:
    now = clock.now()
    found = replace(found, subscriber=tiers.settle(found.subscriber, now))
    subscriber_id, lists = found.subscriber.id, list_visible_lists(request)
    names = {each.id: each for each in newsletters.list_newsletters()}
    most = EVERY_EDITION if request.GET.get("editions") == "all" else LATEST_EDITIONS
    outcomes = history.list_deliveries(subscriber_id, limit=most, by=get_actor(request))
    subjects = edition_lookup.get_subjects(each.edition_id for each in outcomes)
    editions = [
        (each, names[each.newsletter_id], subjects[each.edition_id])
        for each in outcomes
        if names[each.newsletter_id].list_id in lists
    ]
    present = describe_profile(found.subscriber)
    details = keep_sent(sent, DetailsForm, initial=present)
    no_attributes = dict.fromkeys((f"attribute_{each.slug}" for each in list_attributes()), "")
    address = keep_sent(sent, AddressForm)
    joinable = _list_joinable(request, found, lists)
    context = {
        "person": found.subscriber,
        "may_change": found.may_change,
        "subscriptions": found.subscriber.subscriptions,
        "details_form": details,
        "seen_details": details.keep_seen(no_attributes | present),
        "address_form": address,
        "seen_address": address.keep_seen({"address": found.subscriber.address}),
        "leave_form": keep_sent(sent, LeaveForm),
        "erase_form": keep_sent(sent, EraseForm),
        "untag_form": keep_sent(sent, UntagForm),
        "join_form": keep_sent(sent, JoinForm, lists=joinable),
        "joinable": joinable,
        "suppress_form": keep_sent(sent, SuppressPersonForm),
        "may_suppress": can(request.user, Verb.SUBSCRIBERS),
        "editions": editions,
        "more": len(outcomes) == most,
        "handed_out": [each.entry for each in _list_handed_out(request, subscriber_id)],
        "tier_changes": tiers.list_tier_changes(subscriber_id) if found.may_change else (),
    }
    return render(request, "pages/subscriber.html", context, status=sent.status if sent else 200)


def _list_handed_out(request: HttpRequest, subscriber_id: int) -> tuple[VisibleEntry, ...]:
    """When the data of a subscriber was handed out, the latest first."""
    wanted = AuditFilter(exact_action=personal_data.HANDED_OUT, subscriber_id=subscriber_id)
    return audit_access.list_visible_entries(wanted, by=get_actor(request), limit=LATEST_REQUESTS)


def _list_joinable(request: HttpRequest, found: VisibleSubscriber, lists: Mapping[int, List]) -> list[tuple[str, str]]:
    """The lists that somebody may be added to: not those they are on, nor those that only they can join again."""
    known = {each.list_id for each in found.subscriber.subscriptions}
    may = get_actor(request).may
    return [
        (each.slug, each.name) for each in lists.values() if each.id not in known and may(Verb.SUBSCRIBERS, [each.id])
    ]


def _change_address(request: HttpRequest, subscriber_id: int, form: DeskForm) -> None:
    before = form.cleaned_data["seen_address"]
    changed = people.change_address(
        subscriber_id,
        form.cleaned_data["email"],
        seen=form.cleaned_data["seen_address"],
        by=get_actor(request),
        now=clock.now(),
    )
    if changed.address == before:
        messages.info(request, _("That is their address already. Nothing was changed."))
        return
    messages.success(request, _("The address is changed. The old one is told by mail, and can still be found."))


def _unsubscribe(request: HttpRequest, subscriber_id: int, form: DeskForm) -> None:
    people.unsubscribe(subscriber_id, form.cleaned_data["list"], by=get_actor(request), now=clock.now())
    messages.success(request, _("Unsubscribed. Only the subscriber can undo this."))


def _save_details(request: HttpRequest, subscriber_id: int, form: DeskForm) -> None:
    assert isinstance(form, DetailsForm)
    change_profile(subscriber_id, seen=form.read_seen(), by=get_actor(request), now=clock.now(), **form.read_changes())
    messages.success(request, _("Saved."))


def _untag(request: HttpRequest, subscriber_id: int, form: DeskForm) -> None:
    tag = form.cleaned_data["tag"]
    change_profile(subscriber_id, seen=None, remove_tags=[tag], by=get_actor(request), now=clock.now())
    messages.success(request, _("The tag %(tag)s is taken off.") % {"tag": tag})


def _join(request: HttpRequest, subscriber_id: int, form: DeskForm) -> None:
    by, reason = get_actor(request), form.cleaned_data["reason"]
    found = subscriber_lookup.show_subscriber(subscriber_id, by=by)
    if not found.may_change:  # the address is not shown to them either
        raise NotAllowed("You have no right to change this subscriber, who is on other lists as well.")
    address, target = found.subscriber.address, get_list_by_slug(form.cleaned_data["list"])
    people.add_subscriber(address, target.id, reason=reason, source="desk", by=by, now=clock.now())
    added = _("Added to %(list)s.") % {"list": target.name}
    messages.success(request, added if reason else f"{added} {_('A mail asks them to confirm.')}")


def _suppress(request: HttpRequest, subscriber_id: int, form: DeskForm) -> None:
    by = get_actor(request)
    require_right(by, Verb.SUBSCRIBERS)
    address = subscriber_lookup.show_subscriber(subscriber_id, by=by).subscriber.address
    suppressions.suppress(address, reason=form.cleaned_data["why"] or "asked", by=by, now=clock.now())
    messages.success(request, _("%(address)s is not mailed any more.") % {"address": address})


def _erase(request: HttpRequest, subscriber_id: int, form: DeskForm) -> HttpResponse:
    erasure.erase_subscriber(subscriber_id, by=get_actor(request), now=clock.now())
    messages.success(request, _("Erased. A hash of the address keeps it from being signed up again."))
    return redirect("desk:readers")


def _download_data(request: HttpRequest, subscriber_id: int, form: DeskForm) -> HttpResponse:
    document = personal_data.collect_personal_data(subscriber_id, by=get_actor(request), now=clock.now())
    text = json.dumps(document, ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="reader-{subscriber_id}.json"'
    return response


_ACTS: Mapping[str, tuple[type[DeskForm], Callable[[HttpRequest, int, DeskForm], HttpResponse | None]]] = {
    "move": (AddressForm, _change_address),
    "leave": (LeaveForm, _unsubscribe),
    "know": (DetailsForm, _save_details),
    "untag": (UntagForm, _untag),
    "join": (JoinForm, _join),
    "suppress": (SuppressPersonForm, _suppress),
    "data": (DataForm, _download_data),
    "erase": (EraseForm, _erase),
}


@desk_view(Verb.SUBSCRIBERS)
def download_list(request: HttpRequest, slug: str, form: str) -> StreamingHttpResponse:
    """The subscribers of a list as CSV or JSON Lines."""
    target = get_visible_list(request, slug)
    if form not in ("csv", "jsonl"):
        raise BadInput("An export is csv or jsonl.", "format")
    kind = "text/csv" if form == "csv" else "application/jsonl"
    pieces = export.stream_export(target.id, by=get_actor(request), now=clock.now(), export_format=form)
    return stream_file((text for _, text in pieces), f"{target.slug}.{form}", kind=kind)
