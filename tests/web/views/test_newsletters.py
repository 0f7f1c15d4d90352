"""Settings of a newsletter."""

from __future__ import annotations

from typing import Any

from django.test import Client


def test_a_wrong_setting_is_named_at_its_field(admin: Client, house: Any) -> None:
    answer = admin.post("/newsletters/morning/", {"zone": "Europe/Londn"})
    assert answer.status_code == 422
    assert "Did you mean Europe/London" in answer.content.decode()
