"""Subscribers' tiers, for the newsroom's paywall: it says who pays, and until when."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from newsletter.accounts.token_scopes import TokenScope
from newsletter.api.access import api_view, get_actor
from newsletter.kernel import clock
from newsletter.kernel.actors import Actor, Verb
from newsletter.kernel.errors import BadInput, NotAllowed, NotFound
from newsletter.kernel.text import remove_unstorable
from subscribers import subscriber_lookup, tiers
from subscribers.values import Subscriber

LARGEST = 4_096  # bytes of a body


@api_view(Verb.SUBSCRIBERS, scopes={"GET": TokenScope.TIERS_WRITE, "PUT": TokenScope.TIERS_WRITE})
def show_or_set_tier(request: HttpRequest, address: str) -> HttpResponse:
    """PUT {"tier": name, "until": day or instant} sets the tier of an address; GET says how it is. Both answer with it.

    404 also for an address of which the token's user may know nothing.
    """
    by, now = get_actor(request), clock.now()
    person = _find_visible(address, by)
    if request.method == "PUT":
        name, until = _parse_body(request)
        try:
            tiers.set_tier(person.id, name, ends_at=tiers.parse_end(until), how="api", by=by, now=now)
        except NotAllowed:
            raise _unknown() from None
        person = subscriber_lookup.get_subscriber(person.id)
    present = tiers.settle(person, now)
    return JsonResponse(
        {"address": person.address, "tier": present.tier, "until": present.tier_ends_at, "subscriber_id": person.id}
    )


def _find_visible(address: str, by: Actor) -> Subscriber:
    found = subscriber_lookup.find_subscriber_by_address(address)
    try:
        if found is not None and subscriber_lookup.show_subscriber(found.id, by=by).may_change:
            return found
    except NotAllowed:
        pass
    raise _unknown()


def _unknown() -> NotFound:
    return NotFound("There is no subscriber with this address that you may change.")


def _parse_body(request: HttpRequest) -> tuple[str, str]:
    if len(request.body) > LARGEST:
        raise BadInput(f"The body is larger than {LARGEST} bytes.", "body")
    try:
        document: Any = json.loads(request.body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("tier"), str):
        raise BadInput('Send a JSON object with a tier, such as {"tier": "paid", "until": "2027-11-24"}.', "tier")
    unknown = sorted(document.keys() - {"tier", "until"})
    if unknown:
        raise BadInput(f"“{unknown[0][:40]}” is not known. Send tier, and until where it ends.", unknown[0][:40])
    until = document.get("until") or ""
    if not isinstance(until, str):
        raise BadInput("until is a day or an instant, as text.", "until")
    return remove_unstorable(document["tier"]), remove_unstorable(until)
