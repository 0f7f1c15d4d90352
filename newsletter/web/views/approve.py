"""Reading an edition and approving it on a phone, where a notification leads: one mail, its findings, one button.

Opening the page changes nothing, however often scanners follow the link. What is approved is what the page showed.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.catalog import newsletters
from newsletter.checks import preflight
from newsletter.curator.editions import approval, edition_lookup
from newsletter.delivery.reports import edition_status
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NewsletterError, NotAllowed
from newsletter.scheduling import occurrences
from newsletter.web.access import desk_view, get_actor, require_permission
from newsletter.web.fields import require_content_hash


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_approval(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Shows the mail as it is, and what was found; POST approves it as the page showed it."""
    is_decision = request.method == "POST"
    wanted = Verb.APPROVE if is_decision else Verb.VIEW
    require_permission(request, wanted, edition_lookup.get_edition(edition_id).newsletter_id)
    if not is_decision:
        return _render_page(request, edition_id)
    try:
        seen = require_content_hash(request.POST)
        snapshot = preflight.approve_edition(edition_id, content_hash=seen, by=get_actor(request), now=clock.now())
    except NotAllowed:
        raise
    except NewsletterError as refusal:
        return _render_page(request, edition_id, refusal=refusal)
    done = "Approved. It is frozen: what you read is what will be sent."
    messages.success(request, done if snapshot else "Approved by you. A second person must approve it as well.")
    return redirect("desk:approve", edition_id)


def _render_page(request: HttpRequest, edition_id: int, *, refusal: NewsletterError | None = None) -> HttpResponse:
    checked = preflight.inspect_edition(edition_id, now=clock.now())
    edition, seen = checked.edition, request.GET.get("seen", "")
    context = {
        "edition": edition,
        "newsletter": newsletters.get_newsletter(edition.newsletter_id),
        "status": edition_status.get_edition_status(edition),
        "content_hash": checked.content_hash,
        "has_changed": bool(seen) and seen != checked.content_hash and refusal is None,
        "findings": [each for each in checked.findings if each.blocks or each.warns],
        "blocked": checked.blocked,
        "may_approve": get_actor(request).may(Verb.APPROVE, newsletter_id=edition.newsletter_id),
        "first_approver": approval.find_first_approver(edition_id),
        "due_at": occurrences.find_instant_of_edition(edition.id),
        "refusal": refusal,
    }
    return render(request, "pages/approve.html", context, status=refusal.http_status if refusal else 200)
