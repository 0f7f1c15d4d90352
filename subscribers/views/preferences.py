"""What a subscriber gets and how often; and by a fresh link, everything else: address, language, data, erasure."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput
from subscribers import address_changes, lists, self_service, subscriber_lookup, tokens
from subscribers.consent import erasure, personal_data
from subscribers.forms.preferences import PAUSE_DAYS, OwnAddressForm, OwnDetailsForm, OwnErasureForm, PreferencesForm
from subscribers.states import SubscriptionState
from subscribers.values import List, Subscriber, Subscription
from subscribers.views.page import (
    activate_language,
    describe_error,
    find_network,
    list_languages,
    public_page,
    read_shown_text,
)


@public_page("GET", "HEAD", "POST")
def show_preferences(request: HttpRequest, token: str) -> HttpResponse:
    """What I get. A footer's link may stop lists, restart those they had, and change how often; nothing else.

    For everything else a press has a fresh link mailed to the address on file.
    """
    now = clock.now()
    signer = subscriber_lookup.get_signer()
    claims = signer.read(token, tokens.FOOTER, now)
    person = subscriber_lookup.get_subscriber(claims.subscriber_id)
    activate_language(*list_languages(person, claims.list_id))
    mailed, too_often = "", False
    saved = False
    if request.method == "POST":
        form = PreferencesForm(request.POST)
        mailed = form.cleaned_data["mail"] if form.is_valid() else ""
        if mailed:
            too_often = not self_service.request_link(claims, mailed, now=now)
        else:
            saved = True
            _save_preferences(request, person, form)
            person = subscriber_lookup.get_subscriber(person.id)
    known = {each.id: each for each in lists.list_lists()}
    rows = [_describe_subscription(s, known[s.list_id], now.date()) for s in person.subscriptions if s.list_id in known]
    context = {
        "person": person,
        "rows": rows,
        "saved": saved,
        "mailed": mailed,
        "too_often": too_often,
        "token": token,
        "pauses": PAUSE_DAYS,
        "all": signer.sign_footer(0, person.id),
    }
    return render(request, "readers/preferences.html", context, status=429 if too_often else 200)


def _describe_subscription(subscription: Subscription, of: List, today: date) -> dict[str, object]:
    """A subscription as the page shows it."""
    return {
        "s": subscription,
        "list": of,
        "on": subscription.state in (SubscriptionState.ACTIVE, SubscriptionState.PENDING),
        "paused": subscription.paused_until and subscription.paused_until > today,
        "day": date(2024, 1, 1 + of.weekly_day),  # a Monday, and on from there
    }


def _save_preferences(request: HttpRequest, person: Subscriber, form: PreferencesForm) -> None:
    now = clock.now()
    for subscription in person.subscriptions:
        own = tokens.Claims(tokens.FOOTER, subscription.list_id, person.id)
        ticked = form.wants(subscription.list_id)
        if ticked and subscription.state == SubscriptionState.UNSUBSCRIBED:
            shown = "\n".join((_("Your newsletters"), subscription.list_name, _("Save")))
            self_service.undo_unsubscribe(own, network=find_network(request), now=now, form_text=shown)
        elif not ticked and subscription.state in (SubscriptionState.ACTIVE, SubscriptionState.PENDING):
            self_service.unsubscribe_by_link(own, how="page", network=find_network(request), now=now)
        chosen = form.read_frequency(subscription.list_id, subscription.paused_until, now.date())
        if chosen:
            frequency, until = chosen
            row = _describe_subscription(subscription, lists.get_list(subscription.list_id), now.date())
            field = read_shown_text("readers/frequency_field.html", {"row": row, "pauses": PAUSE_DAYS})
            self_service.set_frequency(
                own,
                subscription.list_id,
                frequency=frequency,
                paused_until=until,
                network=find_network(request),
                now=now,
                form_text="\n".join((_("Your newsletters"), subscription.list_name, field, _("Save"))),
            )


@public_page("GET", "HEAD", "POST")
def show_private_page(request: HttpRequest, token: str) -> HttpResponse:
    """What only a fresh link may do: one thing each."""
    purpose = subscriber_lookup.get_signer().read_purpose(token)
    act = _ACTS.get(purpose)
    if act is None:
        raise tokens.BadToken("This link is for something else. Use the link in the mail itself.")
    claims = subscriber_lookup.get_signer().read(token, purpose, clock.now())
    person = subscriber_lookup.get_subscriber(claims.subscriber_id)
    activate_language(*list_languages(person, person.subscriptions[0].list_id if person.subscriptions else 0))
    return act(request, claims, person)


def _show_details(request: HttpRequest, claims: tokens.Claims, person: Subscriber) -> HttpResponse:
    tracked = _is_tracked(person)
    context: dict[str, object] = {
        "person": person,
        "tracked": tracked,
        "language": person.language,
        "languages": _list_own_languages(person.language),
    }
    if request.method == "POST":
        form = OwnDetailsForm(request.POST)
        form.is_valid()  # nothing that is sent is refused here: the service says what is wrong
        given, wants_tracking = form.cleaned_data, form.read_tracking(tracked)
        try:
            person = self_service.change_details(
                claims,
                language=given["language"],
                zone=given["zone"],
                tracked=wants_tracking,
                network=find_network(request),
                now=clock.now(),
                form_text=read_shown_text("readers/details_form.html", context),
            )
            activate_language(person.language)
            context |= {
                "person": person,
                "tracked": _is_tracked(person),
                "language": person.language,
                "languages": _list_own_languages(person.language),
                "saved": True,
            }
        except BadInput as error:
            context |= {
                "error": describe_error(error),
                "zone": given["zone"][:64],
                "language": given["language"],
                "tracked": wants_tracking,
            }
    return render(request, "readers/details.html", context, status=422 if "error" in context else 200)


def _list_own_languages(own: str) -> list[tuple[str, str]]:
    """The languages of our pages, and one's own where it is another: saving something else must not change it."""
    ours = [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES]
    if not own or own in dict(ours):
        return ours
    try:
        name = str(get_language_info(own.lower())["name_local"])
    except KeyError:
        name = own
    return [*ours, (own, name)]


