"""The newsroom's own system pushes articles, with a token that has somebody's rights."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from newsletter.accounts.models import AuditEntry
from newsletter.curator.articles import article_lookup, models
from tests.api.conftest import STORY

ADDRESS = "/api/articles"
URL = "https://echo.example.org/2026/ferry"
Call = Callable[..., Any]


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
    first = call("admin", STORY).json()
    again = call("admin", STORY | {"url": URL, "title": "Ferry gets a third boat", "note": ""})
    assert again.status_code == 200
    assert (again.json()["id"], again.json()["created"], again.json()["title"]) == (
        first["id"],
        False,
        "Ferry gets a third boat",
    )


def test_what_all_newsletters_see_of_a_known_story_needs_the_right_for_all_of_them(call: Call) -> None:
    known = call("admin", STORY | {"dek": ""}).json()
    assert call("editor", STORY | {"tags": ["gossip"]}).status_code == 403
    words = {"url": URL, "title": "Ferry sinks", "text": "It did.", "dek": "More soon."}
    answer = call("editor", words)
    assert answer.status_code == 200
    assert "only gaps were filled" in answer.json()["warnings"][0]
    article = article_lookup.get_article(known["id"])
    assert (article.title, article.text, article.dek) == (known["title"], known["text"], "More soon.")


def test_html_becomes_paragraphs(call: Call) -> None:
    pushed = {"url": URL, "title": "Ferry", "html": "<p>One &amp; two.</p><script>alert(1)</script><p>Three.</p>"}
    article = article_lookup.get_article(call("editor", pushed).json()["id"])
    assert article.text.startswith("One & two.")
    assert "<" not in article.text


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ("{", "", "not JSON"),
        ("[" * 100_000, "", "not JSON"),
        ([], "", "JSON object"),
        ({"title": "x", "text": "y", "headline": "z"}, "headline", "There is no field “headline”"),
        ({"title": 5, "text": "y"}, "title", "must be a text"),
        ({"title": "x"}, "text", "text or html"),
        ({"title": "x", "text": "y", "published_at": "2026-11-23T18:30:00"}, "published_at", "has no zone"),
        ({"title": "x", "text": "y", "published_at": "soon"}, "published_at", "not a date and time"),
        ({"title": "x", "text": "y", "eligible_until": "soon"}, "eligible_until", "not a date"),
        ({"title": "x", "text": "y", "tags": "boats"}, "tags", "list of texts"),
        ({"title": "x", "text": "y", "image": {"src": "x"}}, "image", "object with url"),
        ({"title": "x", "text": "y", "image": {"url": 5}}, "image.url", "must be a text"),
        ({"title": "x", "text": "y", "paywalled": "no"}, "paywalled", "true or false"),
        ({"title": "x", "text": "y", "url": "ftp://x"}, "url", "web address"),
        ({"url": "file:///etc/passwd", "title": "x", "html": "y"}, "url", "web address"),
    ],
)
def test_what_cannot_be_right_is_named_with_its_field(call: Call, body: Any, field: str, message: str) -> None:
    answer = call("editor", body)
    assert answer.status_code == 422, answer.content
    assert answer.json().get("field", "") == field
    assert message in answer.json()["error"]
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


@pytest.mark.parametrize("url", ["http://xn--/", "http://[", "http://\u2100.com/", "http://a:99999/", "http://\0/"])
def test_an_address_that_is_none_gets_its_answer_in_json(call: Call, url: str) -> None:
    answer = call("editor", {"url": url})
    assert answer.status_code in (409, 422, 503)
    assert "error" in answer.json()
    pushed = call("editor", STORY | {"url": url, "image": {"url": url}})
    assert pushed.status_code in (201, 422)
    assert set(pushed.json()) & {"created", "error"}


@pytest.mark.parametrize(
    "when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+00:00"]
)
def test_a_story_of_the_ends_of_time_is_refused_with_the_field(call: Call, when: str) -> None:
    answer = call("editor", STORY | {"published_at": when})
    assert (answer.status_code, answer.json()["field"]) == (422, "published_at")
    assert call("editor", STORY | {"eligible_until": when[:10]}).json()["field"] == "eligible_until"


def test_a_defect_of_ours_is_told_in_json_as_well(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise KeyError("secret")

    monkeypatch.setattr("newsletter.curator.articles.intake.add_article_from_fields", fail)
    answer = call("editor", STORY)
    assert answer.status_code == 500
    assert answer.json() == {"error": "This failed inside our program; its log has the details."}


@pytest.mark.parametrize(
    "url",
    ["http://xn--/", "https://[::1", "https://p.example.com:99999/", "https://a@p.example.com/", "http://\u2488/"],
)
def test_a_story_at_no_address_of_the_web_is_refused_with_the_field(call: Call, url: str) -> None:
    answer = call("editor", STORY | {"url": url})
    assert (answer.status_code, answer.json()["field"]) == (422, "url")


def test_halves_of_characters_are_left_out_wherever_they_are(call: Call) -> None:
    """They are valid JSON, and no database keeps them."""
    half = "\ud800"
    story = STORY | {
        "url": f"{URL}{half}",
        "tags": [f"bo{half}ats"],
        "note": f"Emb{half}argoed",
        "title": f"Ferry{half}",
    }
    answer = call("editor", story)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["url"], answer.json()["title"]) == (URL, "Ferry")
