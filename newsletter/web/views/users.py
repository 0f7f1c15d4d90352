"""Users of the desk and their roles."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.accounts import users
from newsletter.accounts.roles import RoleName
from newsletter.catalog.newsletters import get_newsletter_by_slug, list_newsletters
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NewsletterError
from newsletter.web.access import desk_view, record_audit


@desk_view(Verb.USERS, methods=("GET", "POST"), newsroom_wide=True)
def show_users(request: HttpRequest) -> HttpResponse:
    """All users with their roles; POST gives a role or removes it."""
    newsletters = list_newsletters()
    if request.method == "POST":
        slug = request.POST.get("newsletter", "")
        try:
            target = get_newsletter_by_slug(slug).id if slug else None
            person = users.set_role(request.POST.get("email", ""), request.POST.get("role", ""), newsletter_id=target)
            record_audit(request, "gave role", person.email, newsletter_id=target, detail=request.POST.get("role", ""))
            messages.success(request, f"{person.email}: saved.")
        except NewsletterError as error:
            messages.error(request, str(error))
        return redirect("people")
    names = {each.id: each.name for each in newsletters}
    rows = [
        (user, ", ".join(f"{role.label} ({names[n] if n else 'all newsletters'})" for n, role in user.roles))
        for user in users.list_users()
    ]
    roles = [*((role.value, role.label) for role in RoleName), (users.NO_ROLE, "None")]
    return render(request, "pages/users.html", {"people": rows, "roles": roles, "newsletters": newsletters})
