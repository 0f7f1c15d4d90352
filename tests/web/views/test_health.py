"""Liveness, for monitors."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from newsletter.delivery import models
from newsletter.kernel import clock


def test_health_says_whether_anything_runs(db: None) -> None:
    answer = Client().get("/healthz").json()
    assert answer["database"] is True
    assert answer["heartbeat"] is False
    assert answer["events_wait_seconds"] == 0


def test_health_says_for_how_long_events_wait(db: None) -> None:
    received = clock.now() - timedelta(minutes=5)
    models.WebhookPayload.objects.create(digest=b"1", body=b"[]", received_at=received)
    assert 300 <= Client().get("/healthz").json()["events_wait_seconds"] < 330
