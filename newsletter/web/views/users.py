"""People: who works here and what each may do."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.accounts import users
from newsletter.accounts.permissions import ROLES
from newsletter.catalog.newsletters import get_newsletter_by_slug, list_newsletters
from newsletter.kernel.errors import NewsletterError
from newsletter.web.access import desk_view, record_audit


@desk_view("people", methods=("GET", "POST"), house=True)
def show_users(request: HttpRequest) -> HttpResponse:
    """Everybody and their rights; POST gives a role or takes it away."""
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
        (p, ", ".join(f"{role} ({names[n] if n else 'the house'})" for n, role in p.roles) or "nothing")
        for p in users.list_users()
    ]
    return render(request, "pages/people.html", {"people": rows, "roles": [*ROLES, "none"], "newsletters": newsletters})
