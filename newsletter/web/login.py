"""Signing in and out. Tries are limited by django-axes; the session is new after signing in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

WRONG = "The address or the password is wrong."


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page. Its error never says which of the two was wrong."""
    following = _safe(request, request.POST.get("next") or request.GET.get("next") or "/")
    if request.method != "POST":
        return HttpResponseRedirect(following) if request.user.is_authenticated else _page(request, following)
    email = request.POST.get("email", "").strip().casefold()
    user = authenticate(request, email=email, password=request.POST.get("password", ""))
    if user is None:
        if getattr(request, "axes_locked_out", False):
            return locked_out(request, None)
        return _page(request, following, email=email, error=WRONG, status=422)
    login(request, user)
    return HttpResponseRedirect(following)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    return redirect("login")


def locked_out(request: HttpRequest, response: Any, credentials: Any = None, *args: Any, **kwargs: Any) -> HttpResponse:
    """What somebody sees after too many wrong tries (called by django-axes)."""
    return _page(request, "/", error="Too many wrong tries. Wait a quarter of an hour, then try again.", status=429)


def _page(request: HttpRequest, following: str, *, status: int = 200, **context: str) -> HttpResponse:
    return render(request, "pages/login.html", {"next": following, **context}, status=status)


def _safe(request: HttpRequest, url: str) -> str:
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return url if safe else "/"
