"""An erased address goes out of exceptions, the outbox and what waits of the provider's reports."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from newsletter.delivery import models
from newsletter.delivery.events.erasure import erase_addresses


def test_an_address_with_letters_beyond_ascii_goes_out_of_a_post_as_well(
    db: None, tmp_path: Path, now: datetime
) -> None:
    body = '[{"email": "ann@bücher.example"}, {"email": "reader1@example.com"}]'.encode()
    models.WebhookPayload.objects.create(digest=b"x" * 32, body=body, received_at=now)
    erase_addresses(1, ["ann@bücher.example"], outbox=tmp_path)
    assert bytes(models.WebhookPayload.objects.get().body) == b'[{"email": "reader1@example.com"}]'
