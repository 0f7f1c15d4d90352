"""Leaving by one click or by the page, taking it back, and saying why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from subscribers import subscriber_lookup
from subscribers.values import List
from tests.conftest import reported
from tests.subscribers.views.conftest import footer, owed, words

Active = Callable[..., int]
Look = Callable[..., str | None]


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_one_click_needs_no_cookie_gets_no_redirect_and_leaves_at_once(
    encoding: str, client: Client, active: Active, morning: List, state: Look
) -> None:
    path = f"/u/{footer(morning.id, active('ann@example.com'))}"
    body = "List-Unsubscribe=One-Click"
    if encoding.startswith("multipart"):
        body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    for _ in range(2):
        response = client.post(path, body, content_type=encoding)
        assert (response.status_code, response.cookies) == (200, {})
        assert state("ann@example.com") == "unsubscribed"
    assert owed() == []


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("", "text/plain"),
        ("{", "application/json"),
        ("--x", "multipart/form-data"),
        ("a=1&" * 2000, "application/x-www-form-urlencoded"),
    ],
)
def test_one_click_works_whatever_the_body_holds(
    body: str, encoding: str, client: Client, active: Active, morning: List, state: Look
) -> None:
    response = client.post(f"/u/{footer(morning.id, active('ann@example.com'))}", body, content_type=encoding)
    assert response.status_code == 200
    assert state("ann@example.com") == "unsubscribed"


def test_leaving_by_the_page_and_taking_it_back(client: Client, active: Active, morning: List, state: Look) -> None:
    path = f"/u/{footer(morning.id, active('ann@example.com'))}"
    page = client.get(path)
    assert "Stop: Morning Briefing" in words(page)
    assert page.cookies == {}
    left = client.post(path, {"via": "page", "do": "leave"})
    assert "You get no more: Morning Briefing" in words(left)
    assert state("ann@example.com") == "unsubscribed"
    assert owed() == ["goodbye"]
    assert "You get no more: Morning Briefing" in words(client.get(path))
    back = client.post(path, {"via": "page", "do": "undo"})
    assert "You get it again: Morning Briefing" in words(back)
    assert state("ann@example.com") == "active"


def test_the_undo_never_claims_what_did_not_happen(
    client: Client, active: Active, morning: List, now: datetime
) -> None:
    person_id = active("ann@example.com")
    reported(person_id, morning.id, "complained", reason="", now=now)
    page = words(client.post(f"/u/{footer(morning.id, person_id)}", {"via": "page", "do": "undo"}))
    assert "again</h1>" not in page
    assert "we stopped it" in page


def test_links_of_mails_sent_before_the_key_was_changed_still_work(
    active: Active, morning: List, state: Look, settings: Any
) -> None:
    path = f"/u/{footer(morning.id, active('ann@example.com'))}"
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    assert Client().post(path).status_code == 200
    assert state("ann@example.com") == "unsubscribed"


def test_why_somebody_left_is_asked_after_and_kept_with_it(client: Client, active: Active, morning: List) -> None:
    person_id = active("ann@example.com")
    path = f"/u/{footer(morning.id, person_id)}"
    assert "May we ask why?" not in words(client.get(path))
    assert "May we ask why?" in words(client.post(path, {"via": "page", "do": "leave"}))
    client.post(path, {"via": "page", "do": "why", "reason": "too-many", "text": " two a day "})
    client.post(path, {"via": "page", "do": "why", "reason": "<b>", "text": "x"})
    assert subscriber_lookup.get_subscriber(person_id).consents[0].reason == "too-many: two a day"
