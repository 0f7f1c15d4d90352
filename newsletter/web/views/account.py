"""A user's own account: language, password, sign-in with a code, API tokens, and the link of their calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import qrcode
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from qrcode.image.svg import SvgPathImage

from newsletter.accounts import api_tokens, calendar_links, second_factor, users
from newsletter.kernel import clock
from newsletter.web.access import desk_view, get_actor, get_actor_email
from newsletter.web.fields import read_act
from newsletter.web.forms import account
from newsletter.web.forms.base import DeskForm, keep_sent

_FORMS: Mapping[str, type[DeskForm]] = {
    "language_form": account.LanguageForm,
    "password_form": account.PasswordForm,
    "begin_form": account.BeginCodeForm,
    "code_form": account.FirstCodeForm,
    "end_form": account.EndCodeForm,
    "token_form": account.TokenForm,
    "revoke_form": account.RevokeTokenForm,
    "calendar_form": account.CalendarForm,
}


@sensitive_post_parameters("code", "password", "old_password", "new_password")
@desk_view(None, methods=("GET", "POST"))
def show_account(request: HttpRequest) -> HttpResponse:
    """Shows language, password, sign-in with a code, tokens and calendar; POST changes one of them."""
    if request.method != "POST":
        return _render_page(request)
    form_class, act = read_act(request.POST, _ACTS)
    form = form_class(request.POST)
    if form.is_valid():
        with form.show_refusals():
            shown_once = act(request, form.cleaned_data)
            return _render_page(request, **shown_once) if shown_once else redirect("desk:account")
    return _render_page(request, form)


def _choose_language(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    users.set_own_language(get_actor_email(request), given["language"], by=get_actor(request), now=clock.now())
    return {}


def _change_password(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    user: Any = request.user  # signed in: `desk_view` has seen to it
    users.change_own_password(
        user.email, given["old_password"], given["new_password"], by=get_actor(request), now=clock.now()
    )
    user.refresh_from_db()
    update_session_auth_hash(request, user)  # this session stays, under a new key
    messages.success(request, _("Your password is changed. Other sessions have ended, and tokens are revoked."))
    return {}


def _begin_code(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    second_factor.begin_enrolment(get_actor_email(request), given["password"], by=get_actor(request), now=clock.now())
    return {}


def _confirm_code(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    codes = second_factor.confirm_enrolment(
        get_actor_email(request), given["code"], by=get_actor(request), now=clock.now()
    )
    return {"codes": codes}


def _end_code(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    second_factor.turn_off(get_actor_email(request), given["password"], by=get_actor(request), now=clock.now())
    messages.success(request, _("Sign-in with a code is off."))
    return {}


def _create_token(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    _token, text = api_tokens.create_token(
        get_actor_email(request),
        given["name"],
        scopes=given["scope"],
        password=given["password"],
        days=given["days"],
        by=get_actor(request),
        now=clock.now(),
    )
    return {"made": text}


def _revoke_token(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    api_tokens.revoke_token(given["token"], email=get_actor_email(request), by=get_actor(request), now=clock.now())
    messages.success(request, _("The token is revoked."))
    return {}


def _create_calendar_link(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    token = calendar_links.create_link(get_actor_email(request), by=get_actor(request), now=clock.now())
    return {"calendar": settings.CONFIG.base_url + reverse("desk:calendar-feed", args=[token])}


def _revoke_calendar_link(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    calendar_links.revoke_link(get_actor_email(request), by=get_actor(request), now=clock.now())
    messages.success(request, _("The link of your calendar is revoked."))
    return {}


# Each gives what is shown this once, if there is anything.
_ACTS: Mapping[str, tuple[type[DeskForm], Callable[[HttpRequest, Mapping[str, Any]], dict[str, Any]]]] = {
    "language": (account.LanguageForm, _choose_language),
    "password": (account.PasswordForm, _change_password),
    "begin": (account.BeginCodeForm, _begin_code),
    "confirm": (account.FirstCodeForm, _confirm_code),
    "off": (account.EndCodeForm, _end_code),
    "token": (account.TokenForm, _create_token),
    "revoke": (account.RevokeTokenForm, _revoke_token),
    "calendar": (account.CalendarForm, _create_calendar_link),
    "end-calendar": (account.CalendarForm, _revoke_calendar_link),
}


def _render_page(request: HttpRequest, sent: DeskForm | None = None, **shown_once: Any) -> HttpResponse:
    user: Any = request.user
    now = clock.now()
    on = second_factor.is_on(user)
    begun = None if on else second_factor.find_pending_enrolment(user)
    context = {
        "on": on,
        "begun": begun,
        "drawn": _draw_qr_code(begun.address) if begun else "",
        "tokens": [(each, each.expires_at and each.expires_at <= now) for each in api_tokens.list_tokens(user.email)],
        "calendar_since": calendar_links.find_created_at(user),
        **{name: keep_sent(sent, form_class) for name, form_class in _FORMS.items()},
        **shown_once,
    }
    context["language_form"].initial = {"language": user.language}
    return render(request, "pages/account.html", context, status=sent.status if sent else 200)


def _draw_qr_code(address: str) -> SafeString:
    """The QR code for an authenticator app, drawn here so that the key reaches no other server."""
    svg: str = qrcode.make(address, image_factory=SvgPathImage, border=2).to_string(encoding="unicode")
    return mark_safe(svg)  # noqa: S308  of our own drawing
