"""One article in the pool: standing, tags, the days it may run, notes. Every change returns the pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from newsletter.curator.articles import triage
from newsletter.curator.articles.states import ArticleStanding
from newsletter.curator.editions import edition_lookup
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.web.access import desk_view, get_actor, require_permission
from newsletter.web.fields import read_act
from newsletter.web.forms.articles import DaysForm, NoteForm, StandingForm, TagsForm
from newsletter.web.views.board import render_pool


@desk_view(Verb.EDIT, methods=("POST",))
def edit_article(request: HttpRequest, edition_id: int, article_id: int) -> HttpResponse:
    """Changes what the desk says about an article, for who may edit the edition it is looked at for."""
    edition = edition_lookup.get_edition(edition_id)
    require_permission(request, Verb.EDIT, edition.newsletter_id)
    read_act(request.POST, _ACTS)(request, article_id)
    if not request.headers.get("HX-Request"):
        return redirect("desk:board", edition_id)
    return render_pool(request, edition, opened=article_id)


def _set_standing(request: HttpRequest, article_id: int) -> None:
    sent = StandingForm(request.POST).require_valid()
    standing, seen = sent["do"], sent["seen_standing"]
    triage.set_standing(article_id, standing, seen=seen, by=get_actor(request), now=clock.now())


def _set_tags(request: HttpRequest, article_id: int) -> None:
    sent = TagsForm(request.POST).require_valid()
    tags, seen = sent["tags"].split(","), sent["seen_tags"].split(",")
    triage.set_tags(article_id, tags, seen=seen, by=get_actor(request), now=clock.now())


def _set_days(request: HttpRequest, article_id: int) -> None:
    sent = DaysForm(request.POST).require_valid()
    first, last, seen = sent["from"], sent["until"], (sent["seen_from"], sent["seen_until"])
    triage.set_eligible_dates(article_id, first=first, last=last, seen=seen, by=get_actor(request), now=clock.now())


def _add_note(request: HttpRequest, article_id: int) -> None:
    note = NoteForm(request.POST).require_valid()["note"]
    triage.add_note(article_id, note, by=get_actor(request), now=clock.now())


_ACTS: Mapping[str, Callable[[HttpRequest, int], None]] = {
    **dict.fromkeys((ArticleStanding.NEW, ArticleStanding.SHORTLISTED, ArticleStanding.IGNORED), _set_standing),
    "tags": _set_tags,
    "days": _set_days,
    "note": _add_note,
}
