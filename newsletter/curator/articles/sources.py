"""Feeds: adding them, and reading those whose time has come."""

from __future__ import annotations

from datetime import datetime

from newsletter.curator.articles import article_lookup, models, opml
from newsletter.curator.articles.values import Source
from newsletter.kernel.errors import BadInput, NotFound, Refused


def add_source(url: str, *, now: datetime, title: str = "") -> Source:
    """Adds a feed; it is read at the next opportunity. Raises BadInput for a bad address, Refused when known."""
    address = url.strip()
    if not address.startswith(("http://", "https://", "file:")) or len(address) > 2000:
        raise BadInput(f"“{url}” is not a web address: it must begin with https://.", "url")
    if models.Source.objects.filter(url=address).exists():
        raise Refused(f"{address} is among the feeds already.")
    return article_lookup.to_source(
        models.Source.objects.create(url=address, title=title.strip()[:300], added_at=now, next_at=now)
    )


def remove_source(source_id: int) -> None:
    """Forgets a feed; its articles stay. Raises NotFound."""
    if not models.Source.objects.filter(id=source_id).delete()[0]:
        raise NotFound(f"There is no feed {source_id}. See them all with: newsletter feeds list")


def import_sources(data: bytes, *, now: datetime) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Adds the new feeds of an OPML file. Returns them, and what is wrong with the rest. Raises BadInput."""
    new: list[Source] = []
    problems: list[str] = []
    for outline in opml.parse_opml(data):
        try:
            new.append(add_source(outline.url, title=outline.title, now=now))
        except Refused:
            pass  # it is among them already
        except BadInput as error:
            problems.append(str(error))
    return tuple(new), tuple(problems)


def export_sources(*, now: datetime) -> str:
    """All feeds on the web as an OPML file."""
    rows = models.Source.objects.exclude(url__startswith="file:").order_by("title", "url")
    return opml.build_opml(
        [opml.Outline(row.url, row.title, row.homepage) for row in rows], title="Sources of our newsletters", now=now
    )
