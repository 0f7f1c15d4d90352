from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import editions
from newsletter.delivery import isolation, models
from newsletter.delivery.ledger.states import BatchState, RecallState
from newsletter.delivery.reports import recipients
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import claims, expired_leases, freeze, prepared_batches
from subscribers import people, subscriber_lookup, suppressions, tokens
from subscribers.models import Subscriber
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.conftest import hand_over_all, hand_over_one, shown
from tests.fakes.provider import ScriptedProvider, breaks_off
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]
LATER = expired_leases.LEASE + timedelta(seconds=1)


def claim(now: datetime, owner: str) -> claims.Claim | None:
    return claims.claim_batch(now, until=now + expired_leases.LEASE, owner=owner, provider=ScriptedProvider.name)


def test_a_request_carries_opaque_ids_and_each_subscribers_own_token(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    ids = join(2)
    made = frozen()
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    request = provider.requests[0]
    batch = models.Batch.objects.get()
    assert (request.mailing, request.batch, request.attempt) == (made.key, batch.key, batch.attempt_key)
    assert [person.delivery for person in request.recipients] == [f"{batch.key}.0", f"{batch.key}.1"]
    claims = [subscriber_lookup.get_signer().read(person.token, tokens.FOOTER, now) for person in request.recipients]
    assert [(each.list_id, each.subscriber_id) for each in claims] == [(newsroom.list.id, person) for person in ids]


def test_who_leaves_after_the_freeze_is_withdrawn_and_shown_as_such(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    ids = join(3)
    made = frozen()
    people.unsubscribe(ids[1], newsroom.list.id, by=SYSTEM, now=now)
    provider = ScriptedProvider()
    assert hand_over_all(provider, now) == 1, "the others do not wait for another turn"
    assert "reader1@example.com" not in provider.mailed
    assert shown(made).counts == {"accepted": 2, "withdrawn": 1}
    (who,) = recipients.list_recipients(made.id, state="withdrawn", by=SYSTEM)
    assert (who.subscriber_id, who.reason) == (ids[1], "unsubscribed after the audience was frozen")


def test_a_batch_that_everybody_left_is_withdrawn_without_a_request(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    ids = join(2)
    made = frozen()
    for person in ids:
        people.unsubscribe(person, newsroom.list.id, by=SYSTEM, now=now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    assert not provider.requests
    assert shown(made).batches == {"withdrawn": 1}
    assert not isolation.list_failures()


def test_the_address_of_the_freeze_is_used(frozen: Plan, join: Join, now: datetime) -> None:
    ids = join(1)
    made = frozen()
    later = now + timedelta(minutes=1)
    people.change_address(ids[0], "moved@example.com", by=SYSTEM, seen=None, now=later)
    provider = ScriptedProvider()
    hand_over_all(provider, later)
    assert set(provider.mailed) == {"reader0@example.com"}
    assert [who.address for who in recipients.list_recipients(made.id, by=SYSTEM)] == ["reader0@example.com"], (
        "the proof names where it went"
    )


def test_a_worker_that_lost_its_claim_withdraws_nobody(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    ids = join(3)
    made = frozen()
    people.unsubscribe(ids[1], newsroom.list.id, by=SYSTEM, now=now)
    provider = ScriptedProvider()
    later = now + LATER

    def another_takes_over() -> None:
        expired_leases.recover_expired_leases(later)
        assert claim(later, "worker/2") is not None

    with just_before("UPDATE delivery_batch SET outcomes =", another_takes_over):
        hand_over_one(provider, now, "worker/1")
    assert not provider.requests
    assert shown(made).counts == {"planned": 3}
    hand_over_all(provider, later + LATER)
    assert shown(made).counts == {"accepted": 2, "withdrawn": 1}
    assert models.DeliveryException.objects.count() == 1, "said by the one who withdrew"


def test_what_batches_have_in_common_is_read_once_and_kept_of_a_few_mailings(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(120)
    made = frozen()
    models.Mailing.objects.update(proven_at=now)
    with CaptureQueriesContext(connection) as queries:
        hand_over_all(ScriptedProvider(), now)
    assert [each["sql"].startswith('SELECT "delivery_mailing"') for each in queries].count(True) == 1
    for version in range(1_000, 1_040):
        prepared_batches._load_mailing_context(made.id, version, "", True)
    assert prepared_batches._load_mailing_context.cache_info().currsize == 32


def test_what_batches_have_in_common_is_read_anew_once_the_mailing_was_changed(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(60)
    frozen()
    provider = ScriptedProvider()
    hand_over_one(provider, now)
    models.Mailing.objects.update(recall=RecallState.OPEN, cancel_id="an id", version=F("version") + 1)
    hand_over_one(provider, now)
    assert [request.cancel_id for request in provider.requests] == ["", "an id"]


def test_the_date_is_the_day_on_which_the_batch_itself_is_to_leave(
    plan: Plan, join: Join, edition: Any, now: datetime
) -> None:
    join(1)
    editions.edit_edition(edition.id, intro="It is {{ date }}.", now=now, seen=None, by=SYSTEM)
    made = plan(due_at=now + timedelta(hours=1))
    models.Mailing.objects.filter(id=made.id).update(recall=RecallState.OPEN, cancel_id="an id", begins_at=now)
    freeze.freeze_next(now)
    models.Batch.objects.update(send_at=now + timedelta(days=1))
    provider = ScriptedProvider()
    assert hand_over_one(provider, now)
    (request,) = provider.requests
    assert [*request.recipients.dates] == ["Wednesday 25 November 2026"]


def test_who_was_suppressed_before_the_freeze_is_not_looked_at_again_but_who_was_after_it_is_withdrawn(
    plan: Plan, join: Join, now: datetime
) -> None:
    join(3)
    suppressions.suppress("reader0@example.com", reason="asked", by=SYSTEM, now=now)
    made = plan()
    freeze.freeze_next(now)
    assert shown(made).excluded == {"suppressed": 1}
    suppressions.suppress("reader1@example.com", reason="asked", by=SYSTEM, now=now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    assert dict(provider.mailed) == {"reader2@example.com": 1}
    assert shown(made).counts == {"withdrawn": 1, "accepted": 1}


def test_when_the_rest_of_a_batch_left_it_is_what_its_other_members_are(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    ids = join(3)
    made = frozen()
    provider = ScriptedProvider(breaks_off)
    hand_over_all(provider, now)
    people.unsubscribe(ids[2], newsroom.list.id, by=SYSTEM, now=now)
    later = now + timedelta(minutes=1)
    assert hand_over_all(provider, later) == 1
    assert len(provider.requests) == 1
    assert shown(made).counts == {"accepted": 1, "unknown": 1, "withdrawn": 1}
    batch = models.Batch.objects.get()
    assert (batch.state, batch.lease_until) == (BatchState.UNKNOWN, None)


def test_the_mail_is_tracked_only_where_newsletter_and_subscriber_want_it(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, tracking="on", seen=None, by=SYSTEM)
    ids = join(2)
    Subscriber.objects.filter(id=ids[0]).update(tracked=False)
    frozen()
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    tracked = {
        request.recipients[0].address: (request.envelope.click_tracking, request.envelope.open_tracking)
        for request in provider.requests
    }
    assert tracked == {"reader0@example.com": (False, False), "reader1@example.com": (True, True)}
    assert {request.envelope.unsubscribe_base for request in provider.requests} == {f"{settings.CONFIG.base_url}/u/"}


@pytest.mark.parametrize(
    ("window", "send_in", "id_and_time"),
    [
        (RecallState.OPEN, None, ("an id", 60)),
        (RecallState.OPEN, 62, ("an id", 62)),
        (RecallState.OPEN, 0, ("an id", None)),
        (RecallState.CLOSED, 62, ("", None)),
    ],
)
def test_the_provider_is_to_wait_only_in_a_recall_window_and_until_a_time_that_is_to_come(
    plan: Plan, join: Join, now: datetime, window: str, send_in: int | None, id_and_time: tuple[str, int | None]
) -> None:
    join(1)
    due = now + timedelta(minutes=60)
    made = plan(due_at=due)
    models.Mailing.objects.filter(id=made.id).update(recall=RecallState.OPEN, cancel_id="an id", begins_at=now)
    freeze.freeze_next(now)
    models.Mailing.objects.filter(id=made.id).update(recall=window)
    if send_in is not None:
        models.Batch.objects.update(send_at=now + timedelta(minutes=send_in))
    provider = ScriptedProvider()
    assert hand_over_one(provider, now)
    (request,) = provider.requests
    minutes = None if request.send_at is None else (request.send_at - now) / timedelta(minutes=1)
    assert (request.cancel_id, minutes) == id_and_time
