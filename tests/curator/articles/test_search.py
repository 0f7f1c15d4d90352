"""Full-text search of articles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import connection

from newsletter.curator.articles import article_lookup, search
from newsletter.curator.articles.values import Article
from newsletter.curator.editions.pool import PoolFilter
from newsletter.curator.editions.values import Edition, PoolArticle
from tests.pools import read_pool

AddArticle = Callable[..., Article]


def shown(edition: Edition, now: datetime, **wanted: str) -> dict[str, PoolArticle]:
    return {each.article.title: each for each in read_pool(edition.id, PoolFilter(**wanted), now=now)}


def test_words_are_found_in_the_whole_text_by_how_they_begin(
    edition: Edition, add_article: AddArticle, now: datetime
) -> None:
    add_article("Otters return", dek="The Gärtnerin saw them below the weir.")
    add_article("Bridge opens", publisher="Weir Gazette")
    assert set(shown(edition, now, query="weir")) == {"Otters return", "Bridge opens"}
    assert list(shown(edition, now, query="gärtn wei")) == ["Otters return"]
    assert shown(edition, now, query="eir") == {}
    assert shown(edition, now, query="“!”") == {}
    for hostile in ('"', "' OR 1=1 --", "a AND (b", "NEAR(", "*", "title:x", "x & !y", "\\"):
        shown(edition, now, query=hostile)


def test_the_index_follows_changes_and_comes_back_when_it_is_lost(add_article: AddArticle, now: datetime) -> None:
    article = add_article("Otters return")
    article_rows = lambda query: [each.id for each in article_lookup.list_articles(query=query)]  # noqa: E731
    assert article_rows("otters") == [article.id]
    if connection.vendor == "sqlite":  # changing a table copies it, and loses the triggers
        with connection.cursor() as cursor:
            for name in ("entered", "changed", "forgotten"):
                cursor.execute(f"DROP TRIGGER curator_article_{name}")
        add_article("Bridge opens")
        assert article_rows("bridge") == []
        search.create_index()
        assert len(article_rows("bridge")) == 1
    add_article("Weir opens")
    assert len(article_rows("weir")) == 1
