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
from newsletter.curator.editions.states import EditionState
from newsletter.curator.editions.values import Edition, EditionFilter
from newsletter.kernel.errors import NotFound
from newsletter.kernel.months import Month
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
    with pytest.raises(NotFound, match="There is no edition 999"):
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


def test_rows_of_a_list_go_on_behind_an_edition_and_reach_the_last(newsletter: Newsletter, now: datetime) -> None:
    made = [
        editions.create_edition(
            newsletter.id, date(2026, 12, 1) + timedelta(days=n // 2), number=n % 2 + 1, now=now, by=ADA
        ).id
        for n in (0, 1, 2, 3, 4)  # two on a day, the second of it with a number of its own
    ]
    wanted = EditionFilter([newsletter.id])
    found, after = [], 0
    while rows := edition_lookup.list_edition_rows(wanted, limit=2, after=after):
        found += [each.id for each in rows]
        after = rows[-1].id
    assert found == sorted(made, reverse=True)
    assert edition_lookup.list_edition_rows(EditionFilter([]), limit=2) == ()


def test_rows_of_a_list_are_found_by_subject_state_and_month(
    newsletter: Newsletter, edition: Edition, now: datetime
) -> None:
    later = editions.create_edition(newsletter.id, date(2026, 12, 31), now=now, by=ADA)
    editions.edit_edition(later.id, subject="Über den Fluss", seen=None, now=now, by=SYSTEM)
    approval.skip(later.id, reason="A holiday", by=ADA, now=now, content_hash=None)

    def find(**wanted: Any) -> list[int]:
        filtered = EditionFilter([newsletter.id], **wanted)
        return [each.id for each in edition_lookup.list_edition_rows(filtered, limit=9)]

    assert find(text="über") == find(text="DEN flu") == find(month=Month(2026, 12)) == [later.id]
    assert find(states=[EditionState.DRAFT]) == find(month=Month(2026, 11)) == [edition.id]
    assert find(text="%") == []
    assert edition_lookup.find_edition_span([newsletter.id]) == (edition.date, later.date)
    assert edition_lookup.find_edition_span([]) is None


def test_where_an_article_was_picked_is_known_newest_first_and_of_the_newsletters_asked_for(
    newsletter: Newsletter, add_article: AddArticle, now: datetime
) -> None:
    article, other = add_article("Funicular reopens"), add_article("Mast falls")
    made = [editions.create_edition(newsletter.id, date(2026, 12, day), now=now, by=ADA) for day in (1, 2, 3)]
    for each in made:
        picks.add_pick(each.id, article.id, reason="It ran, and runs.", now=now, by=SYSTEM)
    latest = tuple((each.id, newsletter.id, each.date) for each in reversed(made))
    for most in (2, 3, 4):
        found = edition_lookup.map_picked_in([article.id, other.id], [newsletter.id], most=most)
        assert found == {article.id: (latest[:most], 3), other.id: ((), 0)}
    assert edition_lookup.map_picked_in([article.id], [], most=2) == {article.id: ((), 0)}
