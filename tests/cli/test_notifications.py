"""Notifications on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter.jobs.notifications import webhooks
from tests.cli.conftest import REFUSED, USAGE, Newsletter
from tests.fakes.smtp import SmtpServer, listening
from tests.fakes.webhook import WebhookServer, taking_posts


@pytest.fixture
def hook() -> Iterator[WebhookServer]:
    with taking_posts() as server:
        yield server


def test_a_webhook_is_added_tried_out_and_removed(
    newsletter: Newsletter, newsroom: Any, hook: WebhookServer, tmp_path: Path
) -> None:
    file = tmp_path / "address"
    file.write_text(f"{hook.url}/secret-path\n")
    add = ("notifications", "add-webhook", "chat", "--url-file", str(file), "--form", "slack", "--allow-private")
    code, out, _ = newsletter(*add, "--json")
    assert code == 0
    assert json.loads(out)["secret"].startswith("whsec_")
    assert "secret-path" not in out
    code, out, _ = newsletter("notifications", "test", "chat", "--json")
    assert (code, json.loads(out)["messages"][0]["state"]) == (0, "sent")
    assert hook.posts[0].json["text"].startswith("*A test of notifications*")
    code, out, _ = newsletter("notifications", "webhooks")
    assert hook.url in out
    assert "secret-path" not in out
    assert newsletter("notifications", "remove-webhook", "chat", "--yes")[0] == 0
    assert webhooks.list_webhooks() == ()


def test_of_one_newsletter_and_some_kinds(newsletter: Newsletter, newsroom: Any) -> None:
    add = ("notifications", "add-webhook", "chat", "--url", "https://hooks.example.com/x", "--newsletter", "morning")
    assert newsletter(*add, "--kind", "held", "--kind", "missed")[0] == 0
    (made,) = webhooks.list_webhooks()
    assert (made.newsletter_id, made.kinds) == (newsroom.briefing.id, ("held", "missed"))
    assert json.loads(newsletter("notifications", "webhooks", "--json")[1])[0]["kinds"] == ["held", "missed"]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--url", "nonsense"),
        ("--url", "https://hooks.example.com/", "--kind", "nonsense"),
        ("--url", "https://hooks.example.com/", "--form", "xml"),
    ],
)
def test_what_cannot_be_is_refused(newsletter: Newsletter, newsroom: Any, words: tuple[str, ...]) -> None:
    code, _, err = newsletter("notifications", "add-webhook", "chat", *words)
    assert code in (REFUSED, USAGE)
    assert err
    assert webhooks.list_webhooks() == ()


def test_a_test_mail_says_whether_it_arrived(newsletter: Newsletter, people: Any, settings: Any) -> None:
    code, _, err = newsletter("notifications", "test", "editor@example.com")
    assert code == REFUSED
    assert "NEWSLETTER_NOTIFY_SMTP_URL" in err
    with listening(SmtpServer()) as server:
        settings.CONFIG = replace(settings.CONFIG, notify_smtp_url=server.url)
        assert newsletter("notifications", "test", "editor@example.com")[1] == "editor@example.com: sent.\n"
        server.rcpt = {"editor@example.com": "550 nobody"}
        code, _, err = newsletter("notifications", "test", "editor@example.com")
    assert code == REFUSED
    assert "550 nobody" in err
    listed = json.loads(newsletter("notifications", "list", "--json")[1])
    assert [each["messages"][0]["state"] for each in listed] == ["failed", "sent"]
    assert "A test of notifications" in newsletter("notifications", "list")[1]


def test_nothing_told_yet_says_how_to_try_it(newsletter: Newsletter, newsroom: Any, now: datetime) -> None:
    assert "newsletter notifications test" in newsletter("notifications", "list")[1]
    assert "add-webhook" in newsletter("notifications", "webhooks")[1]
