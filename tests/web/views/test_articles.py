"""One article in the pool: standing, tags, days, notes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from newsletter.accounts.models import AuditEntry
from newsletter.curator.articles import article_lookup, triage

HTMX = {"HX-Request": "true"}


def change(client: Client, edition: Any, article_id: int, **form: Any) -> Any:
    return client.post(f"/editions/{edition.id}/articles/{article_id}/", form, headers=HTMX)


def test_an_article_gets_a_standing_tags_days_and_notes(editor: Client, edition: Any, articles: Any) -> None:
    article_id = articles(1)[0]
    assert b"Shortlisted" in change(editor, edition, article_id, do="shortlisted").content
    assert b">rivers<" in change(editor, edition, article_id, do="tags", tags="Rivers, lakes").content
    assert (
        b"held until" in change(editor, edition, article_id, do="days", **{"from": "2099-01-01", "until": ""}).content
    )
    assert b"Call first." in change(editor, edition, article_id, do="note", note="Call first.").content
    assert article_lookup.get_article(article_id).version == 4
    verbs = AuditEntry.objects.filter(target=f"article {article_id}").values_list("verb", flat=True)
    assert set(verbs) == {"marked shortlisted", "tagged", "set days of", "noted"}


@pytest.mark.parametrize(
    "form",
    [
        {"do": "days", "from": "tomorrow"},
        {"do": "tags", "tags": "x" * 50},
        {"do": "explode"},
        {"do": "note", "note": ""},
    ],
)
def test_invalid_values_are_refused(editor: Client, edition: Any, articles: Any, form: dict[str, str]) -> None:
    answer = change(editor, edition, articles(1)[0], **form)
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#error"


def test_an_outdated_form_overwrites_nothing(editor: Client, edition: Any, articles: Any) -> None:
    article_id = articles(1)[0]
    triage.set_standing(article_id, "ignored", by="bo@example.com")
    answer = change(editor, edition, article_id, do="shortlisted", version=1)
    assert answer.status_code == 409
    assert b"bo@example.com changed this article" in answer.content
