"""Who was erased among the subscribers is forgotten by delivery and the outbox, too.

And what these know is handed out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts import audit_log
from newsletter.accounts.audit_log import AuditFilter
from newsletter.catalog import newsletter_settings, newsletters
from newsletter.checks import preflight
from newsletter.delivery import models
from newsletter.delivery.events import applying, inbox
from newsletter.delivery.sending import freeze, hand_over
from newsletter.jobs import erasure, tasks, wiring
from subscribers import people, suppressions
from subscribers.consent.erasure import erase_subscriber
from subscribers.consent.personal_data import collect_personal_data
from tests.actors import SYSTEM
from tests.fakes.sendgrid_events import Signer, event, post


@pytest.fixture
def sent(edition: Any, readers: Callable[..., list[int]], now: datetime) -> list[int]:
    """The ids of three readers whom the outbox has a letter to."""
    ids = readers(3)
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None)
    freeze.freeze_next(now)
    while hand_over.hand_over_next(now, owner="test", provider=wiring.get_provider(), clock=lambda: now):
        pass
    return ids


def receive(now: datetime, *events: dict[str, Any]) -> None:
    """Takes a signed post of the provider, and leaves it waiting."""
    signer, raw, timestamp = Signer(), post(*events), str(int(now.timestamp()))
    inbox.receive(raw, signature=signer.sign(raw, timestamp), timestamp=timestamp, keys=[signer.public_key], now=now)


def letters() -> str:
    return "".join(path.read_text() for path in wiring.get_config().outbox_dir.rglob("*.eml"))


def test_nothing_of_who_was_erased_stays_in_the_other_rooms_and_all_of_the_others_does(
    sent: list[int], now: datetime
) -> None:
    batch = models.Batch.objects.get()
    for person, address in ((sent[0], "reader0@example.com"), (sent[1], "reader1@example.com")):
        models.DeliveryException.objects.create(
            mailing=batch.mailing,
            batch=batch,
            subscriber_id=person,
            address=address,
            kind="bounced",
            at=now,
            reason=f"550 <{address}> is nobody; {address.title()}",
        )
    receive(
        now,
        event("bounce", {}, "Reader0@example.com", int(now.timestamp()), reason="550 <reader0@example.com>"),
        event("spamreport", {}, "reader1@example.com", int(now.timestamp())),
    )
    erase_subscriber(sent[0], by=SYSTEM, now=now)
    assert erasure.propagate_erasures(now) == 1
    assert erasure.propagate_erasures(now) == 0
    assert [*models.DeliveryException.objects.order_by("id").values_list("address", "reason")] == [
        ("erased", "550 <erased> is nobody; erased"),
        ("reader1@example.com", "550 <reader1@example.com> is nobody; Reader1@Example.Com"),
    ]
    waiting = bytes(models.WebhookPayload.objects.get().body)
    assert b"reader0" not in waiting.lower()
    assert b"spamreport" in waiting
    assert "reader0@example.com" not in letters()
    assert "reader1@example.com" in letters()
    assert applying.apply_next(now + timedelta(seconds=1), owner="test")


def test_a_post_that_nobody_can_read_does_not_keep_an_address(sent: list[int], now: datetime) -> None:
    models.WebhookPayload.objects.create(digest=b"x" * 32, body=b"{reader0@example.com", received_at=now)
    models.WebhookPayload.objects.create(digest=b"y" * 32, body=b'{"email": "reader0@example.com"}', received_at=now)
    erase_subscriber(sent[0], by=SYSTEM, now=now)
    erasure.propagate_erasures(now)
    assert [bytes(each.body) for each in models.WebhookPayload.objects.all()] == [b"[]", b"[]"]


def test_the_data_of_a_subscriber_name_every_edition_and_its_outcome(sent: list[int], now: datetime) -> None:
    (edition,) = collect_personal_data(sent[0], by=SYSTEM, now=now)["other_rooms"]["editions"]
    assert edition["outcome"] == "accepted"
    assert edition["subject"]


def test_the_audit_log_forgets_an_address_that_was_suppressed_before_its_owner_subscribed(
    newsroom: Any, now: datetime
) -> None:
    suppressions.suppress("Zoe@Bücher.example", reason="asked", by=SYSTEM, now=now)
    suppressions.lift_suppression("zoe@bücher.example", complaints=False, by=SYSTEM, now=now)
    zoe = people.add_subscriber("Zoe@bücher.example", newsroom.list.id, reason="at the fair", by=SYSTEM, now=now)
    people.change_address(zoe.id, "ZOE@example.org", seen=None, by=SYSTEM, now=now)
    erase_subscriber(zoe.id, by=SYSTEM, now=now)
    assert erasure.propagate_erasures(now) == 1
    entries = [each for each in audit_log.list_entries(AuditFilter()) if each.digest]
    assert [(each.personal_before, each.personal_after) for each in entries] == [({}, {})] * 4


def test_addresses_that_tests_went_to_are_forgotten_with_their_owner(
    newsroom: Any, sent: list[int], now: datetime
) -> None:
    tests = ["Reader0@example.com", "ed@example.com"]
    newsletter_settings.remember_test_addresses(newsroom.briefing.id, tests)
    erase_subscriber(sent[0], by=SYSTEM, now=now)
    erasure.propagate_erasures(now)
    assert newsletters.get_newsletter(newsroom.briefing.id).test_addresses == "ed@example.com"
