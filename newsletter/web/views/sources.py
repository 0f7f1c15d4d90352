"""Sources: the feeds and their health; adding a page or pasted text by hand."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.accounts.permissions import can
from newsletter.curator.articles import article_lookup, intake, opml
from newsletter.curator.articles.polling import fetch_sources
from newsletter.curator.articles.sources import add_source, export_sources, import_sources
from newsletter.curator.articles.states import FetchState
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError, NotAllowed
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import read_number


@desk_view(Verb.EDIT, methods=("GET", "POST"))
def show_sources(request: HttpRequest) -> HttpResponse:
    """The feeds; POST adds one. Files are read only by the command line, so only web addresses are accepted."""
    if request.method == "POST":
        try:
            url = request.POST.get("url", "").strip()
            if not url.startswith(("http://", "https://")):
                raise BadInput("A feed's address begins with https://.", "url")
            source = add_source(url, by=get_actor(request), now=clock.now())
            _fetch_now(request, [source.id])
        except NotAllowed:
            raise
        except NewsletterError as error:
            messages.error(request, str(error))
        return redirect("desk:sources")
    health = article_lookup.get_source_health(clock.now())
    sources = [(source, health[source.id]) for source in article_lookup.list_sources()]
    failing = sum(1 for source, _ in sources if source.error)
    context = {
        "sources": sources,
        "failing": failing,
        "articles": article_lookup.list_articles(limit=20),
        "may": can(request.user, Verb.EDIT),
    }
    return render(request, "pages/sources.html", context)


@desk_view(Verb.EDIT, methods=("GET", "POST"))
def exchange_opml(request: HttpRequest) -> HttpResponse:
    """All feeds as an OPML file; POST adds those of one."""
    if request.method != "POST":
        response = HttpResponse(export_sources(now=clock.now()), content_type="text/x-opml; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="feeds.opml"'
        return response
    file = request.FILES.get("file")
    try:
        if file is None:
            raise BadInput("Choose an OPML file.", "file")
        new, problems = import_sources(
            file.read(opml.LARGEST_FILE + 1), name=str(file.name), by=get_actor(request), now=clock.now()
        )
    except NotAllowed:
        raise
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("desk:sources")
    messages.success(request, f"Feeds added: {len(new)}. They are fetched within the next minutes.")
    for problem in problems[:10]:
        messages.error(request, problem)
    return redirect("desk:sources")


@desk_view(Verb.EDIT, methods=("POST",))
def fetch_source(request: HttpRequest) -> HttpResponse:
    """Fetches one feed now."""
    source_id = read_number(request.POST, "source")
    if source_id is None:
        raise BadInput("Say which feed.", "source")
    _fetch_now(request, [source_id])
    return redirect("desk:sources")


def _fetch_now(request: HttpRequest, ids: list[int]) -> None:
    web = {source.id for source in article_lookup.list_sources() if not source.is_file}
    for report in fetch_sources(
        now=clock.now(), fetch=wiring.build_fetcher(), ids=[each for each in ids if each in web]
    ):
        if report.state == FetchState.FAILED:
            messages.error(request, report.error)
        else:
            messages.success(request, f"{report.title or report.url}: {report.added} new of {report.seen}.")


@desk_view(Verb.EDIT, methods=("POST",))
def add_article(request: HttpRequest) -> HttpResponse:
    """Adds one article from a page's address or from pasted text."""
    url, text = request.POST.get("url", "").strip(), request.POST.get("text", "")
    by, now = get_actor(request), clock.now()
    try:
        if text.strip():
            added = intake.add_article_from_paste(text, url=url, html=request.POST.get("html", ""), by=by, now=now)
        elif url.startswith(("http://", "https://")):
            added = intake.add_article_from_page(url, fetch=wiring.build_fetcher(), by=by, now=now)
        else:
            raise BadInput("Give an address that begins with https://, or paste the text.", "url")
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("desk:sources")
    for warning in added.warnings:
        messages.warning(request, warning)
    messages.success(request, f"{'Added' if added.created else 'Known already'}: {added.article.title}")
    return redirect("desk:sources")
