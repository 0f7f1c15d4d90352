"""The list of feeds: adding, removing, and what is no address of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.curator.articles import article_lookup, polling, sources
from newsletter.kernel.errors import BadInput, NotFound, Refused
from tests.actors import SYSTEM
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
FEED = "https://paper.example.org/rss"
Text = Callable[..., str]


def test_a_feed_is_added_due_at_once(now: datetime) -> None:
    source = sources.add_source(f"  {FEED} ", now=now, by=SYSTEM)
    assert (source.url, source.next_at, source.is_file) == (FEED, now, False)


@pytest.mark.parametrize("url", ["", "paper.example.org/rss", "ftp://paper.example.org", "https://" + "x" * 2000])
def test_what_is_no_address_is_refused(now: datetime, url: str) -> None:
    with pytest.raises(BadInput, match="https://") as refused:
        sources.add_source(url, now=now, by=SYSTEM)
    assert refused.value.field == "url"


def test_a_feed_is_added_once(now: datetime) -> None:
    sources.add_source(FEED, now=now, by=SYSTEM)
    with pytest.raises(Refused, match="already"):
        sources.add_source(FEED, now=now, by=SYSTEM)


def test_removing_a_feed_keeps_its_articles(now: datetime, web: Any, feed_of: Text, entry: Text) -> None:
    source = sources.add_source(FEED, now=now, by=SYSTEM)
    web.serve(FEED, feed_of(entry("Stays")))
    polling.fetch_sources(now=now, fetch=web)
    sources.remove_source(source.id, by=SYSTEM, now=NOW)
    assert article_lookup.list_sources() == ()
    assert [article.source_id for article in article_lookup.list_articles()] == [None]


def test_a_feed_that_is_not_there_is_named(now: datetime, web: Any) -> None:
    with pytest.raises(NotFound, match="998, 999"):
        polling.fetch_sources(now=now, fetch=web, ids=[998, 999])
    with pytest.raises(NotFound, match="There is no feed"):
        sources.remove_source(999, by=SYSTEM, now=NOW)
