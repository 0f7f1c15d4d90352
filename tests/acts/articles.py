"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from newsletter.curator.articles import intake, sources, triage
from newsletter.curator.articles.extraction.extracted_article import ExtractedArticle
from newsletter.fetching import FetchResponse
from newsletter.kernel.actors import Actor
from tests.actors import SYSTEM
from tests.acts import Act, Prepare, World

TEXT = (
    "The ferry reaches the mill after nine quiet years\n\n"
    "The ferry came up the river on Monday, and the council voted to keep it there until the spring. Nobody had "
    "expected so many people to care about it, said the clerk.\n"
)
PAGE = f"<html><head><title>The ferry</title></head><body><h1>The ferry</h1><p>{TEXT}</p></body></html>".encode()
FEED = "https://echo.example.org/rss"


def add_article(world: World, url: str = "https://paper.example.org/ferry") -> int:
    """An article of the pool."""
    return intake.add_article_from_paste(TEXT, url=url, by=SYSTEM, now=world.now).article.id


def _fetch(url: str, **terms: Any) -> FetchResponse:
    return FetchResponse(url=url, status=200, body=PAGE, content_type="text/html")


def _with_article(act: Callable[[World, int, Actor], object]) -> Prepare:
    def prepare(world: World) -> Act:
        article_id = add_article(world)
        return lambda by: act(world, article_id, by)

    return prepare


def _add_from_page(world: World) -> Act:
    return lambda by: intake.add_article_from_page("https://paper.example.org/a", fetch=_fetch, by=by, now=world.now)


def _add_from_html(world: World) -> Act:
    return lambda by: intake.add_article_from_html(PAGE, url="", base_file=None, fetch=_fetch, by=by, now=world.now)


def _add_from_paste(world: World) -> Act:
    return lambda by: intake.add_article_from_paste(TEXT, by=by, now=world.now)


def _add_from_fields(world: World) -> Act:
    given = ExtractedArticle(title="The ferry", text=TEXT)
    return lambda by: intake.add_article_from_fields(given, url="", fetch=_fetch, by=by, now=world.now)


def _add_source(world: World) -> Act:
    return lambda by: sources.add_source(FEED, by=by, now=world.now)


def _remove_source(world: World) -> Act:
    source = sources.add_source(FEED, by=SYSTEM, now=world.now)
    return lambda by: sources.remove_source(source.id, by=by, now=world.now)


def _import_sources(world: World) -> Act:
    opml = f'<opml version="2.0"><body><outline xmlUrl="{FEED}"/></body></opml>'.encode()
    return lambda by: sources.import_sources(opml, name="feeds.opml", by=by, now=world.now)


ACTS: dict[str, Prepare] = {
    "newsletter.curator.articles.intake.add_article_from_page": _add_from_page,
    "newsletter.curator.articles.intake.add_article_from_html": _add_from_html,
    "newsletter.curator.articles.intake.add_article_from_paste": _add_from_paste,
    "newsletter.curator.articles.intake.add_article_from_fields": _add_from_fields,
    "newsletter.curator.articles.sources.add_source": _add_source,
    "newsletter.curator.articles.sources.remove_source": _remove_source,
    "newsletter.curator.articles.sources.import_sources": _import_sources,
    "newsletter.curator.articles.triage.set_standing": _with_article(
        lambda world, article_id, by: triage.set_standing(article_id, "ignored", seen=None, by=by, now=world.now)
    ),
    "newsletter.curator.articles.triage.set_tags": _with_article(
        lambda world, article_id, by: triage.set_tags(article_id, ["rivers"], seen=None, by=by, now=world.now)
    ),
    "newsletter.curator.articles.triage.set_eligible_dates": _with_article(
        lambda world, article_id, by: triage.set_eligible_dates(
            article_id, first=world.now.date(), last=None, seen=None, by=by, now=world.now
        )
    ),
    "newsletter.curator.articles.triage.add_note": _with_article(
        lambda world, article_id, by: triage.add_note(article_id, "Call first.", by=by, now=world.now)
    ),
}
