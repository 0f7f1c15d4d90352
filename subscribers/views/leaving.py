"""Leaving, taking it back, and saying why."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from newsletter.kernel import clock
from subscribers import hooks, lists, self_service, subscriber_lookup, tokens
from subscribers.forms.leaving import LeavingForm
from subscribers.policy import LEAVING_REASONS
from subscribers.states import LeavingStatus, SubscriptionState
from subscribers.views.page import activate_language, find_network, list_languages, public_page, read_form


@csrf_exempt
@public_page("GET", "HEAD", "POST")
def show_unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Leaving. A POST from our page says `via=page`; any other is the mail program's one click (RFC 8058).

    One click needs no cookie, gets no redirect, and is answered by plain text.
    """
    now = clock.now()
    claims = subscriber_lookup.get_signer().read(token, tokens.FOOTER, now)
    form = read_form(request, LeavingForm) if request.method == "POST" else None
    if form and not form.is_of_our_page:
        self_service.unsubscribe_by_link(claims, how="one-click", network=find_network(request), now=now)
        return HttpResponse("You are unsubscribed.\n", content_type="text/plain; charset=utf-8")
    activate_language(*list_languages(subscriber_lookup.get_subscriber(claims.subscriber_id), claims.list_id))
    if form is None:
        return _render_page(request, claims, token)
    did = form.read("do")
    if did == "undo":
        shown = _("Undo, keep sending it")
        self_service.undo_unsubscribe(claims, network=find_network(request), now=now, form_text=shown)
    elif did == "why":
        self_service.record_leaving_reason(claims, form.read("reason"), form.read("text"))
    else:
        did = "leave"
        self_service.unsubscribe_by_link(claims, how="page", network=find_network(request), now=now)
    return _render_page(request, claims, token, did=did)


def _render_page(request: HttpRequest, claims: tokens.Claims, token: str, did: str = "") -> HttpResponse:
    """The question, or what became of it, from how things stand: a page never claims what did not happen."""
    person, named = (
        subscriber_lookup.get_subscriber(claims.subscriber_id),
        lists.get_lists_for_claims(claims),
    )
    held = [s for s in person.subscriptions if s.list_id in {each.id for each in named}]
    left_at = max((s.since for s in held if s.state == SubscriptionState.UNSUBSCRIBED), default=None)
    getting = {s.list_id for s in held if s.state == SubscriptionState.ACTIVE}
    waiting = {s.list_id for s in held if s.state == SubscriptionState.PENDING or s.requested_at}
    last_left = {s.list_id for s in held if s.state == SubscriptionState.UNSUBSCRIBED and s.since == left_at}
    about = getting | waiting or last_left or {each.id for each in named}
    out = LeavingStatus.STOPPED if did == "undo" or not last_left else LeavingStatus.UNSUBSCRIBED
    status = LeavingStatus.SUBSCRIBED if getting else LeavingStatus.PENDING if waiting else out
    more = [
        s
        for s in person.subscriptions
        if s.state in (SubscriptionState.ACTIVE, SubscriptionState.PENDING) and s.list_id not in about
    ]
    offers_rest = more and status != LeavingStatus.STOPPED
    is_out = status == LeavingStatus.UNSUBSCRIBED
    context = {
        "person": person,
        "token": token,
        "did": did,
        "lists": [each for each in named if each.id in about],
        "status": status,
        "left_at": left_at,
        "reasons": LEAVING_REASONS,
        "all": subscriber_lookup.get_signer().sign_footer(0, person.id) if offers_rest else "",
        "coming": hooks.find_arrival(person.id, sorted(about), clock.now()) if is_out else None,
    }
    return render(request, "readers/leave.html", context)
