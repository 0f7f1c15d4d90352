"""The pool of an edition as its board shows it, read anew."""

from __future__ import annotations

from datetime import datetime

from newsletter.catalog import newsletters
from newsletter.curator.editions import edition_lookup, pool
from newsletter.curator.editions.pool import PAGE_SIZE, PoolFilter, PoolScope
from newsletter.curator.editions.values import PoolArticle

EVERYTHING = PoolFilter()


def read_scope(edition_id: int, now: datetime) -> PoolScope:
    edition = edition_lookup.get_edition(edition_id)
    return pool.find_scope(edition, newsletters.get_newsletter(edition.newsletter_id), now=now)


def read_pool(
    edition_id: int, filters: PoolFilter = EVERYTHING, *, limit: int = PAGE_SIZE, now: datetime
) -> tuple[PoolArticle, ...]:
    return pool.list_pool(read_scope(edition_id, now), filters, limit=limit)
