"""Users of the desk: their roles, and whether they may sign in."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from newsletter.accounts import users
from newsletter.accounts.roles import RoleName
from newsletter.catalog.newsletters import get_newsletter_by_slug, list_newsletters
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import require_seen

_ACTS = {
    "disable": (users.disable_user, "is disabled: sessions and tokens have ended."),
    "enable": (users.enable_user, "may sign in again."),
    "remove": (users.remove_user, "is removed. What they did stays in the audit log."),
}


@desk_view(Verb.USERS, methods=("GET", "POST"), newsroom_wide=True)
def show_users(request: HttpRequest) -> HttpResponse:
    """All users with their roles; POST gives or removes a role, or disables, enables or removes a user."""
    newsletters = list_newsletters()
    if request.method == "POST":
        try:
            messages.success(request, _act(request))
        except NewsletterError as error:
            messages.error(request, str(error))
        return redirect("desk:people")
    names = {each.id: each.name for each in newsletters}
    rows = [
        (user, ", ".join(f"{role.label} ({names[n] if n else 'all newsletters'})" for n, role in user.roles))
        for user in users.list_users()
    ]
    roles = [*((role.value, role.label) for role in RoleName), (users.NO_ROLE, "None")]
    slugs: dict[int | None, str] = {None: ""} | {each.id: each.slug for each in newsletters}
    seen = {user.email: {slugs.get(n, ""): role for n, role in user.roles} for user, _ in rows}
    context = {"people": rows, "roles": roles, "newsletters": newsletters, "seen": json.dumps(seen)}
    return render(request, "pages/users.html", context)


def _act(request: HttpRequest) -> str:
    """Does what the form says; what was done, for the page."""
    form, by, now = request.POST, get_actor(request), clock.now()
    email, do = form.get("email", ""), form.get("do", "role")
    if do in _ACTS:
        change, done = _ACTS[do]
        if do == "remove" and not form.get("sure"):
            raise BadInput(f"Tick the box that says that {email} is to be removed.", "sure")
        return f"{change(email, by=by, now=now).email} {done}"
    if do != "role":
        raise BadInput("The form has no known action.")
    slug = form.get("newsletter", "")
    target = get_newsletter_by_slug(slug).id if slug else None
    seen = _read_seen_role(form, email, slug)
    person = users.set_role(email, form.get("role", ""), newsletter_id=target, seen=seen, by=by, now=now)
    return f"{person.email}: saved."


def _read_seen_role(form: QueryDict, email: str, slug: str) -> str:
    """The role that the page showed of somebody for a newsletter, or for all of them."""
    try:
        return str(json.loads(require_seen(form, "roles")).get(email, {}).get(slug, users.NO_ROLE))
    except (ValueError, AttributeError, RecursionError):
        raise BadInput("The form does not say what you saw. Load the page again.", "roles") from None
