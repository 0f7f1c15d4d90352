"""A user's own account: sign-in with a code, and API tokens."""

from __future__ import annotations

from typing import Any

import qrcode
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from qrcode.image.svg import SvgPathImage

from newsletter.accounts import api_tokens, second_factor
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.web.access import desk_view, record_audit
from newsletter.web.fields import read_number


@sensitive_post_parameters("code", "password")
@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_account(request: HttpRequest) -> HttpResponse:
    """Shows whether a code is asked for at sign-in; POST sets that up, confirms it or turns it off."""
    if request.method == "POST":
        try:
            return _act(request)
        except NewsletterError as error:
            return _render_page(request, error=str(error), status=error.http_status)
    return _render_page(request)


def _act(request: HttpRequest) -> HttpResponse:
    user: Any = request.user  # signed in: `desk` has seen to it
    do = request.POST.get("do", "")
    if do == "begin":
        second_factor.begin_enrolment(user)
        return redirect("account")
    if do == "confirm":
        codes = second_factor.confirm_enrolment(user, request.POST.get("code", ""))
        record_audit(request, "turned on sign-in with a code", user.email)
        return _render_page(request, codes=codes)
    if do == "off":
        if not user.check_password(request.POST.get("password", "")):
            raise BadInput("The password is wrong, so nothing was changed.", "password")
        second_factor.turn_off(user)
        record_audit(request, "turned off sign-in with a code", user.email)
        messages.success(request, "Sign-in with a code is off.")
        return redirect("account")
    if do == "token":
        token, text = api_tokens.create_token(user.email, request.POST.get("name", ""), now=clock.now())
        record_audit(request, "made token", user.email, detail=token.name)
        return _render_page(request, made=text)
    if do == "revoke":
        token_id = read_number(request.POST, "token") or 0
        api_tokens.revoke_token(token_id, email=user.email)
        record_audit(request, "revoked token", user.email, detail=str(token_id))
        messages.success(request, "The token is revoked.")
        return redirect("account")
    raise BadInput("The form has no known action.")


def _render_page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    user: Any = request.user
    on = second_factor.is_on(user)
    begun = None if on else second_factor.find_pending_enrolment(user)
    drawn = _draw_qr_code(begun.address) if begun else ""
    shown = {"on": on, "begun": begun, "drawn": drawn, "tokens": api_tokens.list_tokens(user.email)}
    return render(request, "pages/account.html", shown | context, status=status)


def _draw_qr_code(address: str) -> SafeString:
    """The QR code for an authenticator app, drawn here so that the key reaches no other server."""
    svg: str = qrcode.make(address, image_factory=SvgPathImage, border=2).to_string(encoding="unicode")
    return mark_safe(svg)  # noqa: S308  of our own drawing
