"""The suppression list, and which domains may not sign up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import read_number
from subscribers import suppressions
from subscribers.consent import domain_rules, signup_attempts

PAGE = 50
BAD_SHOWN = 20


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"), newsroom_wide=True)
def show_suppressions(request: HttpRequest) -> HttpResponse:
    """Search by part of an address; POST adds, removes, imports a file, or sets the rule for a domain."""
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            act = _ACTS.get(request.POST.get("do", ""))
            if act is None:
                raise BadInput("The form has no known action.")
            context = act(request, clock.now())
        except NewsletterError as error:
            context = {"error": str(error), "field": getattr(error, "field", ""), "typed": request.POST}
        if not context:
            return redirect("desk:suppressions")
    query = request.GET.get("q", "")[:200]
    after = read_number(request.GET, "after") or 0
    found = suppressions.list_suppressions(after=after, query=query, limit=PAGE)
    context |= {
        "q": query,
        "found": found,
        "more": found[-1].id if len(found) == PAGE else 0,
        "rules": domain_rules.list_domain_rules(),
        "attempts": [
            (signup_attempts.get_verdict_label(verdict).lower(), count)
            for verdict, count in signup_attempts.count_attempts(clock.now() - timedelta(days=1)).by_verdict.items()
        ],
    }
    return render(request, "pages/suppressions.html", context, status=422 if "error" in context else 200)


def _suppress(request: HttpRequest, now: datetime) -> dict[str, Any]:
    until = request.POST.get("until", "").strip()
    ends = clock.parse_local_moment(f"{until}T00:00", "UTC", "until") if until else None
    address = request.POST.get("address", "")
    suppressions.suppress(
        address,
        reason=request.POST.get("reason", "").strip() or "asked",
        by=get_actor(request),
        now=now,
        expires_at=ends,
    )
    messages.success(
        request, f"{address.strip()} is not mailed {f'before {until}, 00:00 UTC' if ends else 'any more'}."
    )
    return {}


def _lift_suppression(request: HttpRequest, now: datetime) -> dict[str, Any]:
    address = request.POST.get("address", "")
    suppressions.lift_suppression(address, complaints=False, by=get_actor(request), now=now)
    messages.success(request, f"{address} may be mailed again, if its owner signs up.")
    return {}


def _import_file(request: HttpRequest, now: datetime) -> dict[str, Any]:
    file = request.FILES.get("file")
    if file is None or file.name is None:
        raise BadInput("Choose a CSV file.", "file")
    stream = cast(BinaryIO, file)
    new, bad = suppressions.import_suppressions(stream, source=file.name[:200], by=get_actor(request), now=now)
    messages.success(request, f"{new:,} added to the suppression list.")
    return {"bad": bad[:BAD_SHOWN], "bad_count": len(bad)} if bad else {}


def _change_domain_rule(request: HttpRequest, now: datetime) -> dict[str, Any]:
    domain, verdict = request.POST.get("domain", ""), request.POST.get("verdict", "")
    if verdict == domain_rules.REMOVE_RULE:
        domain_rules.remove_domain_rule(domain, by=get_actor(request), now=now)
    else:
        domain_rules.set_domain_rule(domain, verdict, by=get_actor(request), now=now)
    messages.success(request, "Saved.")
    return {}


_ACTS: dict[str, Callable[[HttpRequest, datetime], dict[str, Any]]] = {
    "add": _suppress,
    "lift": _lift_suppression,
    "take": _import_file,
    "rule": _change_domain_rule,
}


@desk_view(Verb.SUBSCRIBERS, newsroom_wide=True)
def download_suppressions(request: HttpRequest) -> StreamingHttpResponse:
    """The list as CSV, with the hashes of erased people."""
    lines = suppressions.stream_suppressions(by=get_actor(request), now=clock.now())
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="suppressions.csv"'
    return response
