"""Calls of a program, as somebody of the cast."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from newsletter.accounts import api_tokens
from newsletter.accounts.token_scopes import TokenScope
from tests.actors import SYSTEM

ADDRESS = "/api/articles"
URL = "https://echo.example.org/2026/ferry"


STORY = {
    "url": f"{URL}?utm_source=cms",
    "title": "Ferry gets a second boat",
    "dek": "From May two boats cross the lake.",
    "text": "From the first of May two boats will cross the lake.\n\nNobody has to wait long.",
    "byline": "Ann Example",
    "published_at": "2026-11-23T18:30:00+01:00",
    "language": "en",
    "publisher": "The Upland Echo",
    "section": "Lake",
    "tags": ["Boats", "lake"],
    "eligible_from": "2026-11-25",
    "note": "Embargoed until Wednesday.",
}


Call = Callable[..., Any]


@pytest.fixture
def call(people: dict[str, Any], now: Any) -> Call:
    """Calls as somebody of the cast does: call("editor", STORY)."""
    made: dict[str, str] = {}

    def call(who: str, body: Any = None, *, address: str = ADDRESS, method: str = "post") -> Any:
        if who not in made:
            made[who] = api_tokens.create_token(
                f"{who}@example.com", "test", scopes=list(TokenScope), password=None, by=SYSTEM, now=now
            )[1]
        headers = {"Authorization": f"Bearer {made[who]}"}
        if method == "get":
            return Client().get(address, headers=headers)
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return Client().post(address, data, content_type="application/json", headers=headers)

    return call
