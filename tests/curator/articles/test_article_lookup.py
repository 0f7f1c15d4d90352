"""Looking up articles and feeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from newsletter.curator.articles import article_lookup
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
