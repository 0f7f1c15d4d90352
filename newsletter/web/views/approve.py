"""Reading an edition and approving it on a phone, where a notification leads: one mail, its findings, one button.

Opening the page changes nothing, however often scanners follow the link. What is approved is what the page showed.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from newsletter.checks import preflight
from newsletter.curator.editions import approval, editions
from newsletter.delivery.reports import edition_status
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.scheduling import occurrences
from newsletter.web.access import desk_view, get_actor, require_permission
from newsletter.web.forms.review import ApprovalForm


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_approval(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Shows the mail as it is, and what was found; POST approves it as the page showed it."""
    newsletter_id = editions.get_newsletter_id(edition_id)
    if request.method != "POST":
        require_permission(request, Verb.VIEW, newsletter_id)
        return _render_page(request, edition_id)
    require_permission(request, Verb.APPROVE, newsletter_id)
    form, by, now = ApprovalForm(request.POST), get_actor(request), clock.now()
    if form.is_valid():
        with form.show_refusals():
            content_hash = form.cleaned_data["content_hash"]
            if preflight.approve_edition(edition_id, content_hash=content_hash, by=by, now=now):
                messages.success(request, _("Approved. It is frozen: what you read is what will be sent."))
            else:
                messages.success(request, _("Approved by you. A second person must approve it as well."))
            return redirect("desk:approve", edition_id)
    return _render_page(request, edition_id, form)


def _render_page(request: HttpRequest, edition_id: int, sent: ApprovalForm | None = None) -> HttpResponse:
    checked = preflight.inspect_edition(edition_id, now=clock.now())
    edition, seen = checked.edition, request.GET.get("seen", "")
    context = {
        "edition": edition,
        "newsletter": checked.newsletter,
        "status": edition_status.get_edition_status(edition),
        "content_hash": checked.content_hash,
        "has_changed": bool(seen) and seen != checked.content_hash and sent is None,
        "findings": [each for each in checked.findings if each.blocks or each.warns],
        "blocked": checked.blocked,
        "may_approve": get_actor(request).may(Verb.APPROVE, newsletter_id=edition.newsletter_id),
        "first_approver": approval.find_first_approver(edition_id),
        "due_at": occurrences.find_planned_instant(edition),
        "form": sent,
    }
    return render(request, "pages/approve.html", context, status=sent.status if sent else 200)
