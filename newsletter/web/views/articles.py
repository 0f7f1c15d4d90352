"""Every article there is, by search; and one in the pool: standing, tags, the days it may run, notes.

Every change of one returns the pool.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from newsletter.catalog import pictures
from newsletter.curator.articles import article_lookup, triage
from newsletter.curator.articles.states import ArticleStanding
from newsletter.curator.articles.values import ArticleFilter
from newsletter.curator.editions import edition_lookup
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.numbers import parse_whole_number
from newsletter.web.access import desk_view, get_actor, list_accessible_newsletters, require_permission
from newsletter.web.context import get_newsroom_zone
from newsletter.web.fields import read_act
from newsletter.web.forms.articles import DaysForm, NoteForm, StandingForm, TagsForm
from newsletter.web.forms.filters import PAGE, FilterForm, list_month_choices, list_state_choices
from newsletter.web.views.board import render_pool

MOST_PICKED = 5  # editions named beside an article


@desk_view(Verb.EDIT)
def show_articles(request: HttpRequest) -> HttpResponse:
    """Every article, newest first: by the words in it, its source, what the desk thinks of it, the month it came."""
    zone = get_newsroom_zone()
    filters = FilterForm(
        request.GET,
        searched=_("Words of the title or text"),
        source=[(str(each.id), each.title or each.url) for each in article_lookup.list_sources()],
        state=list_state_choices(ArticleStanding),
        month=list_month_choices(article_lookup.find_article_span(), zone),
    )
    chosen = filters.chosen
    wanted = ArticleFilter(
        parse_whole_number(chosen.get("source", "")),
        ArticleStanding(chosen["state"]) if "state" in chosen else None,
        filters.month and filters.month.to_instants(zone),
        filters.text,
    )
    page = filters.cut_page(article_lookup.list_article_rows(wanted, limit=PAGE + 1, after=filters.after))
    names = {each.id: each.name for each in list_accessible_newsletters(request)}
    picked = edition_lookup.map_picked_in([each.id for each in page.rows], names.keys(), most=MOST_PICKED)
    shown = pictures.find_pictures(each.picture_id for each in page.rows if each.picture_id)
    rows = [
        (
            each,
            shown.get(each.picture_id or 0),
            [(edition_id, names[newsletter_id], day) for edition_id, newsletter_id, day in picked[each.id].latest],
            max(0, picked[each.id].times - MOST_PICKED),
        )
        for each in page.rows
    ]
    context = {"filters": filters, "page": page, "articles": rows}
    return render(request, "pages/articles.html", context, status=filters.status)


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
