"""Webhooks: who may add them, and that nothing secret of them is shown or kept in the clear."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts.sealing import UnreadableSecretError
from newsletter.jobs import models
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications import webhooks
from newsletter.kernel.errors import BadInput, NotAllowed, NotFound, Refused
from tests.actors import SYSTEM, act_as

URL = "https://hooks.example.com/services/T000/secret"


def test_its_address_and_secret_are_sealed_and_only_its_host_is_shown(newsroom: Any, now: datetime) -> None:
    made, secret = webhooks.add_webhook("chat", URL, by=SYSTEM, now=now)
    assert (made.host, secret[:6]) == ("https://hooks.example.com", "whsec_")
    row = str(models.NotificationWebhook.objects.values().get())
    assert "T000" not in row
    assert secret not in row
    target = webhooks.open_target(made.id)
    assert (target.address, target.secret) == (URL, secret)
    assert "T000" not in repr(target)


def test_with_another_secret_key_it_is_unreadable(newsroom: Any, now: datetime, settings: Any) -> None:
    made, _ = webhooks.add_webhook("chat", URL, by=SYSTEM, now=now)
    settings.SECRET_KEY = "another"
    with pytest.raises(UnreadableSecretError):
        webhooks.open_target(made.id)


@pytest.mark.parametrize(
    "address", ["", "hooks.example.com/x", "ftp://example.com/secret", "https://me:secret@example.com/", "x" * 2_001]
)
def test_what_is_no_address_is_refused_without_showing_it(newsroom: Any, now: datetime, address: str) -> None:
    with pytest.raises(BadInput) as refused:
        webhooks.add_webhook("chat", address, by=SYSTEM, now=now)
    assert refused.value.field == "url"
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"form": "xml"}, "form"),
        ({"kinds": ["nonsense"]}, "kind"),
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
    ],
)
def test_what_cannot_be_is_refused_naming_the_field(
    newsroom: Any, now: datetime, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        webhooks.add_webhook(fields.pop("name", "chat"), URL, **fields, by=SYSTEM, now=now)
    assert refused.value.field == field


def test_it_takes_the_right_to_configure(newsroom: Any, people: Any, now: datetime) -> None:
    for by in (act_as("editor@example.com"), act_as("viewer@example.com")):
        with pytest.raises(NotAllowed):
            webhooks.add_webhook("chat", URL, newsletter_id=newsroom.briefing.id, by=by, now=now)
    webhooks.add_webhook("chat", URL, by=act_as("admin@example.com"), now=now)
    with pytest.raises(Refused, match="already"):
        webhooks.add_webhook("chat", URL, by=SYSTEM, now=now)
    with pytest.raises(NotAllowed):
        webhooks.remove_webhook("chat", by=act_as("editor@example.com"), now=now)
    webhooks.remove_webhook("chat", by=act_as("admin@example.com"), now=now)
    with pytest.raises(NotFound):
        webhooks.remove_webhook("chat", by=SYSTEM, now=now)


def test_of_one_newsletter_or_some_kinds_it_takes_no_others(newsroom: Any, now: datetime) -> None:
    everything, _ = webhooks.add_webhook("all", URL, by=SYSTEM, now=now)
    morning, _ = webhooks.add_webhook("morning", URL, newsletter_id=newsroom.briefing.id, by=SYSTEM, now=now)
    held, _ = webhooks.add_webhook("held", URL, kinds=["held"], by=SYSTEM, now=now)
    with pytest.raises(BadInput, match="service"):
        webhooks.add_webhook("x", URL, kinds=["disk"], newsletter_id=newsroom.briefing.id, by=SYSTEM, now=now)

    def takers(kind: NotificationKind, newsletter_id: int | None) -> set[int]:
        return set(webhooks.list_takers(kind, newsletter_id))

    assert takers(NotificationKind.HELD, newsroom.briefing.id) == {everything.id, morning.id, held.id}
    assert takers(NotificationKind.SENT, newsroom.other.id) == {everything.id}
    assert takers(NotificationKind.DISK, None) == {everything.id}
