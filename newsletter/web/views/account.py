"""A user's own account: password, sign-in with a code, API tokens, and the link of their calendar."""

from __future__ import annotations

from typing import Any

import qrcode
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from qrcode.image.svg import SvgPathImage

from newsletter.accounts import api_tokens, calendar_links, second_factor, users
from newsletter.accounts.token_scopes import TokenScope
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import read_number


@sensitive_post_parameters("code", "password", "old_password", "new_password")
@desk_view(None, methods=("GET", "POST"))
def show_account(request: HttpRequest) -> HttpResponse:
    """Shows password, sign-in with a code, tokens and calendar; POST changes one of them."""
    if request.method == "POST":
        try:
            return _act(request)
        except NewsletterError as error:
            return _render_page(request, error=str(error), status=error.http_status)
    return _render_page(request)


def _act(request: HttpRequest) -> HttpResponse:
    user: Any = request.user  # signed in: `desk_view` has seen to it
    form, do = request.POST, request.POST.get("do", "")
    by, now = get_actor(request), clock.now()
    if do == "password":
        users.change_own_password(
            user.email, form.get("old_password", ""), form.get("new_password", ""), by=by, now=now
        )
        user.refresh_from_db()
        update_session_auth_hash(request, user)  # this session stays, under a new key
        messages.success(request, "Your password is changed. Other sessions have ended, and tokens are revoked.")
        return redirect("desk:account")
    if do == "begin":
        second_factor.begin_enrolment(user.email, form.get("password", ""), by=by, now=now)
        return redirect("desk:account")
    if do == "confirm":
        codes = second_factor.confirm_enrolment(user.email, form.get("code", ""), by=by, now=now)
        return _render_page(request, codes=codes)
    if do == "off":
        second_factor.turn_off(user.email, form.get("password", ""), by=by, now=now)
        messages.success(request, "Sign-in with a code is off.")
        return redirect("desk:account")
    if do == "token":
        _, text = api_tokens.create_token(
            user.email,
            form.get("name", ""),
            scopes=form.getlist("scope"),
            password=form.get("password", ""),
            days=read_number(form, "days") or 0,
            by=by,
            now=now,
        )
        return _render_page(request, made=text)
    if do == "revoke":
        api_tokens.revoke_token(read_number(form, "token") or 0, email=user.email, by=by, now=now)
        messages.success(request, "The token is revoked.")
        return redirect("desk:account")
    if do == "calendar":
        token = calendar_links.create_link(user.email, by=by, now=now)
        return _render_page(request, calendar=settings.CONFIG.base_url + reverse("desk:calendar-feed", args=[token]))
    if do == "end-calendar":
        calendar_links.revoke_link(user.email, by=by, now=now)
        messages.success(request, "The link of your calendar is revoked.")
        return redirect("desk:account")
    if do == "language":
        users.set_own_language(user.email, form.get("language", ""), by=by, now=now)
        return redirect("desk:account")
    raise BadInput("The form has no known action.")


def _render_page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    user: Any = request.user
    now = clock.now()
    on = second_factor.is_on(user)
    begun = None if on else second_factor.find_pending_enrolment(user)
    drawn = _draw_qr_code(begun.address) if begun else ""
    shown = {
        "on": on,
        "begun": begun,
        "drawn": drawn,
        "tokens": [(each, each.expires_at and each.expires_at <= now) for each in api_tokens.list_tokens(user.email)],
        "calendar_since": calendar_links.find_created_at(user),
        "languages": settings.LANGUAGES,
        "scopes": tuple(TokenScope),
        "longest_life": api_tokens.LONGEST_LIFE,
        "typed": request.POST,  # what is not a secret is kept when something was refused
        "typed_scopes": request.POST.getlist("scope"),
    }
    return render(request, "pages/account.html", shown | context, status=status)


def _draw_qr_code(address: str) -> SafeString:
    """The QR code for an authenticator app, drawn here so that the key reaches no other server."""
    svg: str = qrcode.make(address, image_factory=SvgPathImage, border=2).to_string(encoding="unicode")
    return mark_safe(svg)  # noqa: S308  of our own drawing
