"""Subscribers: find, add, import and export them, and everything known about one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from newsletter.accounts.permissions import can
from newsletter.catalog import newsletters
from newsletter.curator.editions import edition_lookup
from newsletter.delivery.reports import history
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, Conflict, NewsletterError, NotAllowed
from newsletter.web.access import desk_view, get_actor, list_accessible_newsletters
from newsletter.web.fields import read_number, read_seen
from subscribers import people, subscriber_lookup, tiers
from subscribers.attributes import ProfileChanges, change_profile, describe_profile, list_attributes
from subscribers.consent import erasure, personal_data
from subscribers.imports import export
from subscribers.lists import count_subscribers_by_state, get_list, get_list_by_slug, list_lists
from subscribers.states import SubscriptionState
from subscribers.values import List, VisibleSubscriber

LATEST_EDITIONS, EVERY_EDITION = 30, 20_000
PAGE = 50


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
    """Search by part of a name or of any address; POST adds one subscriber."""
    lists = list_visible_lists(request)
    if request.method == "POST":
        return _add_subscriber(request)
    query, slug = request.GET.get("q", "")[:200], request.GET.get("list", "")
    chosen = get_visible_list(request, slug) if slug else _find_largest(lists.values())
    after = read_number(request.GET, "after") or 0
    by = get_actor(request)
    found = (
        subscriber_lookup.find_subscribers(query, by=by, list_id=chosen.id, limit=PAGE, after=after) if chosen else ()
    )
    context = {
        "lists": lists.values(),
        "chosen": chosen,
        "q": query,
        "found": found,
        "more": found[-1].id if len(found) == PAGE else 0,
        "counts": count_subscribers_by_state(chosen.id) if chosen else {},
    }
    return render(request, "pages/subscribers.html", context)


def _find_largest(lists: Iterable[List]) -> List | None:
    """The list with the most subscribers: most questions are about it."""
    return max(
        lists, key=lambda each: count_subscribers_by_state(each.id).get(SubscriptionState.ACTIVE, 0), default=None
    )


def _add_subscriber(request: HttpRequest) -> HttpResponse:
    target = get_visible_list(request, request.POST.get("list", ""))
    try:
        person = people.add_subscriber(
            request.POST.get("email", ""),
            target.id,
            first_name=request.POST.get("first_name", "")[:100],
            reason=request.POST.get("reason", ""),
            source="desk",
            by=get_actor(request),
            now=clock.now(),
        )
    except NotAllowed:
        raise
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('desk:readers')}?list={target.slug}")
    asked = "" if request.POST.get("reason", "").strip() else " A mail asks them to confirm."
    messages.success(request, f"{request.POST.get('email', '').strip()} is added.{asked}")
    return redirect("desk:reader", person.id)


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"))
def show_subscriber(request: HttpRequest, subscriber_id: int) -> HttpResponse:
    """One subscriber: subscriptions, addresses, every change, every edition and its outcome."""
    found = subscriber_lookup.show_subscriber(subscriber_id, by=get_actor(request))
    if request.method == "POST":
        return _act(request, found)
    return _render_subscriber(request, found)


def _render_subscriber(
    request: HttpRequest, found: VisibleSubscriber, *, problem: Conflict | None = None
) -> HttpResponse:
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
    attributes = list_attributes()
    details = describe_profile(found.subscriber)
    context = {
        "person": found.subscriber,
        "may_change": found.may_change,
        "subscriptions": found.subscriber.subscriptions,
        "typed": request.POST if problem else details,
        "seen": dict.fromkeys((f"attribute_{each.slug}" for each in attributes), "") | details,
        "problem": str(problem or ""),
        "differences": problem.differences if problem else (),
        "editions": editions,
        "more": len(outcomes) == most,
        "tiers": tiers.list_tiers(),
        "tier_changes": tiers.list_tier_changes(subscriber_id) if found.may_change else (),
        "attributes": attributes,
    }
    return render(request, "pages/subscriber.html", context, status=problem.http_status if problem else 200)


def _act(request: HttpRequest, visible: VisibleSubscriber) -> HttpResponse:
    found, by, now = visible.subscriber, get_actor(request), clock.now()
    try:
        if request.POST.get("do") == "move":
            seen = _require_seen(request, "address")
            people.change_address(found.id, request.POST.get("email", ""), seen=seen, by=by, now=now)
            messages.success(request, "The address is changed. The old one is told by mail, and stays findable.")
        elif request.POST.get("do") == "leave":
            people.unsubscribe(found.id, read_number(request.POST, "list") or 0, by=by, now=now)
            messages.success(request, "Unsubscribed. Only the subscriber can undo this.")
        elif request.POST.get("do") == "know":
            _save_details(request, found.id)
            messages.success(request, "Saved.")
        elif request.POST.get("do") == "data":
            return _download_data(request, found.id)
        elif request.POST.get("do") == "erase":
            if not request.POST.get("sure"):
                raise BadInput("Tick the box to confirm that they asked for it.", "sure")
            erasure.erase_subscriber(found.id, by=by, now=now)
            messages.success(request, "Erased. A hash of the address keeps it from being signed up again.")
            return redirect("desk:readers")
        else:
            raise BadInput("The form has no known action.")
    except NotAllowed:
        raise
    except Conflict as error:
        return _render_subscriber(
            request, subscriber_lookup.show_subscriber(found.id, by=get_actor(request)), problem=error
        )
    except NewsletterError as error:
        messages.error(request, str(error))
    return redirect("desk:reader", found.id)


def _save_details(request: HttpRequest, subscriber_id: int) -> None:
    """Saves a subscriber's tier, a tag, an attribute."""
    changes: ProfileChanges = {"tier": request.POST.get("tier", "free")}
    if "tier_until" in request.POST:
        changes["tier_until"] = request.POST["tier_until"]
    if request.POST.get("tag", "").strip():
        changes["add_tags"] = [request.POST["tag"]]
    if request.POST.get("attribute"):
        changes["attributes"] = {request.POST["attribute"]: request.POST.get("value", "")}
    change_profile(subscriber_id, seen=read_seen(request.POST), by=get_actor(request), now=clock.now(), **changes)


def _require_seen(request: HttpRequest, field: str) -> str:
    seen = read_seen(request.POST).get(field)
    if seen is None:
        raise BadInput("The form does not say what you saw. Load the page again.", field)
    return seen


def _download_data(request: HttpRequest, subscriber_id: int) -> HttpResponse:
    document = personal_data.collect_personal_data(subscriber_id, by=get_actor(request), now=clock.now())
    text = json.dumps(document, ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="reader-{subscriber_id}.json"'
    return response


@desk_view(Verb.SUBSCRIBERS)
def download_list(request: HttpRequest, slug: str, form: str) -> StreamingHttpResponse:
    """The subscribers of a list as CSV or JSON Lines."""
    target = get_visible_list(request, slug)
    if form not in ("csv", "jsonl"):
        raise BadInput("An export is csv or jsonl.", "format")
    kind = "text/csv" if form == "csv" else "application/jsonl"
    pieces = export.stream_export(target.id, by=get_actor(request), now=clock.now(), export_format=form)
    response = StreamingHttpResponse((text for _, text in pieces), content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{target.slug}.{form}"'
    return response
