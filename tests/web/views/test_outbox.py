"""The outbox on the desk."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client


def test_the_outbox_shows_every_message(admin: Client, sent: Any) -> None:
    folder = f"/outbox/{sent.key}/"
    assert b"reader2@example.com" in admin.get(folder).content
    name = next(line for line in admin.get(folder).content.decode().split('"') if line.endswith(".eml/"))
    assert b"List-Unsubscribe" in admin.get(name).content
    assert admin.get(f"{name}html/").headers["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.parametrize("name", ["../../secret.key", "..%2f..%2fsecret.key", "nothing.eml", "x"])
def test_the_outbox_reads_nothing_but_messages(admin: Client, sent: Any, name: str) -> None:
    assert admin.get(f"/outbox/{sent.key}/{name}/").status_code == 404


def test_the_outbox_calls_a_mailing_by_its_name(admin: Client, sent: Any) -> None:
    assert "Morning Briefing, Tue 24 Nov 2026" in admin.get("/outbox/").content.decode()
    assert "Morning Briefing, Tue 24 Nov 2026" in admin.get(f"/outbox/{sent.key}/").content.decode()
