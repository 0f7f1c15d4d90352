"""What is on offer, and what ran already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import OuterRef
from django.test.utils import CaptureQueriesContext

from newsletter.accounts.actors import SystemActor
from newsletter.catalog import newsletter_settings
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import stories, triage
from newsletter.curator.articles.states import ArticleStanding
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import approval, edition_lookup, editions, models, picks, transitions
from newsletter.curator.editions.pool import PoolFilter, count_pool, list_candidates, list_pool
from newsletter.curator.editions.states import EditionState, PoolState
from newsletter.curator.editions.values import Edition, PoolArticle
from tests.actors import SYSTEM
from tests.pools import read_pool, read_scope

AddArticle = Callable[..., Article]
ADA = SystemActor("ada@example.com")


def offered(edition: Edition, now: datetime, **how: Any) -> dict[str, PoolArticle]:
    stories.group_new(now)
    return {each.article.title: each for each in read_pool(edition.id, PoolFilter(**how), now=now)}


def test_the_latest_come_first_and_those_without_a_date_last(
    edition: Edition, add_article: AddArticle, now: datetime
) -> None:
    add_article("Undated", hours_ago=None)
    add_article("Yesterday's", hours_ago=20)
    add_article("Latest", hours_ago=1)
    assert list(offered(edition, now)) == ["Latest", "Yesterday's", "Undated"]


def test_the_pool_shows_what_is_picked_by_its_number(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    for title in ("First", "Second", "Third"):
        article = add_article(title)
        if title != "Third":
            picks.add_pick(edition.id, article.id, now=now, by=SYSTEM)
    assert {title: each.pick_number for title, each in offered(edition, now).items()} == {
        "First": 1,
        "Second": 2,
        "Third": 0,
    }


def test_one_event_told_by_several_is_counted(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    event = "Funicular cable replaced after eleven weeks"
    for paper in ("Valley News", "Fellside Paper", "Upland Wire"):
        add_article(
            event,
            publisher=paper,
            dek="The funicular runs again on a new cable.",
            link=f"https://{paper[0]}.example.org/1",
        )
    add_article("Otters seen in the mill race", dek="A family of four swims below the weir.")
    counts = {title: each.articles_in_story for title, each in offered(edition, now).items()}
    assert counts == {event: 3, "Otters seen in the mill race": 1}
    shown = read_pool(edition.id, now=now)
    assert {
        (each.article.publisher, *sorted(each.other_publishers)) for each in shown if each.articles_in_story > 1
    } == {
        ("Valley News", "Fellside Paper", "Upland Wire"),
        ("Fellside Paper", "Upland Wire", "Valley News"),
        ("Upland Wire", "Fellside Paper", "Valley News"),
    }
    assert [each.other_publishers for each in shown if each.articles_in_story == 1] == [()]


def test_without_a_search_only_lately_found_articles_are_on_offer(
    edition: Edition, add_article: AddArticle, now: datetime
) -> None:
    add_article("Found last week", added=now - timedelta(days=5))
    add_article("Found today")
    assert list(offered(edition, now)) == ["Found today"]
    assert list(offered(edition, now, query="last")) == ["Found last week"]
    assert len(read_pool(edition.id, PoolFilter("found"), now=now, limit=1)) == 1


def out(newsletter: Newsletter, edition: Edition, now: datetime) -> Edition:
    """An edition of eight days before, approved then and sent."""
    earlier = editions.create_edition(newsletter.id, edition.date - timedelta(days=8), now=now, by=SYSTEM)
    at = now - timedelta(days=8)
    models.Snapshot.objects.create(edition_id=earlier.id, approved_at=at, approved_by="Ada", sha256="x", merge=[])
    models.Edition.objects.filter(id=earlier.id).update(state=EditionState.SENT)
    return earlier


def test_what_came_while_dates_were_skipped_is_still_on_offer(
    edition: Edition, newsletter: Newsletter, add_article: AddArticle, now: datetime
) -> None:
    add_article("Before the last edition", added=now - timedelta(days=9))
    add_article("While it was skipped", added=now - timedelta(days=7))
    assert list(offered(edition, now)) == []
    out(newsletter, edition, now)
    assert list(offered(edition, now)) == ["While it was skipped"]
    assert [each.title for each in list_candidates(edition, now, most=9)] == ["While it was skipped"]


def test_what_came_during_a_pause_is_not_on_offer(
    edition: Edition, newsletter: Newsletter, add_article: AddArticle, now: datetime
) -> None:
    out(newsletter, edition, now)
    add_article("Before the pause", added=now - timedelta(days=4))
    add_article("During the pause", added=now - timedelta(days=2))
    add_article("Since it goes on", added=now - timedelta(hours=2))
    newsletter_settings.stop_collecting(newsletter.id, now - timedelta(days=3))
    newsletter_settings.collect_from(newsletter.id, now - timedelta(days=1))
    assert set(offered(edition, now)) == {"Before the pause", "Since it goes on"}


def test_after_a_pause_whose_beginning_is_not_known_nothing_older_is_on_offer(
    edition: Edition, newsletter: Newsletter, add_article: AddArticle, now: datetime
) -> None:
    out(newsletter, edition, now)
    add_article("During the pause", added=now - timedelta(days=2))
    add_article("Since it goes on", added=now - timedelta(hours=2))
    newsletter_settings.collect_from(newsletter.id, now - timedelta(days=1))
    assert list(offered(edition, now)) == ["Since it goes on"]


def test_a_pause_before_the_last_edition_changes_nothing(
    edition: Edition, newsletter: Newsletter, add_article: AddArticle, now: datetime
) -> None:
    newsletter_settings.collect_from(newsletter.id, now - timedelta(days=30))
    out(newsletter, edition, now)
    add_article("While it was skipped", added=now - timedelta(days=7))
    assert list(offered(edition, now)) == ["While it was skipped"]


@pytest.fixture
def other(newsletter: Newsletter, now: datetime) -> Newsletter:
    """A second newsletter of the same newsroom."""
    return newsletter_settings.create_newsletter(
        slug="good-news",
        name="Good News",
        from_email="news@example.com",
        postal_address="4 Tarn Street, Upper Fellside",
        list_id=newsletter.list_id,
        zone="Europe/London",
        now=now,
        by=SYSTEM,
    )


def test_a_story_that_ran_says_when_and_where(
    edition: Edition, other: Newsletter, add_article: AddArticle, now: datetime
) -> None:
    article = add_article("Otters return")
    sunday = editions.create_edition(other.id, edition.date - timedelta(days=2), now=now, by=ADA)
    picks.add_pick(sunday.id, article.id, now=now, by=SYSTEM)
    assert offered(edition, now)["Otters return"].ran == "ran Sun 22 Nov in Good News"
    assert offered(sunday, now)["Otters return"].ran == ""


def test_the_same_headline_elsewhere_ran_too(
    edition: Edition, other: Newsletter, add_article: AddArticle, now: datetime
) -> None:
    ran = add_article("Otters return to the mill", link="https://valley.example.org/otters")
    add_article("“Otters” return to the MILL!", link="https://wire.example.org/9")
    monday = editions.create_edition(other.id, edition.date - timedelta(days=1), now=now, by=ADA)
    picks.add_pick(monday.id, ran.id, now=now, by=SYSTEM)
    assert all(each.ran == "ran Mon 23 Nov in Good News" for each in offered(edition, now).values())


@pytest.mark.parametrize(("days", "counts"), [(14, True), (15, False)])
def test_after_two_weeks_a_story_may_come_back(
    edition: Edition, other: Newsletter, add_article: AddArticle, now: datetime, days: int, counts: bool
) -> None:
    article = add_article("Otters return")
    earlier = editions.create_edition(other.id, edition.date - timedelta(days=days), now=now, by=ADA)
    picks.add_pick(earlier.id, article.id, now=now, by=SYSTEM)
    assert bool(offered(edition, now)["Otters return"].ran) is counts


def test_what_was_in_a_skipped_edition_did_not_run(
    edition: Edition, other: Newsletter, add_article: AddArticle, now: datetime
) -> None:
    article = add_article("Otters return")
    monday = editions.create_edition(other.id, edition.date - timedelta(days=1), now=now, by=ADA)
    picks.add_pick(monday.id, article.id, now=now, by=SYSTEM)
    approval.skip(monday.id, reason="A holiday", by=ADA, now=now, content_hash=None)
    assert offered(edition, now)["Otters return"].ran == ""


WIRE = (
    "The funicular runs again on a new cable, the operator said on Monday, eleven weeks after the old one was found "
    "to be worn. "
    "Engineers drew two thousand metres of steel rope through the tunnel by night so that the road below could stay "
    "open. "
    "Passengers of the first car at noon were given a slice of the old cable, sawn and polished, to keep on a shelf."
)


def test_wire_copy_is_known_by_its_text(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    add_article(
        "Funicular runs again on a new cable",
        publisher="Upland Wire",
        dek=WIRE,
        link="https://w.example.org/1",
        added=now - timedelta(hours=1),
    )
    add_article(
        "New cable for the funicular",
        publisher="Valley News",
        dek=f"FELLSIDE (Wire) - {WIRE}",
        link="https://v.example.org/1",
    )
    own = (
        "After eleven weeks the funicular is back, and with it the queue at the lower station, "
        "where coffee costs more than ever."
    )
    add_article(
        "Funicular is back on a new cable, and so is the queue",
        publisher="Fellside Paper",
        dek=own,
        link="https://f.example.org/1",
    )
    shown = offered(edition, now)
    assert {each.article.publisher: each.copy_of for each in shown.values()} == {
        "Upland Wire": "",
        "Valley News": "Upland Wire",
        "Fellside Paper": "",
    }


def test_what_the_pool_has_and_leaves_out_is_counted(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    picked, ignored = add_article("Funicular reopens"), add_article("Choir wins")
    add_article("Night bus is kept")
    add_article("A month of rain", added=now - timedelta(days=20))
    add_article("Before the month", added=now - timedelta(days=60))
    picks.add_pick(edition.id, picked.id, by=SYSTEM, now=now)
    triage.set_standing(ignored.id, ArticleStanding.IGNORED, seen=None, by=SYSTEM, now=now)
    counts = count_pool(read_scope(edition.id, now))
    assert {state: count for state, count in counts.by_state.items() if count} == {
        PoolState.OFFERED: 2,
        PoolState.NEW: 1,
        PoolState.PICKED: 1,
        PoolState.IGNORED: 1,
        PoolState.ALL: 3,
    }
    assert (counts.too_old, counts.too_late, counts.ignored) == (1, 0, 1)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads a plan of SQLite")
def test_counting_the_pool_reads_no_archive(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    scope = read_scope(edition.id, now)
    with CaptureQueriesContext(connection) as asked:
        count_pool(scope)
    (counted,) = [each["sql"] for each in asked if "too_old" in each["sql"]]
    with connection.cursor() as cursor:
        plan = str(cursor.execute(f"EXPLAIN QUERY PLAN {counted}").fetchall())
    assert "SEARCH curator_article USING COVERING INDEX" in plan, plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads a plan of SQLite")
def test_what_is_on_offer_is_found_without_reading_the_archive(
    edition: Edition, add_article: AddArticle, now: datetime
) -> None:
    scope = read_scope(edition.id, now)
    with CaptureQueriesContext(connection) as asked:
        list_pool(scope)
        count_pool(scope)
    found = [each["sql"] for each in asked if "is_picked" in each["sql"]]
    assert len(found) == 2
    for statement in found:
        with connection.cursor() as cursor:
            plan = str(cursor.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall())
        assert "SCAN curator_article" not in plan, plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads a plan of SQLite")
def test_the_last_edition_is_found_without_sorting_all_there_ever_were(edition: Edition) -> None:
    cut_off = transitions.select_cut_off(OuterRef("pk"))
    with CaptureQueriesContext(connection) as asked:
        edition_lookup.find_last_out(edition.newsletter_id, besides=edition.id, cut_off=cut_off)
    with connection.cursor() as cursor:
        plan = str(cursor.execute(f"EXPLAIN QUERY PLAN {asked[0]['sql']}").fetchall())
    assert "TEMP B-TREE" not in plan, plan
