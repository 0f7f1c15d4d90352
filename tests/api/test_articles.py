"""The newsroom's own system pushes articles, with a token that has somebody's rights."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.accounts import api_tokens, users
from newsletter.accounts.models import AuditEntry
from newsletter.accounts.token_scopes import TokenScope
from newsletter.curator.articles import article_lookup, models
from newsletter.kernel import clock
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


def test_an_article_is_pushed_with_all_that_is_known_of_it(call: Call) -> None:
    answer = call("editor", STORY)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["created"] is True
    article = article_lookup.get_article(body["id"])
    assert (article.title, article.section, article.publisher, article.byline) == (
        "Ferry gets a second boat",
        "Lake",
        "The Upland Echo",
        "Ann Example",
    )
    assert article.origin == "pushed"
    assert str(article.published_at) == "2026-11-23 17:30:00+00:00"
    assert str(article.eligible_from) == "2026-11-25"
    row = models.Article.objects.get(id=article.id)
    assert set(row.tags.values_list("name", flat=True)) == {"boats", "lake"}
    assert [note.by for note in row.notes.all()] == ["editor@example.com"]
    assert AuditEntry.objects.filter(verb="pushed article", actor__email="editor@example.com").exists()


def test_pushed_again_it_is_brought_up_to_date(call: Call) -> None:
    first = call("editor", STORY).json()
    again = call("editor", STORY | {"url": URL, "title": "Ferry gets a third boat", "note": ""})
    assert again.status_code == 200
    assert (again.json()["id"], again.json()["created"], again.json()["title"]) == (
        first["id"],
        False,
        "Ferry gets a third boat",
    )


def test_html_becomes_paragraphs(call: Call) -> None:
    pushed = {"url": URL, "title": "Ferry", "html": "<p>One &amp; two.</p><script>alert(1)</script><p>Three.</p>"}
    article = article_lookup.get_article(call("editor", pushed).json()["id"])
    assert article.text.startswith("One & two.")
    assert "<" not in article.text


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ("{", "", "not JSON"),
        ("[" * 100_000, "", "not JSON"),
        ([], "", "JSON object"),
        ({"title": "x", "text": "y", "headline": "z"}, "headline", "There is no field “headline”"),
        ({"title": 5, "text": "y"}, "title", "must be a text"),
        ({"title": "x"}, "text", "text or html"),
        ({"title": "x", "text": "y", "published_at": "2026-11-23T18:30:00"}, "published_at", "has no zone"),
        ({"title": "x", "text": "y", "published_at": "soon"}, "published_at", "no date and time"),
        ({"title": "x", "text": "y", "eligible_until": "soon"}, "eligible_until", "no day"),
        ({"title": "x", "text": "y", "tags": "boats"}, "tags", "list of texts"),
        ({"title": "x", "text": "y", "image": {"src": "x"}}, "image", "object with url"),
        ({"title": "x", "text": "y", "image": {"url": 5}}, "image.url", "must be a text"),
        ({"title": "x", "text": "y", "paywalled": "no"}, "paywalled", "true or false"),
        ({"title": "x", "text": "y", "url": "ftp://x"}, "url", "web address"),
        ({"url": "file:///etc/passwd", "title": "x", "html": "y"}, "url", "web address"),
    ],
)
def test_what_cannot_be_right_is_named_with_its_field(call: Call, body: Any, field: str, said: str) -> None:
    answer = call("editor", body)
    assert answer.status_code == 422, answer.content
    assert answer.json().get("field", "") == field
    assert said in answer.json()["error"]
    assert article_lookup.list_articles() == ()


def test_a_story_without_headline_or_text_is_refused(call: Call) -> None:
    assert call("editor", {"title": " ", "text": "y", "url": URL}).status_code == 409
    assert call("editor", {"title": "x", "html": "<p></p>", "url": URL}).status_code == 409


def test_a_page_of_a_private_address_is_not_fetched(call: Call, settings: Any) -> None:
    answer = call("editor", {"url": "http://127.0.0.1:1/x"})
    assert answer.status_code in (409, 503)
    assert article_lookup.list_articles() == ()


def test_what_is_too_large_is_said(call: Call) -> None:
    answer = call("editor", json.dumps(STORY | {"text": "x" * 3_000_000}))
    assert (answer.status_code, answer.json()["error"]) == (413, "This is too large.")


def test_articles_are_listed_and_found(call: Call) -> None:
    made = call("editor", STORY).json()["id"]
    found = call("editor", address=f"{ADDRESS}?query=ferry", method="get").json()["articles"]
    assert [each["id"] for each in found] == [made]
    assert call("editor", address=f"{ADDRESS}/{made}", method="get").json()["dek"] == STORY["dek"]
    assert call("editor", address=f"{ADDRESS}/999", method="get").status_code == 404
    for wrong in ("0", "many", "9" * 5000, "000001" + "0" * 5000):
        assert call("editor", address=f"{ADDRESS}?limit={wrong}", method="get").status_code == 422


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
