"""Liveness, for monitors."""

from __future__ import annotations

from django.test import Client


def test_health_says_whether_anything_runs(db: None) -> None:
    answer = Client().get("/healthz").json()
    assert answer["database"] is True
    assert answer["heartbeat"] is False
