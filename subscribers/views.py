"""The readers' pages: join, confirm, leave, choose. GET shows, POST does: scanners open every link in a mail."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NewsletterError, NotFound
from newsletter.kernel.network import client_address
from subscribers import reads, service, tokens
from subscribers.policy import ACTIVE, PENDING, UNSUBSCRIBED
from subscribers.values import List

View = Callable[..., HttpResponse]

_NOTHING_HERE = (
    "There is nothing at this address any more. Copy the link whole from the mail, or start from our newsletters."
)
# These pages show text of strangers, so they can do nothing but be read and send their own form: no script at all.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "sandbox allow-forms allow-same-origin allow-top-navigation-by-user-activation"
)


def _page(*methods: str) -> Callable[[View], View]:
    """A readers' page: only these methods, never cached, sandboxed, errors in words."""

    def wrap(view: View) -> View:
        @never_cache
        @require_http_methods(list(methods))
        @functools.wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                response = view(request, *args, **kwargs)
            except NewsletterError as error:
                # What is not there is told to the newsroom by name, with the command that helps; to readers not.
                message = _NOTHING_HERE if isinstance(error, NotFound) else str(error)
                response = render(request, "readers/trouble.html", {"message": message}, status=error.http_status)
            response["Content-Security-Policy"] = _POLICY
            return response

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
            context
            | {
                "error": str(error),
                "field": error.field,
                "email": address[:254],
                "ticked": ticked,
                "first_name": request.POST.get("first_name", "")[:60],
            },
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
        return render(request, "readers/confirm.html", {"person": person, "list": target, "done": done})
    person, target = service.confirm(claims, network=_network(request), now=now)
    footer = reads.signer().footer(target.id, person.id)
    return render(request, "readers/confirm.html", {"person": person, "list": target, "done": True, "footer": footer})


@csrf_exempt
@_page("GET", "HEAD", "POST")
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Leaving. A POST from our page says `via=page`; any other is the mail program's one click (RFC 8058).

    One click needs no cookie, gets no redirect, and is answered by plain text.
    """
    now = clock.now()
    claims = reads.signer().read(token, tokens.FOOTER, now)
    if request.method != "POST":
        return _leave_page(request, claims, token)
    sent = _form(request)
    if sent.get("via") != "page":
        service.leave(claims, how="one-click", network=_network(request), now=now)
        return HttpResponse("You are unsubscribed.\n", content_type="text/plain; charset=utf-8")
    if sent.get("do") == "undo":
        service.undo_leave(claims, network=_network(request), now=now)
        return _leave_page(request, claims, token, did="undo")
    service.leave(claims, how="page", network=_network(request), now=now)
    return _leave_page(request, claims, token, did="leave")


def _form(request: HttpRequest) -> QueryDict:
    """What a form sent; nothing for a body that cannot be read. Leaving must not fail by it: the link says it all."""
    try:
        return request.POST
    except (MultiPartParserError, BadRequest, SuspiciousOperation):
        return QueryDict()


def _leave_page(request: HttpRequest, claims: tokens.Claims, token: str, did: str = "") -> HttpResponse:
    """The question, or what became of it, from how things stand: a page never claims what did not happen."""
    person, named = reads.person(claims.subscriber_id), reads.lists_of(claims)
    held = [s for s in person.subscriptions if s.list_id in {each.id for each in named}]
    left_at = max((s.since for s in held if s.state == UNSUBSCRIBED), default=None)
    getting = {s.list_id for s in held if s.state == ACTIVE}
    waiting = {s.list_id for s in held if s.state == PENDING}
    last_left = {s.list_id for s in held if s.state == UNSUBSCRIBED and s.since == left_at}
    about = getting | waiting or last_left or {each.id for each in named}
    stopped = "stopped" if did == "undo" or not last_left else "left"
    context = {
        "person": person,
        "token": token,
        "did": did,
        "lists": [each for each in named if each.id in about],
        "standing": "getting" if getting else "waiting" if waiting else stopped,
        "left_at": left_at,
    }
    return render(request, "readers/leave.html", context)


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
            if ticked and subscription.state == UNSUBSCRIBED:
                service.undo_leave(own, network=_network(request), now=now)
            elif not ticked and subscription.state in (ACTIVE, PENDING):
                service.leave(own, how="page", network=_network(request), now=now)
        service.set_tracked(claims, not request.POST.get("untracked"))
        person = reads.person(person.id)
    known = {each.id: each for each in reads.lists()}
    rows = [{"s": s, "list": known[s.list_id], "on": s.state in (ACTIVE, PENDING)} for s in person.subscriptions]
    context = {
        "person": person,
        "rows": rows,
        "saved": saved,
        "token": token,
        "all": signer.footer(0, person.id),
    }
    return render(request, "readers/preferences.html", context)


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
