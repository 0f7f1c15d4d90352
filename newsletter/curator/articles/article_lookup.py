"""Looks up sources and articles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Q, Subquery

from newsletter.curator.articles import models, search
from newsletter.curator.articles.states import ArticleOrigin, ArticleStanding, SourceState
from newsletter.curator.articles.values import Article, ArticleFilter, ArticleRow, Source, SourceFilter, SourceHealth
from newsletter.kernel.errors import NotFound
from newsletter.kernel.text import list_spellings


def list_sources() -> tuple[Source, ...]:
    """All feeds, by title."""
    return tuple(to_source(row) for row in models.Source.objects.order_by("title", "url"))


def list_source_page(wanted: SourceFilter, *, limit: int, after: int = 0) -> tuple[Source, ...]:
    """Feeds by title; those behind the feed `after` alone."""
    rows = models.Source.objects.order_by("title", "url", "id")
    if wanted.state is SourceState.LATE:
        rows = rows.exclude(error="")
    elif wanted.state is not None:
        rows = rows.filter(error="", fresh_at__isnull=wanted.state is SourceState.NEVER)
    if wanted.text:
        is_named = Q(url__icontains=wanted.text)
        for spelling in list_spellings(wanted.text):
            is_named |= Q(title__icontains=spelling)
        rows = rows.filter(is_named)
    last = models.Source.objects.filter(id=after).first() if after else None
    if last is not None:
        rows = rows.filter(Q(title__gt=last.title) | Q(title=last.title, url__gt=last.url))
    return tuple(to_source(row) for row in rows[:limit])


def count_failing_sources() -> int:
    """How many feeds could not be fetched the last time."""
    return models.Source.objects.exclude(error="").count()


def get_article(article_id: int) -> Article:
    """The article with this id. Raises NotFound."""
    row = models.Article.objects.filter(id=article_id).first()
    if row is None:
        raise NotFound(
            f"There is no article {article_id}.", command_hint="Search them with: newsletter articles list --query TEXT"
        )
    return to_article(row)


def list_articles(*, query: str = "", limit: int = 50) -> tuple[Article, ...]:
    """Articles by when we first saw them, newest first; `query` searches all their texts by the start of words."""
    return tuple(to_article(row) for row in search.find_articles(query).order_by("-added_at", "-id")[:limit])


def list_article_rows(wanted: ArticleFilter, *, limit: int, after: int = 0) -> tuple[ArticleRow, ...]:
    """Articles in the order in which they came, newest first; those behind the article `after` alone."""
    is_filtered = wanted != ArticleFilter(text=wanted.text)
    rows = search.find_articles(wanted.text, newest=0 if is_filtered else limit, before=after)
    if wanted.source_id is not None:
        rows = rows.filter(source_id=wanted.source_id)
    if wanted.standing is not None:
        rows = rows.filter(standing=wanted.standing)
    if wanted.added_between:
        first, end = wanted.added_between
        rows = rows.filter(added_at__gte=first, added_at__lt=end)
    if after:
        rows = rows.filter(id__lt=after)
    found = rows.select_related("source").only(
        "url", "title", "publisher", "byline", "published_at", "added_at", "standing", "picture_id", "source__title"
    )
    return tuple(
        ArticleRow(
            row.id,
            row.url,
            row.title,
            row.publisher,
            row.source.title if row.source else "",
            row.byline,
            row.published_at,
            row.added_at,
            ArticleStanding(row.standing),
            row.picture_id,
        )
        for row in found.order_by("-id")[:limit]
    )


def find_article_span() -> tuple[datetime, datetime] | None:
    """When the first and the last article came; None without any."""
    instants = models.Article.objects.values_list("added_at", flat=True)
    # Each from its end of the index: asked for both at once, a database reads all of it.
    first, last = instants.order_by("added_at").first(), instants.order_by("-added_at").first()
    return (first, last) if first and last else None


def get_source_health(now: datetime, source_ids: Collection[int] | None = None) -> Mapping[int, SourceHealth]:
    """What feeds (None: all) brought recently, by id; a feed that never brought anything is included."""
    mine = models.Article.objects.filter(source=OuterRef("pk")).order_by()
    recent = mine.filter(added_at__gt=now - timedelta(days=7)).values("source").annotate(n=Count("id")).values("n")
    newest = mine.order_by("-added_at").values("added_at")[:1]  # each asks an index of its feed alone
    rows = models.Source.objects.annotate(new=Subquery(recent), newest=Subquery(newest))
    if source_ids is not None:
        rows = rows.filter(id__in=source_ids)
    found = rows.values_list("id", "new", "newest")
    return defaultdict(SourceHealth, {source_id: SourceHealth(new or 0, newest) for source_id, new, newest in found})


def to_source(row: models.Source) -> Source:
    """The value of a row."""
    return Source(
        row.id,
        row.url,
        row.title,
        row.homepage,
        row.active,
        row.added_at,
        row.fetched_at,
        row.fresh_at,
        row.next_at,
        row.failures,
        row.error,
    )


def to_article(row: models.Article) -> Article:
    """The value of a row; deferred texts stay empty."""
    deferred = row.get_deferred_fields()
    return Article(
        id=row.id,
        source_id=row.source_id,
        origin=ArticleOrigin(row.origin),
        url=row.url,
        canonical_url=row.canonical_url,
        title=row.title,
        dek=row.dek,
        text="" if "text" in deferred else row.text,
        byline=row.byline,
        published_at=row.published_at,
        language=row.language,
        publisher=row.publisher,
        biography="" if "biography" in deferred else row.biography,
        image_url=row.image_url,
        image_alt=row.image_alt,
        image_caption=row.image_caption,
        image_credit=row.image_credit,
        picture_id=row.picture_id,
        added_at=row.added_at,
        section=row.section,
        paywalled=row.paywalled,
        standing=ArticleStanding(row.standing),
        eligible_from=row.eligible_from,
        eligible_until=row.eligible_until,
        version=row.version,
    )
