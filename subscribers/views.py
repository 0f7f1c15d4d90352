"""The readers' pages: join, confirm, leave, choose. GET shows, POST does: scanners open every link in a mail."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.kernel.network import client_address
from subscribers import reads, service, tokens
from subscribers.policy import ACTIVE, PENDING
from subscribers.values import List, Person

View = Callable[..., HttpResponse]


def _page(*methods: str) -> Callable[[View], View]:
    """A readers' page: only these methods, never cached, errors in words."""

    def wrap(view: View) -> View:
        @never_cache
        @require_http_methods(list(methods))
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except NewsletterError as error:
                return render(request, "readers/trouble.html", {"message": str(error)}, status=error.http_status)

        return wrapped

    return wrap


def _network(request: HttpRequest) -> str:
    return client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.META.get("HTTP_X_FORWARDED_FOR", ""),
        settings.CONFIG.trusted_proxies,
    )


@_page("GET", "HEAD", "POST")
def join(request: HttpRequest, slug: str = "") -> HttpResponse:
    """The sign-up page, for one list or for all public ones. Its answer says nothing about who is known."""
    offered = [reads.list_by_slug(slug)] if slug else list(reads.lists(public_only=True))
    context: dict[str, Any] = {"offered": offered, "single": offered[0] if len(offered) == 1 else None}
    if request.method != "POST":
        return render(request, "readers/join.html", context)
    address = request.POST.get("email", "")
    chosen = _chosen(request, offered)
    if request.POST.get("website"):  # a field people cannot see: only programs fill it
        return render(request, "readers/join_done.html", context | {"address": address[:254]})
    try:
        if not chosen:
            raise BadInput("Choose at least one newsletter.", "lists")
        words = ", ".join(each.name for each in chosen)
        service.sign_up(
            address,
            [each.id for each in chosen],
            first_name=request.POST.get("first_name", ""),
            origin=request.build_absolute_uri(request.path)[:500],
            network=_network(request),
            words=f"Sign up: {words}",
            now=clock.now(),
        )
    except BadInput as error:
        ticked = {each.id for each in chosen}
        return render(
            request,
            "readers/join.html",
            context | {"error": str(error), "field": error.field, "email": address[:254], "ticked": ticked},
            status=422,
        )
    return render(request, "readers/join_done.html", context | {"address": address.strip()[:254]})


def _chosen(request: HttpRequest, offered: list[List]) -> list[List]:
    if len(offered) == 1:
        return offered
    wanted = set(request.POST.getlist("lists"))
    return [each for each in offered if str(each.id) in wanted]


@_page("GET", "HEAD", "POST")
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirms a subscription, by the button and not by the link."""
    now = clock.now()
    claims = reads.signer().read(token, tokens.CONFIRM, now)
    if request.method != "POST":
        person, target = reads.person(claims.subscriber_id), reads.list(claims.list_id)
        done = any(s.list_id == target.id and s.state == ACTIVE for s in person.subscriptions)
        return _in_language(request, "readers/confirm.html", {"person": person, "list": target, "done": done}, target)
    person, target = service.confirm(claims, network=_network(request), now=now)
    footer = reads.signer().footer(target.id, person.id)
    return _in_language(
        request,
        "readers/confirm.html",
        {"person": person, "list": target, "done": True, "footer": footer},
        target,
    )


@csrf_exempt
@_page("GET", "HEAD", "POST")
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Leaving. A POST from our page says `via=page`; any other is the mail program's one click (RFC 8058).

    One click needs no cookie, gets no redirect, and is answered by plain text.
    """
    now = clock.now()
    claims = reads.signer().read(token, tokens.FOOTER, now)
    if request.method != "POST":
        person = reads.person(claims.subscriber_id)
        targets = _named(claims, person)
        left = not any(
            s.state in (ACTIVE, PENDING) for s in person.subscriptions if s.list_id in {t.id for t in targets}
        )
        return _in_language(
            request,
            "readers/leave.html",
            {"person": person, "lists": targets, "left": left, "token": token},
            *targets,
        )
    if request.POST.get("via") != "page":
        service.leave(claims, how="one-click", network=_network(request), now=now)
        return HttpResponse("You are unsubscribed.\n", content_type="text/plain; charset=utf-8")
    if request.POST.get("do") == "undo":
        person, targets = service.undo_leave(claims, network=_network(request), now=now)
        return _in_language(
            request,
            "readers/leave.html",
            {"person": person, "lists": targets, "undone": True, "token": token},
            *targets,
        )
    person, targets = service.leave(claims, how="page", network=_network(request), now=now)
    context = {"person": person, "lists": targets, "left": True, "just": True, "token": token, "now": now}
    return _in_language(request, "readers/leave.html", context, *targets)


def _named(claims: tokens.Claims, person: Person) -> tuple[List, ...]:
    if claims.list_id:
        return (reads.list(claims.list_id),)
    return tuple(reads.list(s.list_id) for s in person.subscriptions)


@_page("GET", "HEAD", "POST")
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """What I get. A footer's link may stop lists and start again those the reader had, nothing else."""
    now = clock.now()
    signer = reads.signer()
    claims = signer.read(token, tokens.FOOTER, now)
    person = reads.person(claims.subscriber_id)
    saved = request.method == "POST"
    if saved:
        wanted = set(request.POST.getlist("lists"))
        for subscription in person.subscriptions:
            own = tokens.Claims(tokens.FOOTER, subscription.list_id, person.id)
            ticked = str(subscription.list_id) in wanted
            if ticked and subscription.state == "unsubscribed":
                service.undo_leave(own, network=_network(request), now=now)
            elif not ticked and subscription.state in (ACTIVE, PENDING):
                service.leave(own, how="page", network=_network(request), now=now)
        person = reads.person(person.id)
    target = reads.list(claims.list_id) if claims.list_id else None
    known = {each.id: each for each in reads.lists()}
    rows = [{"s": s, "list": known[s.list_id], "on": s.state in (ACTIVE, PENDING)} for s in person.subscriptions]
    context = {
        "person": person,
        "rows": rows,
        "saved": saved,
        "token": token,
        "all": signer.footer(0, person.id),
    }
    return _in_language(request, "readers/preferences.html", context, *([target] if target else []))


@_page("GET", "HEAD", "POST")
def which(request: HttpRequest) -> HttpResponse:
    """“Which address did I use?” The page says the same for every address; a known one gets a mail."""
    if request.method != "POST":
        return render(request, "readers/which.html")
    address = request.POST.get("email", "")
    if not request.POST.get("website"):
        try:
            service.ask_which(address, network=_network(request), now=clock.now())
        except BadInput as error:
            return render(request, "readers/which.html", {"error": str(error), "email": address[:254]}, status=422)
    return render(request, "readers/which.html", {"asked": address.strip()[:254]})


def _in_language(request: HttpRequest, template: str, context: dict[str, Any], *lists: List) -> HttpResponse:
    with translation.override(lists[0].language if lists else "en"):
        return render(request, template, context)
