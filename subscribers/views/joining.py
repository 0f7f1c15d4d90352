"""Signing up: our own page, the form that newsrooms embed, the same for programs, and the press that confirms."""

from __future__ import annotations

import json
from time import perf_counter, sleep
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from newsletter.kernel import clock
from newsletter.kernel.actors import Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.kernel.network import parse_client_address
from subscribers import address_quality, challenges, hooks, lists, self_service, subscriber_lookup, tokens
from subscribers.forms.joining import SignUpForm, choose_lists
from subscribers.policy import OUT_STATES
from subscribers.states import SubscriptionState
from subscribers.values import List
from subscribers.views.page import (
    activate_language,
    describe_error,
    find_browser_language,
    find_network,
    list_languages,
    public_page,
    read_shown_text,
)

LARGEST_JSON = 16 * 2**10
LONGEST_WORDS = 8_000  # characters of a caller's form
ANSWER_SECONDS = (
    0.05  # seconds: known or suppressed addresses cost less work than new ones, and the timing must not reveal it
)


@public_page("GET", "HEAD", "POST", form=True)
def show_sign_up(request: HttpRequest, slug: str = "") -> HttpResponse:
    """The sign-up page, for one list or for all public ones. Its answer says nothing about who is known."""
    return _handle_form(request, SignUpForm(request.POST), slug, "readers/join.html")


