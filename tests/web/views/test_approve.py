"""Approving where a notification leads: opening the page changes nothing, and what was shown is what is approved."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletter.accounts.models import User
from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import edition_lookup, editions
from newsletter.curator.editions.states import EditionState
from newsletter.jobs import tasks
from tests.actors import SYSTEM
from tests.conftest import PASSWORD


def find_hash(page: str) -> str:
    found = re.search(r'name="content_hash" value="([^"]+)"', page)
    assert found, "there is no form"
    return found[1]


def test_the_link_asks_for_sign_in_leads_back_and_approves_by_a_press(people: dict[str, User], edition: Any) -> None:
    path, client = f"/editions/{edition.id}/approve/?seen=0-0", Client()
    asked = client.get(path)
    assert asked.status_code == 302
    signed = client.post(
        asked.url,  # type: ignore[attr-defined]
        {"email": "editor@example.com", "password": PASSWORD, "next": path},
    )
    assert signed.url == path  # type: ignore[attr-defined]
    page = client.get(path).content.decode()
    assert "The railway reaches the mill" in page
    assert "It has changed since you were told" in page
    done = client.post(path, {"content_hash": find_hash(page)}, follow=True).content.decode()
    assert "It is frozen" in done
    assert "Approved by editor@example.com" in done
    assert edition_lookup.get_edition(edition.id).state == EditionState.APPROVED


@pytest.mark.parametrize("target", ["https://evil.example.net/", "//evil.example.net/", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(people: dict[str, User], target: str) -> None:
    signed = Client().post("/login/", {"email": "editor@example.com", "password": PASSWORD, "next": target})
    assert signed.url == "/"  # type: ignore[attr-defined]


def test_however_often_a_scanner_follows_the_link_nothing_is_written(editor: Client, edition: Any) -> None:
    path = f"/editions/{edition.id}/approve/"
    editor.get(path)
    with CaptureQueriesContext(
        connection,
    ) as done:
        for client in (editor, Client()):
            for method in ("get", "head", "options"):
                getattr(client, method)(path)
    written = [each["sql"] for each in done if not each["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))]
    assert [sql for sql in written if "django_session" not in sql] == []
    assert edition_lookup.get_edition(edition.id).state == EditionState.DRAFT


def test_what_changed_meanwhile_is_refused_with_what_it_was(editor: Client, edition: Any, now: Any) -> None:
    path = f"/editions/{edition.id}/approve/"
    seen = find_hash(editor.get(path).content.decode())
    editions.edit_edition(edition.id, subject="Another subject", seen=None, by=SYSTEM, now=now)
    refused = editor.post(path, {"content_hash": seen})
    assert refused.status_code == 409
    assert "Another subject" in refused.content.decode()
    assert find_hash(refused.content.decode()) != seen, "whoever reads it may decide again"
    assert editor.post(path, {}).status_code == 422
    assert edition_lookup.get_edition(edition.id).state == EditionState.DRAFT


def test_whoever_may_only_look_reads_why_there_is_no_button(
    people: dict[str, User], signed_in: Callable[[str], Client], edition: Any
) -> None:
    viewer, path = signed_in("viewer"), f"/editions/{edition.id}/approve/"
    page = viewer.get(path).content.decode()
    assert "you have no right to approve here" in page
    assert "content_hash" not in page
    refused = viewer.post(path, {"content_hash": "0-0"})
    assert refused.status_code == 403
    assert "You have no right to approve here." in refused.content.decode()
    assert signed_in("stranger").get(path).status_code == 403


def test_what_blocks_is_shown_in_place_of_the_button(editor: Client, edition: Any, now: Any) -> None:
    editions.edit_edition(edition.id, subject="", seen=None, by=SYSTEM, now=now)
    page = editor.get(f"/editions/{edition.id}/approve/").content.decode()
    assert "Blocks approval." in page
    assert "It cannot be approved yet" in page
    assert "content_hash" not in page, "there is no form"


def test_the_first_of_two_is_told_that_a_second_is_needed(
    editor: Client, edition: Any, newsroom: Any, now: Any
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, approvals="two", seen=None, by=SYSTEM, now=now)
    path = f"/editions/{edition.id}/approve/"
    done = editor.post(path, {"content_hash": find_hash(editor.get(path).content.decode())}, follow=True)
    page = done.content.decode()
    assert "<b>You have approved it.</b> A second person must approve it as well." in page
    assert ">Approve</button>" not in page


def test_the_second_of_two_reads_who_was_the_first(
    editor: Client, admin: Client, edition: Any, newsroom: Any, now: Any
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, approvals="two", seen=None, by=SYSTEM, now=now)
    path = f"/editions/{edition.id}/approve/"
    editor.post(path, {"content_hash": find_hash(editor.get(path).content.decode())})
    page = admin.get(path).content.decode()
    assert "Approved by Editor. Yours would be the second approval" in page
    assert ">Approve</button>" in page


def test_the_note_to_the_approver_is_on_the_page(editor: Client, edition: Any, now: datetime) -> None:
    path = f"/editions/{edition.id}/approve/"
    assert "asks" not in editor.get(path).content.decode()
    tasks.request_approval(edition.id, of="", note="Mind the <lead>", by=SYSTEM, now=now)
    assert "tests asks for approval: Mind the &lt;lead&gt;" in editor.get(path).content.decode()
