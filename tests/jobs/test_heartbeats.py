"""Signs of life of the background processes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from newsletter.jobs import heartbeats
from newsletter.jobs.models import Heartbeat

pytestmark = pytest.mark.django_db


def test_trouble_is_no_sign_of_life(db: None, now: datetime) -> None:
    heartbeats.report_trouble(heartbeats.ProcessKind.WEB, "nobody there yet")
    assert heartbeats.list_processes() == ()
    heartbeats.record_heartbeat(heartbeats.ProcessKind.WEB, now=now)
    heartbeats.report_trouble(heartbeats.ProcessKind.WEB, "no page was answered")
    (status,) = heartbeats.list_processes()
    assert (status.last_seen_at, status.note) == (now, "no page was answered")


def test_a_process_is_alive_for_as_long_as_its_sign_is_fresh(now: datetime) -> None:
    heartbeats.record_heartbeat("worker", now=now)
    just_before = now + heartbeats.FRESH_FOR - timedelta(seconds=1)
    assert heartbeats.is_alive("worker", just_before)
    assert not heartbeats.is_alive("worker", now + heartbeats.FRESH_FOR)
    assert not heartbeats.is_alive("heartbeat", just_before)


def test_a_sign_in_the_future_is_of_a_clock_that_was_put_back(now: datetime) -> None:
    heartbeats.record_heartbeat("worker", now=now)
    assert heartbeats.is_alive("worker", now - timedelta(seconds=20)), "another machine's clock may be ahead a little"
    assert not heartbeats.is_alive("worker", now - timedelta(hours=1))


def test_a_later_sign_of_a_process_keeps_when_it_started(now: datetime) -> None:
    later = now + timedelta(minutes=1)
    heartbeats.record_heartbeat("worker", now=now)
    heartbeats.record_heartbeat("worker", now=later, note="n" * 301)
    (process,) = heartbeats.list_processes("worker")
    assert (process.started_at, process.last_seen_at, process.note) == (now, later, "n" * 300)
    assert process.name == heartbeats.get_process_name("worker")


def test_processes_are_listed_by_kind_the_latest_first(now: datetime) -> None:
    heartbeats.record_heartbeat("worker", now=now)
    heartbeats.record_heartbeat("heartbeat", now=now + timedelta(seconds=1))
    assert [each.kind for each in heartbeats.list_processes()] == ["heartbeat", "worker"]
    assert [each.kind for each in heartbeats.list_processes("worker")] == ["worker"]


def test_a_process_that_ends_in_order_takes_its_own_sign_away(now: datetime) -> None:
    heartbeats.record_heartbeat("worker", now=now)
    heartbeats.record_heartbeat("heartbeat", now=now)
    heartbeats.delete_heartbeat("worker")
    assert [each.kind for each in heartbeats.list_processes()] == ["heartbeat"]


def test_who_ended_without_a_word_is_forgotten_after_two_days(now: datetime) -> None:
    heartbeats.record_heartbeat("worker", now=now)
    heartbeats.delete_stale(now + heartbeats.RETENTION)
    assert Heartbeat.objects.exists()
    heartbeats.delete_stale(now + heartbeats.RETENTION + timedelta(seconds=1))
    assert not Heartbeat.objects.exists()
