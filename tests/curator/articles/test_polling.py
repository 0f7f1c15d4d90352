"""Reading feeds: what is new is kept once, what is broken stays alone, and servers are asked no more than they wish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from newsletter.curator.articles import article_lookup, polling, sources
from newsletter.curator.editions import editions, picks
from newsletter.fetching import FetchError
from tests.actors import SYSTEM

pytestmark = pytest.mark.django_db
FEED = "https://paper.example.org/rss"
Text = Callable[..., str]


def test_new_entries_become_articles(now: datetime, web: Any, feed_of: Text, entry: Text) -> None:
    source = sources.add_source(FEED, now=now, by=SYSTEM)
    web.serve(FEED, feed_of(entry("Mast to come down", dek="After ninety years."), entry("Second story")), etag="v1")
    (report,) = polling.fetch_sources(now=now, fetch=web)
    assert (report.source_id, report.state, report.added, report.seen) == (source.id, "fresh", 2, 2)
    article = article_lookup.list_articles(query="mast")[0]
    assert (article.title, article.dek, article.publisher) == (
        "Mast to come down",
        "After ninety years.",
        "The Fellside Paper",
    )
    assert (article.published_at, article.added_at) == (now - timedelta(hours=2), now)


def test_the_feed_gives_its_own_name_unless_the_desk_named_it(
    now: datetime, web: Any, feed_of: Text, entry: Text
) -> None:
    other = "https://other.example.org/rss"
    sources.add_source(FEED, now=now, by=SYSTEM)
    sources.add_source(other, now=now, title="Our neighbours", by=SYSTEM)
    for url in (FEED, other):
        web.serve(url, feed_of(entry(f"From {url}", link=f"{url}/1")).replace("The Fells", "The \u202e\nFells"))
    polling.fetch_sources(now=now, fetch=web)
    assert {source.title for source in article_lookup.list_sources()} == {"The Fellside Paper", "Our neighbours"}


def test_what_is_known_is_not_added_again(now: datetime, web: Any, feed_of: Text, entry: Text) -> None:
    source = sources.add_source(FEED, now=now, by=SYSTEM)
    web.serve(FEED, feed_of(entry("One", guid="a")))
    polling.fetch_sources(now=now, fetch=web)
    web.serve(FEED, feed_of(entry("One, updated", guid="a"), entry("Two", guid="b")))
    (report,) = polling.fetch_sources(now=now, fetch=web, ids=[source.id])
    assert (report.added, report.seen) == (1, 2)
    assert {article.title for article in article_lookup.list_articles()} == {"One", "Two"}


def test_the_same_address_in_two_feeds_is_one_article(now: datetime, web: Any, feed_of: Text, entry: Text) -> None:
    link = "https://paper.example.org/story"
    for number, tail in enumerate(("?utm_source=feed", "#top", "")):
        url = f"https://feed{number}.example.org/rss"
        sources.add_source(url, now=now, by=SYSTEM)
        web.serve(url, feed_of(entry(f"Told {number}", link=link + tail)))
    reports = polling.fetch_sources(now=now, fetch=web)
    assert [report.added for report in reports] == [1, 0, 0]


def test_one_broken_feed_never_stops_the_others(now: datetime, web: Any, feed_of: Text, entry: Text) -> None:
    urls = [f"https://{name}.example.org/rss" for name in ("down", "page", "crash", "empty", "fine")]
    for url in urls:
        sources.add_source(url, now=now, by=SYSTEM)
    web.fail(urls[0])
    web.serve(urls[1], "<!doctype html><html><title>Welcome</title></html>")
    web.fail(urls[2], ZeroDivisionError("a fault of ours"))
    web.serve(urls[3], "")
    web.serve(urls[4], feed_of(entry("The only one")))
    reports = {report.url: report for report in polling.fetch_sources(now=now, fetch=web)}
    assert [reports[url].state for url in urls] == ["failed", "failed", "failed", "failed", "fresh"]
    assert all(url in reports[url].error or "log" in reports[url].error for url in urls[:4])
    assert "web page, not a feed" in reports[urls[1]].error
    assert len(article_lookup.list_articles()) == 1


def test_an_unchanged_feed_costs_one_small_answer(now: datetime, web: Any, feed_of: Text, entry: Text) -> None:
    source = sources.add_source(FEED, now=now, by=SYSTEM)
    web.serve(FEED, feed_of(entry("One")), etag='"v1"')
    polling.fetch_sources(now=now, fetch=web)
    (report,) = polling.fetch_sources(now=now, fetch=web, ids=[source.id])
    assert (report.state, report.added) == ("unchanged", 0)
    assert article_lookup.list_sources()[0].fresh_at == now


def test_a_feed_whose_entries_were_not_kept_is_read_again(now: datetime, web: Any, feed_of: Text, entry: Text) -> None:
    source = sources.add_source(FEED, now=now, by=SYSTEM)
    web.serve(FEED, feed_of(entry("One")), etag='"v1"')

    def full_disk(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('INSERT INTO "curator_article"'):
            raise OperationalError("database or disk is full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(full_disk):
        (first,) = polling.fetch_sources(now=now, fetch=web)
    (second,) = polling.fetch_sources(now=now, fetch=web, ids=[source.id])
    assert (first.state, second.state, second.added) == ("failed", "fresh", 1)


def test_a_failing_feed_is_asked_less_and_less_and_recovers(
    now: datetime, web: Any, feed_of: Text, entry: Text
) -> None:
    sources.add_source(FEED, now=now, by=SYSTEM)
    web.fail(FEED)
    waits, moment = [], now
    for _ in range(8):
        polling.fetch_sources(now=moment, fetch=web)
        source = article_lookup.list_sources()[0]
        assert source.next_at is not None
        waits.append(source.next_at - moment)
        moment = source.next_at
    assert (waits[0], waits[-1]) == (polling.FETCH_EVERY, polling.LONGEST_WAIT)
    assert waits == sorted(waits)
    web.serve(FEED, feed_of(entry("Back again")))
    polling.fetch_sources(now=moment, fetch=web)
    source = article_lookup.list_sources()[0]
    assert (source.failures, source.error, source.next_at) == (0, "", moment + polling.FETCH_EVERY)


def test_a_feed_that_is_not_due_is_left_alone(now: datetime, web: Any, feed_of: Text, entry: Text) -> None:
    sources.add_source(FEED, now=now, by=SYSTEM)
    web.serve(FEED, feed_of(entry("One")))
    assert polling.fetch_sources(now=now - timedelta(seconds=1), fetch=web) == ()
    assert len(polling.fetch_sources(now=now, fetch=web)) == 1
    assert polling.fetch_sources(now=now + timedelta(minutes=14), fetch=web) == ()


def test_files_are_read_only_where_they_are_named(
    now: datetime, web: Any, feed_of: Text, entry: Text, tmp_path: Path
) -> None:
    file = tmp_path / "feeds" / "paper.xml"
    file.parent.mkdir()
    file.write_text(feed_of(entry("From a file")))
    source = sources.add_source(file.as_uri(), now=now, by=SYSTEM)
    assert polling.fetch_sources(now=now, fetch=web) == ()
    (report,) = polling.fetch_sources(now=now, fetch=web, ids=[source.id])
    assert (report.added, web.asked) == (1, [])


def test_a_feed_file_brings_the_pictures_that_lie_beside_it(
    now: datetime, web: Any, feed_of: Text, entry: Text, tmp_path: Path, picture: bytes
) -> None:
    (tmp_path / "feeds" / "pictures").mkdir(parents=True)
    (tmp_path / "feeds" / "pictures" / "a b.png").write_bytes(picture)
    file = tmp_path / "feeds" / "paper.xml"
    file.write_text(feed_of(entry("Pictured", image="pictures/a%20b.png")))
    polling.fetch_sources(now=now, fetch=web, ids=[sources.add_source(file.as_uri(), now=now, by=SYSTEM).id])
    article = article_lookup.list_articles()[0]
    assert article.picture_id is not None
    assert article.image_url == ""  # an address of this machine is of no use to anyone else


@pytest.mark.parametrize("target", ["../secret.png", "pictures/x%00.png", "pictures/none.png", "pictures"])
def test_a_picture_that_cannot_be_had_never_costs_the_story(
    now: datetime, web: Any, feed_of: Text, entry: Text, tmp_path: Path, picture: bytes, target: str
) -> None:
    (tmp_path / "secret.png").write_bytes(picture)
    (tmp_path / "feeds" / "pictures").mkdir(parents=True)
    file = tmp_path / "feeds" / "paper.xml"
    file.write_text(feed_of(entry("Pictured", image=target)))
    (report,) = polling.fetch_sources(
        now=now, fetch=web, ids=[sources.add_source(file.as_uri(), now=now, by=SYSTEM).id]
    )
    assert (report.state, report.added) == ("fresh", 1)
    assert article_lookup.list_articles()[0].picture_id is None


def test_a_feed_from_the_web_cannot_name_our_files(
    now: datetime, web: Any, feed_of: Text, entry: Text, tmp_path: Path, picture: bytes, newsletter: Any
) -> None:
    (tmp_path / "secret.png").write_bytes(picture)
    sources.add_source(FEED, now=now, by=SYSTEM)
    web.serve(FEED, feed_of(entry("Pictured", image=(tmp_path / "secret.png").as_uri(), credit="Nobody")))
    polling.fetch_sources(now=now, fetch=web)
    article = article_lookup.list_articles()[0]
    edition = editions.create_edition(newsletter.id, None, now=now, by=SYSTEM)
    picks.add_pick(edition.id, article.id, now=now, fetch=web, by=SYSTEM)
    assert article_lookup.get_article(article.id).picture_id is None


def test_progress_is_told_feed_by_feed(now: datetime, web: Any) -> None:
    for number in range(3):
        sources.add_source(web.fail(f"https://feed{number}.example.org/rss"), now=now, by=SYSTEM)
    steps: list[int] = []
    polling.fetch_sources(now=now, fetch=web, progress=steps.append)
    assert steps == [1, 1, 1]


@pytest.mark.parametrize(
    ("seconds", "wait"), [(0, timedelta(minutes=15)), (7200, timedelta(hours=2)), (10**9, timedelta(hours=24))]
)
def test_a_feed_is_left_alone_as_long_as_its_server_asks(
    db: None, web: Any, now: datetime, seconds: float, wait: timedelta
) -> None:
    url = web.fail("https://busy.example.org/rss", FetchError("429", status=429, retry_after=seconds))
    source = sources.add_source(url, now=now, by=SYSTEM)
    polling.fetch_sources(now=now, fetch=web, ids=[source.id])
    assert article_lookup.list_sources()[0].next_at == now + wait


def test_a_failure_that_cannot_be_stored_as_it_is_stops_no_other(
    now: datetime, web: Any, feed_of: Text, entry: Text
) -> None:
    other = "https://other.example.org/rss"
    for url in (FEED, other):
        sources.add_source(url, now=now, by=SYSTEM)
    web.serve(other, feed_of(entry("One")))

    def fetch(url: str, **terms: Any) -> Any:
        if url == FEED:
            raise FetchError("half a pair: \ud800")
        return web(url, **terms)

    reports = {each.url: each.state for each in polling.fetch_sources(now=now, fetch=fetch)}
    assert reports == {FEED: "failed", other: "fresh"}