@csrf_exempt
@public_page("GET", "HEAD", "POST", framed=True, form=True)
def show_embedded_sign_up(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Without cookies, for forms on the newsroom's own sites: in a frame, or as bare HTML that submits here."""
    form = SignUpForm(request.POST)
    return _handle_form(request, form, slug, "readers/join.html" if form.is_of_our_page else "readers/embed.html")


def _handle_form(request: HttpRequest, form: SignUpForm, slug: str, template: str) -> HttpResponse:
    offered = [lists.get_list_by_slug(slug)] if slug else list(lists.list_lists(public_only=True))
    context: dict[str, Any] = {
        "offered": offered,
        "single": offered[0] if len(offered) == 1 else None,
        "framed": template == "readers/embed.html",
        "captcha": hooks.get_captcha_widget(),
        "asks_for_tracking": hooks.asks_for_tracking([each.id for each in offered]),
        "from": _read_origin(request, form.origin),
    }
    if len(offered) == 1:
        activate_language(offered[0].language)
    now, network = clock.now(), find_network(request)
    if request.method != "POST":
        if offered and self_service.is_above_limit([each.id for each in offered], network, now):
            context["challenge"] = challenges.create_challenge(now)
        return render(request, template, context)
    form.is_valid()  # nothing that is sent is refused here: the service says what is wrong
    given = form.cleaned_data
    chosen, address = form.choose_lists(offered), given["email"]
    kept = {
        "email": address[:254],
        "first_name": given["first_name"][:60],
        "ticked": {each.id for each in chosen},
        "tracking": given["tracking"],
    }
    page = request.build_absolute_uri(_find_page_path(request, form))
    kind, meant = address_quality.assess_address(address.strip()) if address.count("@") == 1 else ("", "")
    if kind == "typo" and given["sure"] != address.strip():
        return render(request, template, context | kept | {"meant": meant, "typed": address.strip()[:254]}, status=422)
    try:
        _sign_up(
            request,
            address,
            chosen,
            given["first_name"],
            given["zone"],
            given["website"],
            form.read_captcha(hooks.get_captcha_widget().get("field", "")),
            origin=_read_origin(request, form.origin) or page[:500],
            form_text=read_shown_text(
                "readers/join_shown.html", {name: context[name] for name in ("offered", "single", "asks_for_tracking")}
            ),
            tracking=given["tracking"],
            challenge=given["challenge"],
            waits=given["wait"],
        )
    except challenges.ChallengeNeeded as error:
        asked = {"challenge": challenges.create_challenge(now), "busy": describe_error(error)}
        return render(request, template, context | kept | asked, status=error.http_status)
    except NewsletterError as error:
        field = error.field if isinstance(error, BadInput) else ""
        if not isinstance(error, BadInput):
            raise
        return render(request, template, context | kept | {"error": describe_error(error), "field": field}, status=422)
    waits = given["wait"] and not given["challenge"]
    return render(request, "readers/join_done.html", context | {"address": address.strip()[:254], "waits": waits})


def _sign_up(
    request: HttpRequest,
    address: str,
    chosen: list[List],
    first_name: str,
    zone: str,
    trap: str,
    captcha: str,
    origin: str = "",
    form_text: str = "",
    tracking: bool = False,
    challenge: str = "",
    waits: bool = False,
    by: Actor | None = None,
    network: str = "",
) -> None:
    if not chosen:
        raise BadInput("Choose at least one newsletter.", "lists")
    if by is not None:
        require_right(by, Verb.SUBSCRIBERS, [each.id for each in chosen])
    words = ", ".join(each.name for each in chosen)
    begun = perf_counter()
    self_service.sign_up(
        address,
        [each.id for each in chosen],
        first_name=first_name,
        origin=origin or _read_origin(request, "") or request.build_absolute_uri(request.path)[:500],
        network=network or find_network(request),
        words=_("Sign up: %(lists)s") % {"lists": words},
        language=_read_browser_language(request),
        zone=zone,
        trapped=bool(trap),
        captcha=captcha,
        form_text=form_text,
        tracking=tracking,
        challenge=challenge,
        waits=waits,
        trusted=by is not None,
        now=clock.now(),
    )
    sleep(max(0.0, ANSWER_SECONDS - (perf_counter() - begun)))


def _read_origin(request: HttpRequest, said: str) -> str:
    """From which article or campaign somebody came: as the form says, or the page that led here."""
    given = said or request.GET.get("from", "") or request.META.get("HTTP_REFERER", "")
    flat = " ".join(str(given).split())[:500]
    return "" if flat.startswith(settings.CONFIG.base_url) else flat


_PAGE_OF_FORM = {"embed": "readers:join", "embed-list": "readers:join-list"}


def _find_page_path(request: HttpRequest, form: SignUpForm) -> str:
    """The page somebody saw: our own form submits elsewhere, for want of cookies."""
    shown = request.resolver_match
    if shown is None or not form.is_of_our_page or shown.url_name not in _PAGE_OF_FORM:
        return request.path
    return reverse(_PAGE_OF_FORM[shown.url_name], kwargs=shown.kwargs)


def _read_browser_language(request: HttpRequest) -> str:
    first = request.META.get("HTTP_ACCEPT_LANGUAGE", "").partition(",")[0].partition(";")[0].strip()
    return first if first != "*" else ""


@csrf_exempt
@public_page("POST", "OPTIONS")
def sign_up_by_api(request: HttpRequest) -> HttpResponse:
    """Signing up for programs, without cookies: {"email", "lists": [slug, …], "first_name", "from", "zone", "captcha"},
    and {"tracking": true} where they agreed to the counting of opens and clicks. With a token there is no limit by
    network, and {"ip", "words"} are the subscriber's address in the network and what the caller's form said.

    429 with {"challenge"} above a limit: send its solution as "challenge" (ALTCHA), or {"wait": true} for the queue.

    202 whatever becomes of it; 422 with {"error", "field"} for bad input; {"meant"} where the address looks
    mistyped (send "sure": true to keep it).
    """
    response = _answer_api(request) if request.method == "POST" else HttpResponse(status=204)
    origin = request.META.get("HTTP_ORIGIN", "")
    if origin in settings.CONFIG.embed_origins:
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Methods"] = "POST"
        response["Access-Control-Allow-Headers"] = "Content-Type"
    response["Vary"] = "Origin"
    return response


def _answer_api(request: HttpRequest) -> HttpResponse:
    activate_language(find_browser_language(request))
    authorization = request.headers.get("Authorization", "")
    by = hooks.find_caller(authorization, find_network(request), clock.now()) if authorization else None
    if authorization and by is None:
        message = "Send a token that is valid and has the scope subscriptions:write, or none."
        return JsonResponse({"error": message, "field": "token"}, status=401, headers={"WWW-Authenticate": "Bearer"})
    try:
        document = _parse_body(request)
        address = str(document.get("email", ""))
        kind, meant = address_quality.assess_address(address.strip()) if address.count("@") == 1 else ("", "")
        if kind == "typo" and not document.get("sure"):
            return JsonResponse(
                {"error": _("Did you mean %(meant)s?") % {"meant": meant}, "field": "email", "meant": meant}, status=422
            )
        offered = list(lists.list_lists(public_only=by is None))
        wanted = document.get("lists", [])
        chosen = (
            choose_lists([str(each) for each in wanted] if isinstance(wanted, list) else [], offered) if wanted else []
        )
        _sign_up(
            request,
            address,
            chosen,
            str(document.get("first_name", "")),
            str(document.get("zone", "")),
            str(document.get("website", "")),
            str(document.get("captcha", "")),
            " ".join(str(document.get("from", "")).split())[:500],
            tracking=document.get("tracking") is True,
            challenge=str(document.get("challenge", "")),
            waits=document.get("wait") is True,
            form_text=str(document.get("words", ""))[:LONGEST_WORDS] if by else "",
            by=by,
            network=parse_client_address(str(document.get("ip", "")), "", 0) if by else "",
        )
    except challenges.ChallengeNeeded as error:
        asked = json.loads(challenges.create_challenge(clock.now()))
        document = {"error": describe_error(error), "field": "challenge", "challenge": asked}
        return JsonResponse(document, status=error.http_status)
    except NewsletterError as error:
        field = error.field if isinstance(error, BadInput) else ""
        return JsonResponse({"error": describe_error(error), "field": field}, status=error.http_status)
    return JsonResponse({"message": _("Look in your inbox, and press the button in the mail.")}, status=202)


def _parse_body(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > LARGEST_JSON:
        raise BadInput(f"The body is larger than {LARGEST_JSON // 1024} kB.", "body")
    try:
        document = json.loads(request.body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise BadInput("The body must be a JSON object with email and lists.", "body")
    return document


@public_page("GET", "HEAD", "POST")
def show_confirmation(request: HttpRequest, token: str) -> HttpResponse:
    """Confirms a subscription, by the button and not by the link. One that is too old offers to send a new one."""
    now = clock.now()
    try:
        claims = subscriber_lookup.get_signer().read(token, tokens.CONFIRM, now)
    except tokens.ExpiredToken:
        return _offer_new_link(request, token)
    person, target = subscriber_lookup.get_subscriber(claims.subscriber_id), lists.get_list(claims.list_id)
    activate_language(*list_languages(person, target.id))
    held = next((s for s in person.subscriptions if s.list_id == target.id), None)
    if request.method != "POST":
        context = {
            "person": person,
            "address": person.address,
            "list": target,
            "done": held is not None and held.state == SubscriptionState.ACTIVE,
            "tracking": self_service.has_agreed_at_sign_up(claims),
            "out": held is not None and held.state in OUT_STATES and held.requested_at is None,
        }
        return render(request, "readers/confirm.html", context)
    shown = {"list": target, "address": "…", "tracking": self_service.has_agreed_at_sign_up(claims)}
    person, target = self_service.confirm_subscription(
        claims,
        network=find_network(request),
        now=now,
        form_text=read_shown_text("readers/confirm_form.html", shown),
    )
    footer = subscriber_lookup.get_signer().sign_footer(target.id, person.id)
    return render(request, "readers/confirm.html", {"person": person, "list": target, "done": True, "footer": footer})


def _offer_new_link(request: HttpRequest, token: str) -> HttpResponse:
    """A genuine link whose time is over: a press sends the mail once more, as far as the limits go."""
    claims = subscriber_lookup.get_signer().read_expired(token, tokens.CONFIRM)
    person, target = subscriber_lookup.get_subscriber(claims.subscriber_id), lists.get_list(claims.list_id)
    activate_language(*list_languages(person, target.id))
    sent = request.method == "POST"
    mailed = False
    if sent:
        mailed = self_service.sign_up(
            person.address,
            [target.id],
            origin=_("an old confirmation link"),
            network=find_network(request),
            now=clock.now(),
            trusted=True,  # the link was mailed to this address
        )
    context = {"list": target, "sent": sent, "mailed": mailed}
    return render(request, "readers/again.html", context, status=(200 if mailed else 429) if sent else 410)


@public_page("GET", "HEAD", "POST")
def show_stay(request: HttpRequest, token: str) -> HttpResponse:
    """“Yes, keep sending it”: the answer to being asked after a long silence."""
    now = clock.now()
    claims = subscriber_lookup.get_signer().read(token, tokens.STAY, now)
    person, target = subscriber_lookup.get_subscriber(claims.subscriber_id), lists.get_list(claims.list_id)
    activate_language(*list_languages(person, target.id))
    done = request.method == "POST"
    if done:
        self_service.confirm_interest(claims, network=find_network(request), now=now)
    return render(request, "readers/stay.html", {"person": person, "list": target, "done": done})
