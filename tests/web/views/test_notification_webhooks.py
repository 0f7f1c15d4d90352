"""Webhooks at the desk: added, tried out, removed; nothing secret is shown but once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from newsletter.jobs.notifications import webhooks
from tests.actors import SYSTEM
from tests.fakes.webhook import taking_posts
from tests.web.seen import flatten

PATH = "/notifications/webhooks/"
GIVEN = {"name": "chat", "url": "https://hooks.example.com/T000/secret-path", "form": "slack"}


@pytest.fixture
def admin(people: Any, signed_in: Callable[[str], Client]) -> Client:
    return signed_in("admin")


def test_a_webhook_is_added_and_its_secret_shown_once(admin: Client, newsroom: Any) -> None:
    made = admin.post(PATH, GIVEN | {"newsletter": "morning", "kind": ["held", "missed"]}).content.decode()
    assert "whsec_" in made
    (found,) = webhooks.list_webhooks()
    assert (found.newsletter_id, found.kinds, found.form) == (newsroom.briefing.id, ("held", "missed"), "slack")
    assert not found.allows_private
    later = admin.get(PATH).content.decode()
    assert "https://hooks.example.com" in later
    assert "Morning Briefing: Held; Missed" in flatten(later)
    for secret in ("whsec_", "secret-path"):
        assert secret not in later


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "nonsense"}, "The address is no web address"),
        ({"name": ""}, "Give the webhook a name."),
        ({"form": "xml"}, "Select a valid choice"),
        ({"kind": ["disk"], "newsletter": "morning"}, "about the service as a whole"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(
    admin: Client, newsroom: Any, wrong: dict[str, Any], said: str
) -> None:
    refused = admin.post(PATH, GIVEN | wrong)
    assert refused.status_code == 422
    assert said in refused.content.decode()
    assert (wrong | {"url": GIVEN["url"]} | wrong)["url"] in refused.content.decode()
    assert webhooks.list_webhooks() == ()


def test_the_same_name_twice_is_refused(admin: Client, newsroom: Any) -> None:
    admin.post(PATH, GIVEN)
    refused = admin.post(PATH, GIVEN)
    assert refused.status_code == 422
    assert "There is a webhook “chat” already" in refused.content.decode()


def test_a_webhook_is_tried_out_and_removed(admin: Client, newsroom: Any, now: Any) -> None:
    def act(do: str) -> str:
        return admin.post(PATH, {"do": do, "name": "chat"}, follow=True).content.decode()

    with taking_posts() as hook:
        webhooks.add_webhook("chat", hook.url, allows_private=True, by=SYSTEM, now=now)
        assert "The test to chat: sent." in act("test")
        hook.statuses = [500]
        assert "answered 500" in act("test")
    assert "chat is removed" in act("remove")
    assert "There is no webhook" in act("remove")


def test_only_who_may_configure_the_newsroom_sees_them(editor: Client) -> None:
    assert editor.get(PATH).status_code == 403
    assert "Webhooks" not in editor.get("/account/notifications/").content.decode()
