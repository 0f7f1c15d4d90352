"""A feed as a value."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from newsletter.curator.articles.states import SourceState
from newsletter.curator.articles.values import Source

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SOURCE = Source(1, "https://echo.example.org/rss", "Echo", "", True, NOW, None, None, None, 0, "")


def test_a_feed_is_late_once_a_fetch_failed_and_fresh_once_one_succeeded() -> None:
    assert SOURCE.state is SourceState.NEVER
    fresh = replace(SOURCE, fresh_at=NOW)
    assert fresh.state is SourceState.FRESH
    assert replace(fresh, error="503").state is SourceState.LATE


def test_a_file_is_told_from_an_address_of_the_web() -> None:
    assert replace(SOURCE, url="file:///srv/feed.xml").is_file
    assert not SOURCE.is_file
