"""Users of the desk: their roles, and whether they may sign in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from newsletter.accounts import second_factor, sign_in_limits, users
from newsletter.catalog.newsletters import get_newsletter_by_slug, list_newsletters
from newsletter.catalog.values import Newsletter
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import Refused
from newsletter.kernel.sentences import phrase
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import read_act
from newsletter.web.forms.base import keep_sent
from newsletter.web.forms.users import (
    EVERYWHERE,
    AccessForm,
    DisableForm,
    NewUserForm,
    RemoveUserForm,
    ResetCodeForm,
    ResetPasswordForm,
    RoleForm,
    UserForm,
)


@desk_view(Verb.USERS, methods=("GET", "POST"), newsroom_wide=True)
def show_users(request: HttpRequest) -> HttpResponse:
    """All users with their roles; POST adds or removes a user, gives or removes a role, or changes how they sign in."""
    if request.method != "POST":
        return _render_page(request)
    form_class, act = read_act(request.POST, _ACTS, "role")
    form = form_class(request.POST, **_list_offered())
    if form.is_valid():
        with form.show_refusals():
            messages.success(request, act(request, form.cleaned_data))
            return redirect("desk:people")
    return _render_page(request, form)


def _read_newsletter(given: Mapping[str, Any]) -> str:
    """The newsletter that was chosen; "" for all."""
    return "" if given["newsletter"] == EVERYWHERE else str(given["newsletter"])


def _set_role(request: HttpRequest, given: Mapping[str, Any]) -> str:
    slug = _read_newsletter(given)
    person = users.set_role(
        given["email"],
        given["role"],
        newsletter_id=get_newsletter_by_slug(slug).id if slug else None,
        seen=given["seen_roles"],
        by=get_actor(request),
        now=clock.now(),
    )
    return _("The role of %(user)s is saved.") % {"user": person.email}


def _add(request: HttpRequest, given: Mapping[str, Any]) -> str:
    slug = _read_newsletter(given)
    person = users.create_user(
        given["email"],
        given["password"],
        name=given["name"],
        role=given["role"],
        newsletter_id=get_newsletter_by_slug(slug).id if slug else None,
        by=get_actor(request),
        now=clock.now(),
    )
    return _("%(user)s is added and may sign in.") % {"user": person.email}


def _unlock(request: HttpRequest, given: Mapping[str, Any]) -> str:
    sign_in_limits.unlock_user(given["email"], by=get_actor(request), now=clock.now())
    return _("%(user)s may try to sign in again at once.") % {"user": given["email"]}


def _disable(request: HttpRequest, given: Mapping[str, Any]) -> str:
    if given["email"].casefold() == get_actor(request).name.casefold():
        raise Refused(phrase("You would be signed out for good. Ask another administrator to disable you."))
    person = users.disable_user(given["email"], by=get_actor(request), now=clock.now())
    return _("%(user)s is disabled: sessions and tokens have ended.") % {"user": person.email}


def _enable(request: HttpRequest, given: Mapping[str, Any]) -> str:
    person = users.enable_user(given["email"], by=get_actor(request), now=clock.now())
    return _("%(user)s may sign in again.") % {"user": person.email}


def _reset_password(request: HttpRequest, given: Mapping[str, Any]) -> str:
    person = users.set_password(given["email"], given["password"], by=get_actor(request), now=clock.now())
    return _("%(user)s has the new password: sessions and tokens have ended.") % {"user": person.email}


def _reset_code(request: HttpRequest, given: Mapping[str, Any]) -> str:
    address = second_factor.reset(given["email"], by=get_actor(request), now=clock.now())
    return _("%(user)s signs in with the password alone until a code is set up again.") % {"user": address}


def _remove(request: HttpRequest, given: Mapping[str, Any]) -> str:
    person = users.remove_user(given["email"], by=get_actor(request), now=clock.now())
    return _("%(user)s is removed. What they did stays in the audit log.") % {"user": person.email}


_ACTS: Mapping[str, tuple[type[UserForm], Callable[[HttpRequest, Mapping[str, Any]], str]]] = {
    "role": (RoleForm, _set_role),
    "add": (NewUserForm, _add),
    "unlock": (AccessForm, _unlock),
    "disable": (DisableForm, _disable),
    "enable": (AccessForm, _enable),
    "password": (ResetPasswordForm, _reset_password),
    "code": (ResetCodeForm, _reset_code),
    "remove": (RemoveUserForm, _remove),
}


class Offered(TypedDict):
    """What the forms of the page choose among."""

    emails: list[str]
    newsletters: tuple[Newsletter, ...]


def _list_offered() -> Offered:
    return Offered(emails=[each.email for each in users.list_users()], newsletters=list_newsletters())


def _render_page(request: HttpRequest, sent: UserForm | None = None) -> HttpResponse:
    newsletters, people = list_newsletters(), users.list_users()
    offered = Offered(emails=[each.email for each in people], newsletters=newsletters)
    names = {None: _("all newsletters")} | {each.id: each.name for each in newsletters}
    slugs: dict[int | None, str] = {None: ""} | {each.id: each.slug for each in newsletters}
    seen = {user.email: {slugs.get(n, ""): role for n, role in user.roles} for user in people}
    context = {
        "people": [(user, [(role, names[n]) for n, role in user.roles]) for user in people],
        "seen": {"roles": json.dumps(seen)},
        "new_form": keep_sent(sent, NewUserForm, **offered),
        "role_form": keep_sent(sent, RoleForm, **offered),
        "access_form": keep_sent(sent, AccessForm, **offered),
        "me": request.user.email if request.user.is_authenticated else "",
        "password_form": keep_sent(sent, ResetPasswordForm, **offered),
        "code_form": keep_sent(sent, ResetCodeForm, **offered),
        "remove_form": keep_sent(sent, RemoveUserForm, **offered),
    }
    return render(request, "pages/users.html", context, status=sent.status if sent else 200)
