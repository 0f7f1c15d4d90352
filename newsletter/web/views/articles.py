"""One article in the pool: standing, tags, the days it may run, notes. Every change returns the pool."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.curator.articles import triage
from newsletter.curator.articles.states import ArticleStanding
from newsletter.curator.editions import edition_lookup
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput
from newsletter.web.access import desk_view, get_actor_email, record_audit, require_permission
from newsletter.web.fields import read_number
from newsletter.web.views.board import build_pool_context, read_pool_filter


@desk_view(Verb.EDIT, methods=("POST",))
def edit_article(request: HttpRequest, edition_id: int, article_id: int) -> HttpResponse:
    """Changes what the desk says about an article, for who may edit the edition it is looked at for."""
    edition = edition_lookup.get_edition(edition_id)
    require_permission(request, Verb.EDIT, edition.newsletter_id)
    verb = _act(request, article_id)
    record_audit(request, verb, f"article {article_id}", newsletter_id=edition.newsletter_id)
    if not request.headers.get("HX-Request"):
        return redirect("board", edition_id)
    return render(
        request, "fragments/pool.html", build_pool_context(edition, read_pool_filter(request)) | {"opened": article_id}
    )


def _act(request: HttpRequest, article_id: int) -> str:
    """Does what the button says; returns the verb for the audit log. Raises BadInput for a button that is none."""
    who = get_actor_email(request)
    version = read_number(request.POST, "version")
    match request.POST.get("do", ""):
        case ArticleStanding.NEW | ArticleStanding.SHORTLISTED | ArticleStanding.IGNORED as standing:
            triage.set_standing(article_id, standing, by=who, version=version)
            return f"marked {standing}"
        case "tags":
            triage.set_tags(article_id, request.POST.get("tags", "").split(","), by=who, version=version)
            return "tagged"
        case "days":
            first, last = _read_day(request, "from"), _read_day(request, "until")
            triage.set_eligible_dates(article_id, first=first, last=last, by=who, version=version)
            return "set days of"
        case "note":
            triage.add_note(article_id, request.POST.get("note", ""), by=who, now=clock.now())
            return "noted"
    raise BadInput("There is no such action.", "do")


def _read_day(request: HttpRequest, name: str) -> date | None:
    text = request.POST.get(name, "").strip()
    return clock.parse_day(text, name) if text else None
