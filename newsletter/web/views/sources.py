"""Sources: the feeds and their health; adding a page or pasted text by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from newsletter.accounts.permissions import can
from newsletter.curator.articles import article_lookup, intake, opml
from newsletter.curator.articles.polling import fetch_sources
from newsletter.curator.articles.sources import add_source, export_sources, import_sources, remove_source
from newsletter.curator.articles.states import FetchState, SourceState
from newsletter.curator.articles.values import ArticleFilter, SourceFilter
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.web.access import desk_view, get_actor
from newsletter.web.forms.base import DeskForm, keep_sent
from newsletter.web.forms.filters import PAGE, FilterForm, list_state_choices
from newsletter.web.forms.sources import ArticleForm, FeedForm, FetchForm, OpmlForm, RemoveFeedForm

LATEST_ARTICLES = 20


@desk_view(Verb.EDIT, methods=("GET", "POST"))
def show_sources(request: HttpRequest) -> HttpResponse:
    """The feeds; POST adds one. Files are read only by the command line, so only web addresses are accepted."""
    if request.method != "POST":
        return _render_sources(request)
    form = FeedForm(request.POST)
    if form.is_valid():
        with form.show_refusals():
            source = add_source(form.cleaned_data["url"], by=get_actor(request), now=clock.now())
            _fetch_now(request, source.id)
            return redirect("desk:sources")
    return _render_sources(request, form)


def _render_sources(request: HttpRequest, sent: DeskForm | None = None) -> HttpResponse:
    filters = FilterForm(
        request.GET, searched=_("Any part of the name or address"), state=list_state_choices(SourceState)
    )
    state = filters.chosen.get("state")
    wanted = SourceFilter(SourceState(state) if state else None, filters.text)
    page = filters.cut_page(article_lookup.list_source_page(wanted, limit=PAGE + 1, after=filters.after))
    health = article_lookup.get_source_health(clock.now(), [source.id for source in page.rows])
    latest = article_lookup.list_article_rows(ArticleFilter(), limit=LATEST_ARTICLES)
    context: dict[str, Any] = {
        "filters": filters,
        "page": page,
        "sources": [(source, health[source.id]) for source in page.rows],
        "failing": article_lookup.count_failing_sources(),
        "articles": latest,
        "may": can(request.user, Verb.EDIT),
        "feed_form": keep_sent(sent, FeedForm),
        "fetch_form": keep_sent(sent, FetchForm),
        "remove_form": keep_sent(sent, RemoveFeedForm),
        "opml_form": keep_sent(sent, OpmlForm),
        "article_form": keep_sent(sent, ArticleForm),
    }
    return render(request, "pages/sources.html", context, status=sent.status if sent else filters.status)


@desk_view(Verb.EDIT, methods=("GET", "POST"))
def exchange_opml(request: HttpRequest) -> HttpResponse:
    """All feeds as an OPML file; POST adds those of one."""
    if request.method != "POST":
        response = HttpResponse(export_sources(now=clock.now()), content_type="text/x-opml; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="feeds.opml"'
        return response
    form = OpmlForm(request.POST, request.FILES)
    if form.is_valid():
        with form.show_refusals():
            content, name = form.read_file(opml.LARGEST_FILE + 1)
            new, problems = import_sources(content, name=name, by=get_actor(request), now=clock.now())
            added = _("Feeds added: %(number)s. They will be fetched within a few minutes.")
            messages.success(request, added % {"number": len(new)})
            for problem in problems[:10]:
                messages.error(request, problem)
            return redirect("desk:sources")
    return _render_sources(request, form)


@desk_view(Verb.EDIT, methods=("POST",))
def fetch_source(request: HttpRequest) -> HttpResponse:
    """Fetches one feed now."""
    form = FetchForm(request.POST)
    if not form.is_valid():
        return _render_sources(request, form)
    _fetch_now(request, form.cleaned_data["source"])
    return redirect("desk:sources")


@desk_view(Verb.EDIT, methods=("POST",), newsroom_wide=True)
def remove_feed(request: HttpRequest) -> HttpResponse:
    """Removes one feed; its articles stay."""
    form = RemoveFeedForm(request.POST)
    if form.is_valid():
        with form.show_refusals():
            remove_source(form.cleaned_data["source"], by=get_actor(request), now=clock.now())
            messages.success(request, _("The feed is removed. Its articles stay."))
            return redirect("desk:sources")
    return _render_sources(request, form)


def _fetch_now(request: HttpRequest, source_id: int) -> None:
    if source_id not in {source.id for source in article_lookup.list_sources() if not source.is_file}:
        return
    for report in fetch_sources(now=clock.now(), fetch=wiring.build_fetcher(), ids=[source_id]):
        if report.state == FetchState.FAILED:
            messages.error(request, report.error)
        else:
            counts = {"feed": report.title or report.url, "new": report.added, "all": report.seen}
            messages.success(request, _("%(feed)s: %(new)s new of %(all)s.") % counts)


@desk_view(Verb.EDIT, methods=("POST",))
def add_article(request: HttpRequest) -> HttpResponse:
    """Adds one article from a page's address or from pasted text."""
    form = ArticleForm(request.POST)
    if not form.is_valid():
        return _render_sources(request, form)
    url, text, by, now = form.cleaned_data["url"], form.cleaned_data["text"], get_actor(request), clock.now()
    with form.show_refusals():
        if text:
            html = form.cleaned_data["html"]
            added = intake.add_article_from_paste(text, url=url, html=html, by=by, now=now)
        else:
            added = intake.add_article_from_page(url, fetch=wiring.build_fetcher(), by=by, now=now)
        for warning in added.warnings:
            messages.warning(request, warning)
        done = _("Added: %(title)s") if added.created else _("Already in the pool: %(title)s")
        messages.success(request, done % {"title": added.article.title})
        return redirect("desk:sources")
    return _render_sources(request, form)
