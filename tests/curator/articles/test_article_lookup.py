"""Looking up articles and feeds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.curator.articles import article_lookup
from newsletter.curator.articles.models import Article, Source
from newsletter.curator.articles.states import ArticleStanding, SourceState
from newsletter.curator.articles.values import ArticleFilter, SourceFilter
from newsletter.kernel.errors import NotFound

pytestmark = pytest.mark.django_db


def test_articles_are_found_by_words_of_headline_standfirst_and_publisher(add_article: Callable[..., Any]) -> None:
    add_article("Mast to come down", dek="After ninety years.", publisher="The Fellside Paper")
    add_article("Otters return", dek="To the mill race.", publisher="Valley News")
    assert [a.title for a in article_lookup.list_articles(query="OTTERS mill")] == ["Otters return"]
    assert [a.title for a in article_lookup.list_articles(query="fellside ninety")] == ["Mast to come down"]
    assert article_lookup.list_articles(query="otters ninety") == ()
    assert article_lookup.list_articles(query="100%") == ()


def test_an_article_that_is_not_there_is_named(db: None) -> None:
    with pytest.raises(NotFound, match="999"):
        article_lookup.get_article(999)


def test_rows_of_articles_go_on_behind_one_and_reach_the_first(add_article: Callable[..., Any]) -> None:
    made = [add_article(f"Story number {n}").id for n in range(5)]  # all of the same instant
    for wanted in (
        ArticleFilter(),
        ArticleFilter(text="story"),
        ArticleFilter(text="story", standing=ArticleStanding.NEW),
    ):
        found: list[int] = []
        while rows := article_lookup.list_article_rows(wanted, limit=2, after=found[-1] if found else 0):
            found += [each.id for each in rows]
        assert found == made[::-1]


def test_rows_of_articles_are_found_by_words_standing_and_time(add_article: Callable[..., Any], now: datetime) -> None:
    mast = add_article("Mast to come down", dek="The otters stay.")
    add_article("Ferry returns")
    Article.objects.filter(id=mast.id).update(standing="ignored", added_at=now - timedelta(days=40))

    def find(**wanted: Any) -> list[str]:
        return [each.title for each in article_lookup.list_article_rows(ArticleFilter(**wanted), limit=9)]

    assert find(text="otter") == find(standing=ArticleStanding.IGNORED) == ["Mast to come down"]
    assert find(added_between=(now - timedelta(days=41), now - timedelta(days=39))) == ["Mast to come down"]
    assert find(source_id=999) == []
    span = article_lookup.find_article_span()
    assert span is not None
    assert span[0] == now - timedelta(days=40)


def test_feeds_are_found_by_name_and_state_and_every_one_is_reached(now: datetime) -> None:
    for n in range(5):
        Source.objects.create(
            url=f"https://{n}.example.com/", title=("", "Bay", "Bay", "Ärzte", "Coast")[n], added_at=now
        )
    Source.objects.filter(title="Coast").update(error="Gone.")
    Source.objects.filter(title="Ärzte").update(fresh_at=now)
    found: list[int] = []
    while rows := article_lookup.list_source_page(SourceFilter(), limit=2, after=found[-1] if found else 0):
        found += [each.id for each in rows]
    assert sorted(found) == sorted(Source.objects.values_list("id", flat=True))

    def find(**wanted: Any) -> list[str]:
        return [each.url[8] for each in article_lookup.list_source_page(SourceFilter(**wanted), limit=9)]

    assert find(text="ärzte") == find(state=SourceState.FRESH) == ["3"]
    assert find(text="4.EXAMPLE") == find(state=SourceState.LATE) == ["4"]
    assert find(state=SourceState.NEVER) == ["0", "1", "2"]
    assert article_lookup.count_failing_sources() == 1
    assert article_lookup.get_source_health(now, found[:2]).keys() == set(found[:2])
