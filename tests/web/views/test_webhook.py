"""The address the provider reports to: genuine posts are stored and answered at once, everything else is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.delivery import models
from newsletter.delivery.events import inbox
from newsletter.kernel import clock
from tests.fakes.sendgrid_events import Signer, event, post

ADDRESS = "/hooks/sendgrid"


@pytest.fixture
def signer(settings: Any) -> Signer:
    """A key pair whose public key is set."""
    made = Signer()
    settings.CONFIG = replace(settings.CONFIG, sendgrid_webhook_keys=(made.public_key,))
    return made


def send(raw: bytes, headers: dict[str, str]) -> Any:
    return Client(enforce_csrf_checks=True).post(ADDRESS, raw, content_type="application/json", headers=headers)


def timestamp() -> str:
    return str(int(clock.now().timestamp()))


@pytest.mark.django_db
def test_a_genuine_post_is_stored_as_it_came(signer: Signer) -> None:
    raw = post(event("delivered", {}, "reader@example.com", 1))
    assert send(raw, signer.headers(raw, timestamp())).status_code == 204
    assert bytes(models.WebhookPayload.objects.get().body) == raw


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"X-Twilio-Email-Event-Webhook-Signature": "ü"}])
def test_an_unsigned_post_is_refused(signer: Signer, headers: dict[str, str]) -> None:
    assert send(post(), headers).status_code == 403
    assert not models.WebhookPayload.objects.exists()


@pytest.mark.django_db
def test_without_a_key_every_post_is_refused() -> None:
    raw = post()
    answer = send(raw, Signer().headers(raw, timestamp()))
    assert answer.status_code == 403
    assert "NEWSLETTER_SENDGRID_WEBHOOK_KEYS" in answer.content.decode()


@pytest.mark.django_db
def test_a_huge_post_is_refused_unread(signer: Signer) -> None:
    raw = b" " * (3 * 2**20)
    assert send(raw, signer.headers(raw, timestamp())).status_code == 413


@pytest.mark.django_db
def test_looking_at_it_changes_nothing(signer: Signer) -> None:
    assert Client().get(ADDRESS).status_code == 405


@pytest.mark.django_db
def test_refused_posts_are_counted_and_written_once_in_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "_last_stored", datetime.min.replace(tzinfo=UTC))
    inbox._refused.clear()
    for _ in range(3):
        send(post(), {})
    assert [row.count for row in models.RefusedPosts.objects.all()] == [1]
    inbox.note_refused("later", clock.now() + timedelta(seconds=11))
    assert sum(row.count for row in models.RefusedPosts.objects.all()) == 4
