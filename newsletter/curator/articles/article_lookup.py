"""Looks up sources and articles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q

from newsletter.curator.articles import models, search
from newsletter.curator.articles.states import ArticleOrigin, ArticleStanding
from newsletter.curator.articles.values import Article, Source, SourceHealth
from newsletter.kernel.errors import NotFound


def list_sources() -> tuple[Source, ...]:
    """All feeds, by title."""
    return tuple(to_source(row) for row in models.Source.objects.order_by("title", "url"))


def get_article(article_id: int) -> Article:
    """The article with this id. Raises NotFound."""
    row = models.Article.objects.filter(id=article_id).first()
    if row is None:
        raise NotFound(f"There is no article {article_id}. Search them with: newsletter articles list --query TEXT")
    return to_article(row)


def list_articles(*, query: str = "", limit: int = 50) -> tuple[Article, ...]:
    """Articles by when we first saw them, newest first; `query` searches all their texts by the start of words."""
    return tuple(to_article(row) for row in search.find_articles(query).order_by("-added_at", "-id")[:limit])


def get_source_health(now: datetime) -> Mapping[int, SourceHealth]:
    """What each feed brought recently, by its id; a feed that never brought anything is included."""
    rows = models.Article.objects.filter(source__isnull=False).values("source_id")
    found = rows.annotate(
        new=Count("id", filter=Q(added_at__gt=now - timedelta(days=7))), newest=Max("added_at")
    ).values_list("source_id", "new", "newest")
    return defaultdict(SourceHealth, {source_id: SourceHealth(new, newest) for source_id, new, newest in found})


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
