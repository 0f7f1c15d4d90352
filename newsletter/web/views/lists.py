"""Lists: their growth, inactive subscribers, settings, and the sign-up form for the newsroom's own sites."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.accounts.permissions import can
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError, NotAllowed, Refused
from newsletter.kernel.numbers import parse_whole_number
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import get_form_status, read_seen
from newsletter.web.views.subscribers import get_visible_list, list_visible_lists
from subscribers import hygiene, lists
from subscribers.values import List

MONTH_CHOICES = (3, 6, 9, 12, 18, 24)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LANGUAGES = (("en", "English"), ("de", "German"))


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"))
def show_lists(request: HttpRequest) -> HttpResponse:
    """The lists; POST creates one, for users with the role for all newsletters."""
    may_make = can(request.user, Verb.CONFIGURE)
    context: dict[str, Any] = {"may_make": may_make, "languages": _LANGUAGES}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in ("slug", "name", "description", "language")}
        try:
            new_list = lists.create_list(
                typed["slug"].strip(),
                typed["name"].strip(),
                description=typed["description"],
                language=typed["language"] or "en",
                by=get_actor(request),
                now=clock.now(),
            )
        except NotAllowed:
            raise
        except NewsletterError as error:
            context |= {"typed": typed, "error": str(error)}
        else:
            messages.success(request, f"{new_list.name} is there. Its sign-up page is /join/{new_list.slug}/.")
            return redirect("desk:list", new_list.slug)
    context["lists"] = [
        (each, lists.count_subscribers_by_state(each.id)) for each in list_visible_lists(request).values()
    ]
    return render(request, "pages/lists.html", context, status=422 if "error" in context else 200)


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"))
def show_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Growth, inactive subscribers, settings and form of a list. POST changes it, or asks the inactive."""
    target = get_visible_list(request, slug)
    problem: NewsletterError | None = None
    if request.method == "POST":
        try:
            _act(request, target)
            return redirect("desk:list", target.slug)
        except NotAllowed:
            raise
        except NewsletterError as refused:
            problem = refused
    context = _list_context(request, lists.get_list(target.id))
    if problem:
        context |= {"error": str(problem), "differences": getattr(problem, "differences", ()), "typed": request.POST}
        if request.POST.get("do") != "ask":
            context["form"] = context["seen"] | _read_settings(request)
    return render(request, "pages/list.html", context, status=get_form_status(problem))


def _act(request: HttpRequest, target: List) -> None:
    now = clock.now()
    if request.POST.get("do") == "ask":
        months = _read_months(request.POST.get("months", ""))
        typed = parse_whole_number(request.POST.get("number", "").replace(",", "").strip())
        if typed is None:
            raise BadInput("Type the number of subscribers who would be asked.", "number")
        asked = hygiene.ask_inactive(target.id, months, expected=typed, by=get_actor(request), now=now)
        messages.success(
            request, f"{asked:,} subscribers are asked. Those who do not answer within 30 days are unsubscribed."
        )
        return
    lists.change_list(
        target.slug, seen=read_seen(request.POST), by=get_actor(request), now=now, **_read_settings(request)
    )
    messages.success(request, "Saved.")


def _read_settings(request: HttpRequest) -> lists.ListChanges:
    return {
        "name": request.POST.get("name", ""),
        "description": request.POST.get("description", ""),
        "language": request.POST.get("language", ""),
        "opt_in": request.POST.get("opt_in", ""),
        "weekly_day": request.POST.get("weekly_day", ""),
        "privacy_notice": request.POST.get("privacy_notice", ""),
        "public": "yes" if request.POST.get("public") else "no",
    }


def _read_months(text: str) -> int:
    found = parse_whole_number(text)
    return found if found in MONTH_CHOICES else 6


def _list_context(request: HttpRequest, target: List) -> dict[str, Any]:
    now = clock.now()
    months = _read_months(request.POST.get("months", "") or request.GET.get("months", ""))
    silent, why_not = None, ""
    try:
        silent = hygiene.count_inactive(target.id, months, now=now)
    except Refused as refused:
        why_not = str(refused)
    return {
        "list": target,
        "counts": lists.count_subscribers_by_state(target.id),
        "growth": hygiene.compute_growth(target.id, now=now),
        "months": months,
        "all_months": MONTH_CHOICES,
        "silent": silent,
        "to_ask": silent.to_ask if silent else 0,
        "why_not": why_not,
        "weekdays": [(day.lower(), day) for day in _WEEKDAYS],
        "may_change": get_actor(request).may(Verb.CONFIGURE, [target.id]),
        "seen": lists.describe_settings(target),
        "form": lists.describe_settings(target),
        "languages": _LANGUAGES,
        "base_url": settings.CONFIG.base_url,
        "framed": bool(settings.CONFIG.embed_origins),
    }
