"""One article in the pool: standing, tags, days, notes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import lxml.html
import pytest
from django.test import Client

from newsletter.accounts.models import AuditEntry
from newsletter.curator.articles import article_lookup, triage
from newsletter.kernel import clock
from newsletter.web.forms.filters import PAGE
from tests.actors import SYSTEM, act_as
from tests.conftest import NOW

HTMX = {"HX-Request": "true"}


def change(client: Client, edition: Any, article_id: int, **form: Any) -> Any:
    seen = {"seen_standing": "new", "seen_tags": "", "seen_from": "", "seen_until": ""}
    return client.post(f"/editions/{edition.id}/articles/{article_id}/", seen | form, headers=HTMX)


def test_an_article_gets_a_standing_tags_days_and_notes(admin: Client, edition: Any, articles: Any) -> None:
    article_id = articles(1)[0]
    assert b"Shortlisted" in change(admin, edition, article_id, do="shortlisted").content
    assert b">rivers<" in change(admin, edition, article_id, do="tags", tags="Rivers, lakes").content
    assert b"held until" in change(admin, edition, article_id, do="days", **{"from": "2099-01-01", "until": ""}).content
    assert b"Call first." in change(admin, edition, article_id, do="note", note="Call first.").content
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
def test_invalid_values_are_refused(admin: Client, edition: Any, articles: Any, form: dict[str, str]) -> None:
    answer = change(admin, edition, articles(1)[0], **form)
    assert answer.status_code == 422
    assert "X-Refusal" in answer.headers


def test_an_outdated_form_overwrites_nothing(admin: Client, edition: Any, articles: Any) -> None:
    article_id = articles(1)[0]
    triage.set_standing(article_id, "ignored", by=act_as("admin@example.com"), seen=None, now=NOW)
    answer = change(admin, edition, article_id, do="shortlisted")
    assert answer.status_code == 409
    assert b"Admin changed this article" in answer.content


def test_an_editor_of_one_newsletter_shortlists_and_tags_and_is_offered_nothing_more(
    editor: Client, edition: Any, articles: Any
) -> None:
    article_id = articles(5, at=clock.now())[4]  # the others are in the edition, and not new by the clock
    pool = editor.get(f"/editions/{edition.id}/pool/").content
    assert set(re.findall(rb'name="do" value="(\w+)"', pool)) == {b"shortlisted", b"tags", b"note"}
    assert change(editor, edition, article_id, do="ignored").status_code == 403
    day = {"from": "2099-01-01", "until": ""}
    assert change(editor, edition, article_id, do="days", **day).status_code == 403
    assert article_lookup.get_article(article_id).version == 1
    assert b"Shortlisted" in change(editor, edition, article_id, do="shortlisted").content
    assert b">rivers<" in change(editor, edition, article_id, do="tags", tags="rivers").content
    triage.set_standing(article_id, "ignored", seen="shortlisted", by=SYSTEM, now=NOW)
    pool = editor.get(f"/editions/{edition.id}/pool/?state=ignored").content
    assert re.findall(rb'name="do" value="(\w+)"', pool) == [b"tags", b"note"]


def test_a_viewer_is_offered_no_change_of_an_article(
    signed_in: Callable[[str], Client], edition: Any, articles: Any
) -> None:
    articles(5, at=clock.now())
    pool = signed_in("viewer").get(f"/editions/{edition.id}/pool/").content
    assert b"Open article" in pool
    assert b'name="do"' not in pool


def test_a_form_without_what_was_seen_changes_nothing(admin: Client, edition: Any, articles: Any) -> None:
    article_id = articles(1)[0]
    for do in ("ignored", "tags", "days"):
        form = {"do": do, "tags": "lakes", "from": "2099-01-01"}
        answer = admin.post(f"/editions/{edition.id}/articles/{article_id}/", form, headers=HTMX)
        assert answer.status_code == 422, do
    assert article_lookup.get_article(article_id).version == 1


def test_every_article_is_listed_with_where_it_was_picked_for_those_who_may_see_that(
    signed_in: Callable[[str], Client], edition: Any, articles: Callable[..., list[int]]
) -> None:
    articles(5)
    rows = lxml.html.fromstring(signed_in("editor").get("/sources/articles/all/").content.decode()).cssselect(
        "#rows tr"
    )
    assert len(rows) == 5
    assert sum("Morning Briefing, 24 Nov 2026" in each.text_content() for each in rows) == 3
    shown = signed_in("stranger").get("/sources/articles/all/").content.decode()
    assert len(lxml.html.fromstring(shown).cssselect("#rows tr")) == 5
    assert "Morning Briefing" not in shown
    assert signed_in("viewer").get("/sources/articles/all/").status_code == 403


def test_articles_are_searched_and_filtered(
    editor: Client, articles: Callable[..., list[int]], django_assert_max_num_queries: Any
) -> None:
    articles(PAGE + 2)

    def find(query: str) -> Any:
        return lxml.html.fromstring(editor.get(f"/sources/articles/all/?{query}").content.decode())

    with django_assert_max_num_queries(30):
        page = find("")
    assert len(page.cssselect("#rows tr")) == PAGE
    assert len(find(page.get_element_by_id("show-more").get("href")[1:]).cssselect("#rows tr")) == 2
    found = [each.text_content() for each in find("q=theatre").cssselect("#rows a")]
    assert found
    assert all("Theatre" in each for each in found)
    assert find("state=ignored").cssselect("#rows a") == []
    assert len(find("month=2026-11").cssselect("#rows tr")) == PAGE
