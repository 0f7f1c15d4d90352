"""Signing in and out. Attempts are limited by django-axes; the session is new after signing in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from newsletter.accounts import second_factor
from newsletter.kernel import clock

WRONG_CREDENTIALS = "The address or the password is wrong."
WRONG_CODE = "The code is wrong or was used already. Wait for the next one, then try again."
WAITING_KEY, CODE_SECONDS = "waits_for_code", 300


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page. Its error does not say which of the two was wrong."""
    following = _safe_redirect(request, request.POST.get("next") or request.GET.get("next") or "/")
    if request.method != "POST":
        return HttpResponseRedirect(following) if request.user.is_authenticated else _render_page(request, following)
    email = request.POST.get("email", "").strip().casefold()
    user = authenticate(request, email=email, password=request.POST.get("password", ""))
    if user is None:
        if getattr(request, "axes_locked_out", False):
            return show_lockout(request, None)
        return _render_page(request, following, email=email, error=WRONG_CREDENTIALS, status=422)
    if second_factor.is_on(user):
        request.session.cycle_key()
        request.session[WAITING_KEY] = {"user": user.pk, "next": following, "since": clock.now().timestamp()}
        return redirect("login-code")
    login(request, user)
    return HttpResponseRedirect(following)


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """The second step: a code, after a correct password. After too long a pause the password is asked for again."""
    waiting = request.session.get(WAITING_KEY)
    if not waiting or clock.now().timestamp() - waiting["since"] > CODE_SECONDS:
        request.session.pop(WAITING_KEY, None)
        return redirect("login")
    if request.method != "POST":
        return render(request, "pages/login_code.html")
    user = second_factor.find_pending_user(waiting["user"])
    if user is None or not second_factor.verify_code(user, request.POST.get("code", "")):
        return render(request, "pages/login_code.html", {"error": WRONG_CODE}, status=422)
    del request.session[WAITING_KEY]
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(waiting["next"])


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    return redirect("login")


def show_lockout(
    request: HttpRequest, response: Any, credentials: Any = None, *args: Any, **kwargs: Any
) -> HttpResponse:
    """The page after too many failed attempts (called by django-axes)."""
    return _render_page(
        request, "/", error="Too many failed attempts. Wait a quarter of an hour, then try again.", status=429
    )


def _render_page(request: HttpRequest, following: str, *, status: int = 200, **context: str) -> HttpResponse:
    return render(request, "pages/login.html", {"next": following, **context}, status=status)


def _safe_redirect(request: HttpRequest, url: str) -> str:
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return url if safe else "/"
