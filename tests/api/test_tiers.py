"""The paywall says who pays."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from newsletter.accounts import api_tokens
from newsletter.accounts.models import AuditEntry
from newsletter.kernel import clock
from subscribers import people, tiers
from tests.actors import SYSTEM


@pytest.fixture
def ann(newsroom: Any, now: datetime) -> int:
    return people.add_subscriber("ann+x@example.com", newsroom.list.id, by=SYSTEM, now=now, reason="asked").id


@pytest.fixture
def token(people: dict[str, Any]) -> str:
    return create_token("admin@example.com", "tiers:write")


def create_token(email: str, scope: str) -> str:
    return api_tokens.create_token(email, scope, scopes=[scope], password=None, by=SYSTEM, now=clock.now())[1]


def put(token: str, body: Any, address: str = "ann%2Bx@example.com") -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"Authorization": f"Bearer {token}"}
    return Client().put(f"/api/subscribers/{address}/tier", text, content_type="application/json", headers=headers)


def test_a_tier_is_set_until_a_day_and_read_again(ann: int, token: str) -> None:
    answer = put(token, {"tier": "paid", "until": "2097-01-31"})
    assert (answer.status_code, answer.json()) == (
        200,
        {"address": "ann+x@example.com", "tier": "paid", "until": "2097-02-01T00:00:00Z", "subscriber_id": ann},
    )
    got = Client().get("/api/subscribers/ANN+x@example.com/tier", headers={"Authorization": f"Bearer {token}"})
    assert got.json() == answer.json()
    (change,) = tiers.list_tier_changes(ann)
    assert (change.tier, change.how, change.by) == ("paid", "api", "admin@example.com")
    assert AuditEntry.objects.filter(verb="set tier", actor__email="admin@example.com").exists()


def test_a_token_needs_the_scope_and_its_user_the_right(ann: int, token: str) -> None:
    for email, scope in (("admin@example.com", "subscriptions:write"), ("viewer@example.com", "tiers:write")):
        answer = put(create_token(email, scope), {"tier": "paid"})
        assert answer.status_code == 403, answer.content
    assert tiers.list_tier_changes(ann) == ()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tier": "gold"}, "tier"),
        ({"tier": "paid", "until": "soon"}, "until"),
        ({"tier": "paid", "until": 7}, "until"),
        ({"tier": "paid", "untill": "2097-01-31"}, "untill"),
        ({"until": "2097-01-31"}, "tier"),
        ("[" * 3_000, "tier"),
        ("x" * 5_000, "body"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_field(ann: int, token: str, body: Any, field: str) -> None:
    answer = put(token, body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert tiers.list_tier_changes(ann) == ()


def test_who_is_not_here_is_not_found(ann: int, token: str) -> None:
    assert put(token, {"tier": "paid"}, "nobody@example.com").status_code == 404
    stranger = create_token("stranger@example.com", "tiers:write")
    assert put(stranger, {"tier": "paid"}).status_code == 404
    assert tiers.list_tier_changes(ann) == ()
