"""Signing in and out. Attempts are limited (`accounts.sign_in_limits`); the session is new after signing in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from newsletter.accounts import known_devices, second_factor, sign_in_log
from newsletter.accounts.permissions import is_signed_in
from newsletter.kernel import clock
from newsletter.web.access import get_actor
from newsletter.web.forms.login import CodeForm, SignInForm, join_errors
from newsletter.web.fragments import is_fragment_request
from newsletter.web.network import get_client_address
from newsletter.web.resending import unpack
from newsletter.web.sessions import begin_session

WAITING_KEY, CODE_SECONDS = "waits_for_code", 300
SIGNED_IN = "desk:signed-in"  # the event by which an open page goes on


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page, and the dialog of pages that are open. The error does not say which of the two was wrong."""
    if request.method != "POST":
        following = _safe_redirect(request, request.GET.get("next", ""))
        if request.user.is_authenticated:
            return HttpResponseRedirect(following)
        return _render_page(request, SignInForm(initial={"next": following}))
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _render_page(request, form, status=422)
    email = form.cleaned_data["email"]
    following = _safe_redirect(request, form.cleaned_data["next"] or request.GET.get("next", ""))
    user: Any = authenticate(request, email=email, password=form.cleaned_data["password"])
    if user is None:
        sign_in_log.record_failure(
            email,
            was_refused=getattr(request, "sign_in_refused", False),
            limit=getattr(request, "sign_in_limit", ""),
            network=get_client_address(request),
            now=clock.now(),
        )
        if getattr(request, "axes_locked_out", False):
            return show_lockout(request, None)
        form.add_error(None, _("The address or the password is wrong."))
        return _render_page(request, form, status=422)
    if second_factor.is_on(user):
        request.session.cycle_key()
        request.session[WAITING_KEY] = {
            "user": user.pk,
            "next": following,
            "since": clock.now().timestamp(),
            "mark": user.get_session_auth_hash(),
        }
        if is_fragment_request(request):
            return _render_step(request, email, asks_code=True)
        if form.cleaned_data["unsent"]:
            return _render_code_page(request, CodeForm(initial={"unsent": form.cleaned_data["unsent"]}))
        return redirect("desk:login-code")
    return _finish(request, user, following, "password", unsent=form.cleaned_data["unsent"])


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """The second step: a code, after a correct password. After too long a pause the password is asked for again."""
    waiting: dict[str, Any] = request.session.get(WAITING_KEY) or {}
    user = _find_waiting_user(waiting) if waiting else None
    if user is None:
        request.session.pop(WAITING_KEY, None)
        if is_fragment_request(request):
            problem = _("That took too long. Type the password again.")
            return _render_step(request, CodeForm(request.POST)["email"].value(), problem=problem, status=422)
        return redirect("desk:login")
    if request.method != "POST":
        return _render_code_page(request, CodeForm())
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _render_code_page(request, form, 422)
    try:
        kind = second_factor.verify_code(user, form.cleaned_data["code"])
    except second_factor.MustWait as refused:  # not recorded: the log would grow as fast as somebody can ask
        form.add_error("code", str(refused))
        return _render_code_page(request, form, refused.http_status)
    if kind is None:
        sign_in_log.record_wrong_code(user.email, network=get_client_address(request), now=clock.now())
        form.add_error("code", _("The code is wrong or was used already. Wait for the next one, then try again."))
        return _render_code_page(request, form, 422)
    del request.session[WAITING_KEY]
    return _finish(request, user, waiting["next"], f"password and {kind}", unsent=form.cleaned_data["unsent"])


def _find_waiting_user(waiting: dict[str, Any]) -> Any:
    """Who gave the password, unless that was too long ago, or counts no more."""
    now = clock.now()
    if now.timestamp() - waiting["since"] > CODE_SECONDS:
        return None
    return second_factor.find_pending_user(
        waiting["user"],
        since=datetime.fromtimestamp(waiting["since"], UTC),
        password_mark=waiting.get("mark", ""),  # none of a process of the version before
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    if is_signed_in(request.user):
        sign_in_log.record_sign_out(request.user.get_username(), by=get_actor(request), now=clock.now())
    logout(request)
    return redirect("desk:login")


def show_lockout(
    request: HttpRequest, response: Any, credentials: Any = None, *args: Any, **kwargs: Any
) -> HttpResponse:
    """The page after too many failed attempts (called by django-axes)."""
    form = SignInForm(request.POST)
    form.add_error(None, _("Too many failed attempts. Wait a quarter of an hour, then try again."))
    return _render_page(request, form, status=429)


def _finish(request: HttpRequest, user: Any, following: str, proof: str, *, unsent: str) -> HttpResponse:
    """Begins the session of a user who has proved who they are, in a browser that is known from now on.

    A form that was sent when the session before had ended is shown to them, to be sent again.
    """
    now = clock.now()
    login(request, user, backend="newsletter.accounts.user_backend.UserBackend")
    begin_session(request, now)
    sign_in_log.record_sign_in(user.email, detail=proof, by=get_actor(request), now=now)
    response: HttpResponse = HttpResponseRedirect(following)
    if is_fragment_request(request):
        response = _render_step(request, user.email)
        response["HX-Trigger"] = SIGNED_IN
    elif unsent and (found := unpack(unsent)) and _is_safe(request, found.address):
        response = render(request, "pages/send_again.html", {"unsent": found})
    response.set_cookie(
        known_devices.COOKIE,
        known_devices.make_mark(user.pk),
        max_age=known_devices.LIFE,
        path=reverse("desk:login"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _render_code_page(request: HttpRequest, form: CodeForm, status: int = 200) -> HttpResponse:
    if is_fragment_request(request):
        return _render_step(request, form["email"].value(), asks_code=True, problem=join_errors(form), status=status)
    context = {"form": form, "unsent": unpack(form["unsent"].value() or "")}
    return render(request, "pages/login_code.html", context, status=status)


def _render_page(request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
    if is_fragment_request(request):
        return _render_step(request, form["email"].value(), problem=join_errors(form), status=status)
    context = {"form": form, "unsent": unpack(form["unsent"].value() or "")}
    return render(request, "pages/login.html", context, status=status)


def _render_step(
    request: HttpRequest, email: str | None, *, asks_code: bool = False, problem: str = "", status: int = 200
) -> HttpResponse:
    """The form of the next step, for the dialog of a page that is open."""
    context = {"asks_code": asks_code, "problem": problem, "email": email}
    # htmx takes a form that was refused with 422 alone.
    return render(request, "partials/sign_in_form.html", context, status=422 if status >= 400 else status)


def _safe_redirect(request: HttpRequest, url: str) -> str:
    """Where to go then: only to a page of the desk."""
    return url if _is_safe(request, url) else reverse("desk:today")


def _is_safe(request: HttpRequest, url: str) -> bool:
    hosts = {request.get_host()}
    return url_has_allowed_host_and_scheme(url, allowed_hosts=hosts, require_https=request.is_secure())
