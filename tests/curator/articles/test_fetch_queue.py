"""Many feeds at once, one server's one after another; what did not change is not read again; lists in and out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles import article_lookup, feeds, fetch_queue, polling, sources
from newsletter.curator.articles.fetch_queue import FetchRequest
from newsletter.fetching import FetchResponse
from tests.actors import SYSTEM

Text = Callable[..., str]
FEED = "https://paper.example.org/rss"


class Slow:
    """A web whose servers take their time, and that counts how many of one server's answers are under way at once."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._now: dict[str, int] = {}
        self.most_at_once: dict[str, int] = {}
        self.asked: list[str] = []

    def __call__(self, url: str, **more: Any) -> FetchResponse:
        host = url.split("/")[2]
        with self._lock:
            self.asked.append(url)
            self._now[host] = self._now.get(host, 0) + 1
            self.most_at_once[host] = max(self.most_at_once.get(host, 0), self._now[host])
        time.sleep(self.seconds)
        with self._lock:
            self._now[host] -= 1
        if "broken" in url:
            raise ValueError("a fault of ours")
        return FetchResponse(url, 200, b"x")


def test_servers_are_asked_at_once_and_one_servers_feeds_one_after_another() -> None:
    web = Slow(0.05)
    hosts = [FetchRequest(n, f"https://paper{n}.example.org/rss") for n in range(16)]
    several = [FetchRequest(100 + n, f"https://www.big.example.org/{n}") for n in range(2)]
    several += [FetchRequest(200 + n, f"https://big.example.org/{n}") for n in range(2)]
    begun = time.monotonic()
    answers = dict(fetch_queue.fetch_all([*hosts, *several], web, pause=0.0))
    assert time.monotonic() - begun < 0.05 * 20 * 0.8, "one after the other they would take a second"
    assert sorted(answers) == sorted(each.id for each in [*hosts, *several])
    assert set(web.most_at_once.values()) == {1}


def test_between_two_requests_to_one_server_there_is_a_pause() -> None:
    begun = time.monotonic()
    list(
        fetch_queue.fetch_all([FetchRequest(n, f"https://big.example.org/{n}") for n in range(3)], Slow(0.0), pause=0.1)
    )
    assert time.monotonic() - begun >= 0.2


def test_whatever_goes_wrong_with_one_is_its_own_answer() -> None:
    asked = [
        FetchRequest(1, "https://a.example.org/broken"),
        FetchRequest(2, "https://a.example.org/fine"),
        FetchRequest(3, "https://[::1"),
    ]
    answers = dict(fetch_queue.fetch_all(asked, Slow(0.0), pause=0.0))
    assert isinstance(answers[1], ValueError)
    assert isinstance(answers[2], FetchResponse)
    assert 3 in answers


def test_who_stops_listening_stops_the_fetching() -> None:
    web = Slow(0.0)
    answers = fetch_queue.fetch_all(
        [FetchRequest(n, f"https://big.example.org/{n}") for n in range(50)], web, pause=0.05
    )
    next(answers)
    answers.close()
    assert len(web.asked) < 5


@given(st.lists(st.sampled_from(["a", "b", "c", "www.a"]), max_size=20))
def test_each_server_has_one_line_with_all_of_its_feeds_in_order(hosts: list[str]) -> None:
    requests = [FetchRequest(n, f"https://{host}.example.org/{n}") for n, host in enumerate(hosts)]
    lines = fetch_queue.group_by_host(requests)
    assert sorted(each.id for line in lines for each in line) == list(range(len(hosts)))
    assert all([each.id for each in line] == sorted(each.id for each in line) for line in lines)
    assert len(lines) == len({host.removeprefix("www.") for host in hosts})


@pytest.mark.django_db
def test_a_body_that_did_not_change_is_not_read_again(
    now: datetime, web: Any, feed_of: Text, entry: Text, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources.add_source(FEED, now=now, by=SYSTEM)
    web.serve(FEED, feed_of(entry("One story")))  # by a server that knows no ETag
    assert [report.state for report in polling.fetch_sources(now=now, fetch=web)] == ["fresh"]
    read = feeds.parse
    monkeypatch.setattr(feeds, "parse", lambda *_: pytest.fail("it was read again"))
    later = now + timedelta(hours=1)
    assert [report.state for report in polling.fetch_sources(now=later, fetch=web)] == ["unchanged"]
    (source,) = article_lookup.list_sources()
    assert source.fresh_at == later
    monkeypatch.setattr(feeds, "parse", read)
    web.serve(FEED, feed_of(entry("One story"), entry("Another")))
    (report,) = polling.fetch_sources(now=later + timedelta(hours=1), fetch=web)
    assert (report.state, report.added) == ("fresh", 1)


@pytest.mark.django_db
def test_a_feed_that_was_not_kept_is_read_again_although_it_did_not_change(
    now: datetime, web: Any, feed_of: Text, entry: Text, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newsletter.curator.articles import polling, sources

    sources.add_source(FEED, now=now, by=SYSTEM)
    web.serve(FEED, feed_of(entry("One story")))

    def fails(*_: Any) -> bool:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(polling, "save_entry", fails)
        assert [report.state for report in polling.fetch_sources(now=now, fetch=web)] == ["failed"]
    (report,) = polling.fetch_sources(now=now + timedelta(hours=7), fetch=web)
    assert (report.state, report.added) == ("fresh", 1)


@pytest.mark.django_db
def test_what_a_feed_brought_of_late_is_counted(now: datetime, web: Any, feed_of: Text, entry: Text) -> None:
    source = sources.add_source(FEED, now=now, by=SYSTEM)
    web.serve(FEED, feed_of(entry("One story"), entry("Another")))
    polling.fetch_sources(now=now, fetch=web)
    assert article_lookup.get_source_health(now)[source.id].new_in_week == 2
    old = article_lookup.get_source_health(now + timedelta(days=8))[source.id]
    assert (old.new_in_week, old.newest_at) == (0, now)
