"""What the webhook takes in, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.delivery import models
from newsletter.delivery.events import inbox
from newsletter.kernel.errors import BadInput, NotAllowed
from tests.delivery.conftest import Sent
from tests.fakes.sendgrid_events import Signer, post


@pytest.mark.parametrize("keys", [[], ["other"]])
def test_without_the_right_key_nothing_is_taken(keys: list[str], signer: Signer, now: datetime, db: None) -> None:
    raw, timestamp = post(), str(int(now.timestamp()))
    keys = [Signer().public_key for _ in keys]
    with pytest.raises(NotAllowed):
        inbox.receive(raw, signature=signer.sign(raw, timestamp), timestamp=timestamp, keys=keys, now=now)
    assert not models.WebhookPayload.objects.exists()


def test_a_post_signed_days_ago_is_refused(take: Callable[..., None], now: datetime, db: None) -> None:
    take(at=now - inbox.OLDEST_PAYLOAD + timedelta(minutes=1))
    with pytest.raises(BadInput, match="too long ago"):
        take(at=now - inbox.OLDEST_PAYLOAD - timedelta(minutes=1))


def test_a_post_larger_than_the_provider_ever_makes_is_refused_before_it_is_looked_at(
    signer: Signer, now: datetime
) -> None:
    with pytest.raises(BadInput, match="2 MB"):
        inbox.receive(b"x" * (inbox.LARGEST_PAYLOAD + 1), signature="", timestamp="1", keys=["k"], now=now)


def test_what_was_not_applied_is_never_deleted_and_ids_outlast_their_payloads(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(1)
    take(mailing.event("delivered"))
    take(mailing.event("open"), apply=False)
    inbox.delete_expired(now + timedelta(hours=49))
    assert models.WebhookPayload.objects.exists()
    assert inbox.get_status() == inbox.InboxStatus(waiting=1, oldest_at=now, quarantined=0, error="")
    assert models.SeenEvent.objects.count() == 1
    inbox.delete_expired(now + inbox.OLDEST_PAYLOAD)
    assert models.SeenEvent.objects.count() == 1, "its post would still be taken"
    inbox.delete_expired(now + inbox.SEEN_EVENT_RETENTION + timedelta(minutes=1))
    assert not models.SeenEvent.objects.exists()
