"""Looking up editions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import approval, edition_lookup, editions, picks
from newsletter.curator.editions.values import Edition
from newsletter.kernel.errors import NotFound
from tests.actors import SYSTEM

AddArticle = Callable[..., Article]
ADA = SystemActor("ada@example.com")


def test_editions_are_found_by_newsletter_day_and_state(
    newsletter: Newsletter, edition: Edition, now: datetime
) -> None:
    later = editions.create_edition(newsletter.id, edition.date + timedelta(days=1), now=now, by=ADA)
    approval.skip(later.id, reason="A holiday", by=ADA, now=now, content_hash=None)
    assert [each.id for each in edition_lookup.list_editions(newsletter.id)] == [later.id, edition.id]
    assert [each.id for each in edition_lookup.list_editions(newsletter_ids=[newsletter.id], states=["open"])] == [
        edition.id
    ]
    assert edition_lookup.list_editions(newsletter_ids=[]) == ()
    assert edition_lookup.find_edition(newsletter.id, edition.date) == edition_lookup.get_edition(edition.id)
    assert edition_lookup.find_edition(newsletter.id, date(2020, 1, 1)) is None
    with pytest.raises(NotFound, match="editions list"):
        edition_lookup.get_edition(999)


def test_a_list_of_editions_costs_the_same_however_long(
    newsletter: Newsletter, add_article: AddArticle, now: datetime, django_assert_max_num_queries: Any
) -> None:
    article = add_article("Funicular reopens")
    for days in range(8):
        made = editions.create_edition(newsletter.id, date(2026, 12, 1) + timedelta(days=days), now=now, by=ADA)
        picks.add_pick(made.id, article.id, reason="It ran, and runs.", now=now, by=SYSTEM)
    with django_assert_max_num_queries(6):
        assert len(edition_lookup.list_editions(newsletter.id)) == 8
