"""Feeds: adding them, and reading those whose time has come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletter.curator.articles import article_lookup, models, opml, resources
from newsletter.curator.articles.values import Source
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.kernel.text import clean_name


def add_source(url: str, *, title: str = "", by: Actor, now: datetime) -> Source:
    """Adds a feed; it is read at the next opportunity. Raises BadInput for a bad address, Refused when known."""
    require_right(by, Verb.EDIT)
    with transaction.atomic():
        source = _add_source(url, title, now)
        by.record(ActionRecord("added feed", source.url[:200], now))
    return source


def _add_source(url: str, title: str, now: datetime) -> Source:
    address = url.strip()
    if not address.startswith("file:") or len(address) > 2000:
        address = resources.check_web_address(address)
    if models.Source.objects.filter(url=address).exists():
        raise Refused(f"{address} is among the feeds already.")
    return article_lookup.to_source(
        models.Source.objects.create(url=address, title=clean_name(title)[:300], added_at=now, next_at=now)
    )


def remove_source(source_id: int, *, by: Actor, now: datetime) -> None:
    """Forgets a feed; its articles stay. Raises NotFound."""
    require_right(by, Verb.EDIT)
    with transaction.atomic():
        row = models.Source.objects.filter(id=source_id).first()
        if row is None or not models.Source.objects.filter(id=source_id).delete()[0]:
            raise NotFound(f"There is no feed {source_id}.", command_hint="See them all with: newsletter feeds list")
        by.record(ActionRecord("removed feed", str(source_id), now, before={"url": row.url, "title": row.title}))


def import_sources(
    data: bytes, *, name: str = "", by: Actor, now: datetime
) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Adds the new feeds of an OPML file called `name`. Returns them, and what is wrong with the rest.

    Raises BadInput for what is no such file.
    """
    require_right(by, Verb.EDIT)
    new: list[Source] = []
    problems: list[str] = []
    with transaction.atomic():
        for outline in opml.parse_opml(data):
            try:
                new.append(_add_source(outline.url, outline.title, now))
            except Refused:
                pass  # it is among them already
            except BadInput as error:
                problems.append(str(error))
        if new:
            added = {"urls": [each.url for each in new]}
            by.record(ActionRecord("imported feeds", name[:100] or "OPML", now, detail=f"{len(new)} new", after=added))
    return tuple(new), tuple(problems)


def export_sources(*, now: datetime) -> str:
    """All feeds on the web as an OPML file."""
    rows = models.Source.objects.exclude(url__startswith="file:").order_by("title", "url")
    return opml.build_opml(
        [opml.Outline(row.url, row.title, row.homepage) for row in rows], title="Sources of our newsletters", now=now
    )
