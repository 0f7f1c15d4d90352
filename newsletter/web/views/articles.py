"""One article in the pool: standing, tags, the days it may run, notes. Every change returns the pool."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from newsletter.curator.articles import triage
from newsletter.curator.articles.states import ArticleStanding
from newsletter.curator.editions import edition_lookup
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput
from newsletter.web.access import desk_view, get_actor, require_permission
from newsletter.web.fields import require_seen
from newsletter.web.views.board import render_pool


@desk_view(Verb.EDIT, methods=("POST",))
def edit_article(request: HttpRequest, edition_id: int, article_id: int) -> HttpResponse:
    """Changes what the desk says about an article, for who may edit the edition it is looked at for."""
    edition = edition_lookup.get_edition(edition_id)
    require_permission(request, Verb.EDIT, edition.newsletter_id)
    _act(request, article_id)
    if not request.headers.get("HX-Request"):
        return redirect("desk:board", edition_id)
    return render_pool(request, edition, opened=article_id)


def _act(request: HttpRequest, article_id: int) -> None:
    """Does what the button says. Raises BadInput for a button that is none, Conflict for what changed meanwhile."""
    by, now = get_actor(request), clock.now()
    match request.POST.get("do", ""):
        case ArticleStanding.NEW | ArticleStanding.SHORTLISTED | ArticleStanding.IGNORED as standing:
            triage.set_standing(article_id, standing, seen=require_seen(request.POST, "standing"), by=by, now=now)
        case "tags":
            tags, seen = request.POST.get("tags", ""), require_seen(request.POST, "tags")
            triage.set_tags(article_id, tags.split(","), seen=seen.split(","), by=by, now=now)
        case "days":
            first, last = (
                _read_day(request.POST.get("from", ""), "from"),
                _read_day(request.POST.get("until", ""), "until"),
            )
            dates = tuple(_read_day(require_seen(request.POST, name), name) for name in ("from", "until"))
            triage.set_eligible_dates(article_id, first=first, last=last, seen=(dates[0], dates[1]), by=by, now=now)
        case "note":
            triage.add_note(article_id, request.POST.get("note", ""), by=by, now=now)
        case _:
            raise BadInput("There is no such action.", "do")


def _read_day(text: str, name: str) -> date | None:
    return clock.parse_day(text.strip(), name) if text.strip() else None