def _is_tracked(person: Subscriber) -> bool:
    return self_service.is_tracking_accepted(
        person.tracked, person.tracking_agreed_at, [each.list_id for each in person.subscriptions]
    )


def _show_address(request: HttpRequest, claims: tokens.Claims, person: Subscriber) -> HttpResponse:
    context: dict[str, object] = {"person": person}
    if request.method == "POST":
        typed = _read_address(OwnAddressForm(request.POST))
        try:
            context["asked"] = self_service.request_address_change(claims, typed, now=clock.now())
        except BadInput as error:
            context |= {"error": describe_error(error), "field": "email", "email": typed[:254]}
    return render(request, "readers/address.html", context, status=422 if "error" in context else 200)


def _read_address(form: OwnAddressForm) -> str:
    """What was typed, as it was typed: it is shown again where it is no address."""
    return str(form.data.get("email", ""))


def _show_new_address(request: HttpRequest, claims: tokens.Claims, person: Subscriber) -> HttpResponse:
    wish = subscriber_lookup.get_requested_address(claims)
    done = request.method == "POST"
    if done:
        person = self_service.confirm_address_change(claims, now=clock.now())
    return render(request, "readers/new_address.html", {"person": person, "wish": wish, "done": done})


def _show_data(request: HttpRequest, claims: tokens.Claims, person: Subscriber) -> HttpResponse:
    if request.method != "POST":
        return render(request, "readers/data.html", {"person": person})
    document = personal_data.collect_own_data(claims, now=clock.now())
    response = HttpResponse(
        json.dumps(document, ensure_ascii=False, indent=2), content_type="application/json; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


def _show_erasure(request: HttpRequest, claims: tokens.Claims, person: Subscriber) -> HttpResponse:
    done = False
    if request.method == "POST":
        form = OwnErasureForm(request.POST)
        done = form.is_valid() and form.cleaned_data["sure"]
    if done:
        erasure.erase_oneself(claims, now=clock.now())
    unsure = request.method == "POST" and not done
    return render(
        request, "readers/erase.html", {"person": person, "done": done, "unsure": unsure}, status=422 if unsure else 200
    )


def _show_take_back(request: HttpRequest, claims: tokens.Claims, person: Subscriber) -> HttpResponse:
    """The new address is not shown: it may be none of the business of whoever reads the former one's mail."""
    former = address_changes.get_former_address(claims)
    done = request.method == "POST"
    if done:
        address_changes.take_back(claims, network=find_network(request), now=clock.now())
    return render(request, "readers/take_back.html", {"former": former, "done": done})


_ACTS: dict[bytes, Callable[[HttpRequest, tokens.Claims, Subscriber], HttpResponse]] = {
    tokens.DETAILS: _show_details,
    tokens.ADDRESS: _show_address,
    tokens.NEW_ADDRESS: _show_new_address,
    tokens.DATA: _show_data,
    tokens.ERASE: _show_erasure,
    tokens.TAKE_BACK: _show_take_back,
}


@public_page("GET", "HEAD", "POST")
def show_address_reminder(request: HttpRequest) -> HttpResponse:
    """“Which address did I use?” The page says the same for every address; a known one gets a mail."""
    if request.method != "POST":
        return render(request, "readers/which.html")
    form, mailed = OwnAddressForm(request.POST), True
    address = _read_address(form)
    if not form.data.get("website"):
        try:
            mailed = self_service.request_address_reminder(address, network=find_network(request), now=clock.now())
        except BadInput as error:
            context = {"error": describe_error(error), "email": address[:254]}
            return render(request, "readers/which.html", context, status=422)
    shown: dict[str, object] = {"asked": address.strip()[:254], "too_often": not mailed}
    return render(request, "readers/which.html", shown, status=200 if mailed else 429)
