"""What is not kept for longer than it must."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from subscribers import models, people, retention, self_service, subscriber_lookup
from subscribers.tokens import FOOTER, Claims
from subscribers.values import List
from tests.actors import SYSTEM

Active = Callable[..., int]


def test_who_never_confirmed_is_forgotten_after_a_month_without_a_hash(
    morning: List, active: Active, now: datetime
) -> None:
    active("ben@example.com")
    self_service.sign_up("ann@example.com", [morning.id], origin="", network="", now=now)
    retention.apply_retention(now + timedelta(days=29))
    assert subscriber_lookup.find_subscriber_by_address("ann@example.com") is not None
    retention.apply_retention(now + timedelta(days=31))
    assert subscriber_lookup.find_subscriber_by_address("ann@example.com") is None
    assert models.Suppression.objects.count() == 0
    assert subscriber_lookup.find_subscriber_by_address("ben@example.com") is not None


def test_a_request_of_somebody_who_left_is_forgotten_after_a_month_and_they_stay_out(
    morning: List, active: Active, now: datetime
) -> None:
    person_id = active("ann@example.com")
    self_service.unsubscribe_by_link(Claims(FOOTER, morning.id, person_id), how="one-click", network="", now=now)
    self_service.sign_up("ann@example.com", [morning.id], origin="", network="", now=now)
    retention.apply_retention(now + timedelta(days=29))
    assert subscriber_lookup.get_subscriber(person_id).subscriptions[0].requested_at == now
    retention.apply_retention(now + timedelta(days=31))
    (subscription,) = subscriber_lookup.get_subscriber(person_id).subscriptions
    assert (subscription.state, subscription.requested_at) == ("unsubscribed", None)


def test_who_had_left_and_became_pending_before_this_version_has_left_again_and_is_not_deleted(
    morning: List, active: Active, now: datetime
) -> None:
    person_id = active("ann@example.com")
    people.unsubscribe(person_id, morning.id, by=SYSTEM, now=now)
    models.Subscription.objects.update(state="pending", since=now)
    retention.apply_retention(now + timedelta(days=31))
    person = subscriber_lookup.get_subscriber(person_id)
    assert person.subscriptions[0].state == "unsubscribed"
    assert (person.consents[0].state, person.consents[0].how) == ("unsubscribed", "unconfirmed")
