"""For monitors: whether the process answers, and whether mail leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from newsletter.delivery import models
from newsletter.jobs import heartbeats, readiness
from newsletter.kernel import clock


def test_health_says_whether_anything_runs(db: None) -> None:
    answer = Client().get("/healthz").json()
    assert answer["database"] is True
    assert answer["heartbeat"] is False
    assert answer["ready"] is False
    assert answer["events_wait_seconds"] == 0


def test_health_says_for_how_long_events_wait(db: None) -> None:
    received = clock.now() - timedelta(minutes=5)
    models.WebhookPayload.objects.create(digest=b"1", body=b"[]", received_at=received)
    assert 300 <= Client().get("/healthz").json()["events_wait_seconds"] < 330


def test_ready_is_who_has_scheduler_and_worker_and_what_is_wrong_is_named(db: None) -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "problems": {"scheduler": "No scheduler is alive.", "worker": "No worker is alive."},
    }
    for kind in heartbeats.BACKGROUND:
        heartbeats.record_heartbeat(kind, now=clock.now())
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": {}})
    assert Client().get("/healthz").json()["ready"] is True


def test_without_a_database_it_lives_and_is_not_ready(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise DatabaseError("password=secret")

    with monkeypatch.context() as patched:
        patched.setattr(readiness.connection, "ensure_connection", fails)
        assert Client().get("/livez").json() == {"live": True}
        answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == {"database": "The database does not answer as it should."}


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_monitors_may_ask_by_ip_address_and_nobody_else(db: None, settings: Any, path: str) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    assert Client().get(path, headers={"host": "10.0.0.7:8000"}).status_code in (200, 503)
    assert Client().get("/login/", headers={"host": "10.0.0.7:8000"}).status_code == 400
