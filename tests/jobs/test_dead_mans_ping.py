"""The dead man's ping: all is well, we start, or what is wrong, as healthchecks.io takes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from newsletter.accounts import users
from newsletter.delivery import installation
from newsletter.jobs import heartbeats
from newsletter.jobs.dead_mans_ping import DeadMansPing
from tests.actors import SYSTEM
from tests.conftest import PASSWORD
from tests.fakes.webhook import WebhookServer, taking_posts

MINUTE = timedelta(minutes=1)


@pytest.fixture
def monitor(newsroom: Any, now: datetime, settings: Any) -> Iterator[WebhookServer]:
    with taking_posts() as server:
        settings.CONFIG.data_dir.mkdir()
        settings.CONFIG = replace(
            settings.CONFIG, ping_url=f"{server.url}/secret-uuid", base_url="https://desk.example.com"
        )
        users.create_user("ann@example.com", PASSWORD, by=SYSTEM, now=now)
        yield server


@contextmanager
def away() -> Iterator[None]:
    """Every statement fails, as it does when the database is gone."""

    def fail(*args: Any) -> Any:
        raise OperationalError("gone")

    with connection.execute_wrapper(fail):
        yield


def keep_alive(now: datetime) -> None:
    for kind in heartbeats.BACKGROUND:
        heartbeats.record_heartbeat(kind, now=now)


def paths(monitor: WebhookServer) -> list[str]:
    return [each.path.removeprefix("/secret-uuid") for each in monitor.posts]


def test_it_says_that_it_starts_and_then_every_minute_that_all_is_well(monitor: WebhookServer, now: datetime) -> None:
    ping = DeadMansPing()
    for seconds in range(0, 181, 20):
        keep_alive(now + timedelta(seconds=seconds))
        ping.ping_when_due(now + timedelta(seconds=seconds))
    assert paths(monitor) == ["/start", "", "", "", ""]


def test_while_something_keeps_mail_from_leaving_it_says_what(monitor: WebhookServer, now: datetime) -> None:
    ping = DeadMansPing()
    heartbeats.record_heartbeat(heartbeats.ProcessKind.SCHEDULER, now=now)
    ping.ping_when_due(now)
    keep_alive(now + MINUTE)
    ping.ping_when_due(now + MINUTE)
    assert paths(monitor) == ["/start", "/fail", ""]
    assert monitor.posts[1].body == b"No worker is alive."


def test_what_doctor_finds_serious_fails_too_without_its_words(
    monitor: WebhookServer, now: datetime, settings: Any
) -> None:
    settings.CONFIG = replace(settings.CONFIG, debug=True)
    keep_alive(now)
    DeadMansPing().ping_when_due(now)
    assert paths(monitor) == ["/start", "/fail"]
    assert monitor.posts[1].body == b"newsletter doctor finds 1 serious problems."


def test_a_monitor_that_does_not_answer_is_logged_without_its_address(
    monitor: WebhookServer, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    monitor.statuses, monitor.location = [500, 404, 200, 302], "/elsewhere"
    ping = DeadMansPing()
    keep_alive(now + MINUTE)
    assert not ping.ping_when_due(now + MINUTE)
    assert not ping.ping_when_due(now + 2 * MINUTE), "it starts again, and is led elsewhere"
    assert [path.partition("/fail")[0] for path in paths(monitor)] == ["/start", "", "/start", ""]
    assert "answered 500" in caplog.text
    assert "secret-uuid" not in caplog.text


def test_without_an_address_nobody_is_pinged(newsroom: Any, now: datetime) -> None:
    assert not DeadMansPing().ping_when_due(now)


def test_a_clock_that_was_put_back_stops_no_ping(monitor: WebhookServer, now: datetime) -> None:
    ping = DeadMansPing()
    keep_alive(now)
    ping.ping_when_due(now)
    earlier = now - timedelta(hours=3)
    keep_alive(earlier)
    assert ping.ping_when_due(earlier)


def test_a_copy_does_not_say_that_its_original_lives(monitor: WebhookServer, now: datetime) -> None:
    keep_alive(now)
    installation.check(now)
    installation.become_copy(now)
    assert not DeadMansPing().ping_when_due(now)
    assert monitor.posts == []


def test_without_a_database_it_says_so(monitor: WebhookServer, now: datetime) -> None:
    with away():
        assert DeadMansPing().ping_when_due(now)
    assert paths(monitor) == ["/start", "/fail"]
    assert b"The database does not answer as it should." in monitor.posts[1].body
