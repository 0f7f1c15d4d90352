"""Who may call."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.accounts import api_tokens, users
from newsletter.curator.articles import article_lookup
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.api.conftest import STORY

ADDRESS = "/api/articles"
URL = "https://echo.example.org/2026/ferry"
Call = Callable[..., Any]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Bearer nl_00000000_x", "Basic bmw6eA==", "Bearer nl_" + "x" * 5000]
)
def test_nobody_gets_in_without_a_token(people: Any, header: str) -> None:
    for address in (ADDRESS, f"{ADDRESS}/1"):
        answer = Client().get(address, headers={"Authorization": header} if header else {})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_is_no_token(people: Any) -> None:
    client = Client()
    client.force_login(people["admin"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(ADDRESS, json.dumps(STORY), content_type="application/json").status_code == 401


def test_who_may_only_look_pushes_nothing(call: Call) -> None:
    assert call("viewer", STORY).status_code == 403
    assert call("viewer", method="get").status_code == 403
    assert article_lookup.list_articles() == ()


def test_a_token_is_used_for_what_its_scopes_allow_alone(people: dict[str, Any], now: Any) -> None:
    def call_with(scope: str, method: str) -> Any:
        _, text = api_tokens.create_token(
            "editor@example.com", scope, scopes=[scope], password=None, by=SYSTEM, now=clock.now()
        )
        headers = {"Authorization": f"Bearer {text}"}
        if method == "get":
            return Client().get(ADDRESS, headers=headers)
        return Client().post(ADDRESS, json.dumps(STORY), content_type="application/json", headers=headers)

    assert call_with("articles:read", "get").status_code == 200
    assert call_with("articles:write", "post").status_code == 201
    for scope, method in (("articles:write", "get"), ("articles:read", "post"), ("tiers:write", "post")):
        answer = call_with(scope, method)
        assert answer.status_code == 403
        assert "insufficient_scope" in answer["WWW-Authenticate"]
        assert answer.json()["error"].endswith("lacks the scope articles:" + ("read." if method == "get" else "write."))


@pytest.mark.parametrize("end", [users.disable_user, users.remove_user])
def test_the_tokens_of_a_user_end_with_the_account(call: Call, end: Any) -> None:
    assert call("editor", method="get").status_code == 200
    end("editor@example.com", by=SYSTEM, now=clock.now())
    assert call("editor", method="get").status_code == 401


def test_an_expired_token_opens_nothing(people: dict[str, Any]) -> None:
    _, text = api_tokens.create_token(
        "editor@example.com",
        "test",
        scopes=["articles:read"],
        password=None,
        days=1,
        by=SYSTEM,
        now=clock.now() - timedelta(days=1),
    )
    assert Client().get(ADDRESS, headers={"Authorization": f"Bearer {text}"}).status_code == 401
