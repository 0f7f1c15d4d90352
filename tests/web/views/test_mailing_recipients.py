"""Who did not get a mailing, on its page: filtered, searched, and exported as shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import lxml.html
from django.db.models import F
from django.test import Client

from newsletter.delivery.ledger.format import unpack_members
from newsletter.delivery.ledger.states import Outcome
from newsletter.delivery.models import Batch, DeliveryException


def test_those_who_did_not_get_it_are_filtered_counted_and_exported_as_shown(
    admin: Client, sent: Any, now: datetime
) -> None:
    Batch.objects.update(
        state="accepted",
        outcomes=bytes([Outcome.BOUNCED, 0, Outcome.UNKNOWN, 0, Outcome.ACCEPTED, 0]),
        version=F("version") + 1,
    )
    (batch,) = Batch.objects.all()
    first = unpack_members(batch.members)[0]
    DeliveryException.objects.create(
        mailing_id=sent.id, batch=batch, subscriber_id=first, kind="bounced", reason="550 no such user", at=now
    )
    page = lxml.html.fromstring(admin.get(f"/deliveries/{sent.id}/?who=READER0").content.decode())
    (row,) = page.cssselect("#rows tr")
    assert "reader0@example.com" in row.text_content()
    assert "550 no such user" in row.text_content()
    assert [" ".join(each.text_content().split()) for each in page.cssselect("#who nav a")] == [
        "Not delivered 2",
        "Unknown 1",
        "Bounced 1",
        "Everybody 3",
    ]
    shown = f"/deliveries/{sent.id}/proof.csv?of=page&reason=550+no+such+user"
    lines = b"".join(admin.get(shown)).decode().splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["reader0@example.com"]
    assert admin.get(f"/deliveries/{sent.id}/?state=lost").status_code == 422
