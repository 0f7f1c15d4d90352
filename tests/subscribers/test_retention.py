"""What is not kept for longer than it must."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from subscribers import models, people, retention, self_service, subscriber_lookup, suppressions
from subscribers.tokens import FOOTER, Claims
from subscribers.values import List
from tests.actors import SYSTEM
from tests.interleaving import failing

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


@pytest.fixture
def keep_for(settings: Any) -> Callable[..., None]:
    """Sets for how many months proof is kept, and those who left."""

    def configure(**months: int) -> None:
        settings.CONFIG = replace(settings.CONFIG, **months)

    return configure


def has(address: str) -> bool:
    return subscriber_lookup.find_subscriber_by_address(address) is not None


def test_nobody_who_left_is_forgotten_unless_it_is_set(morning: List, active: Active, now: datetime) -> None:
    people.unsubscribe(active("ann@example.com"), morning.id, by=SYSTEM, now=now)
    retention.apply_retention(now + timedelta(days=3_000))
    assert has("ann@example.com")


def test_who_left_every_list_long_ago_is_forgotten_and_stays_unmailed(
    morning: List, evening: List, active: Active, keep_for: Callable[..., None], take_in: Any, now: datetime
) -> None:
    keep_for(forget_months=12)
    for name in ("ann", "ben", "dora", "eve"):
        people.unsubscribe(active(f"{name}@example.com"), morning.id, by=SYSTEM, now=now)
    people.add_subscriber("ben@example.com", evening.id, reason="asked", by=SYSTEM, now=now)
    models.Subscriber.objects.filter(address="dora@example.com").update(tier="paid")
    self_service.sign_up("eve@example.com", [morning.id], origin="", network="", now=now + timedelta(days=365))
    retention.apply_retention(now + timedelta(days=364))
    assert has("ann@example.com")
    retention.apply_retention(now + timedelta(days=367))
    assert [has(f"{name}@example.com") for name in ("ann", "ben", "dora", "eve")] == [False, True, True, True]
    assert take_in("email\nann@example.com\n").new == 0
    assert not has("ann@example.com")


def test_of_who_is_forgotten_without_asking_why_they_are_not_mailed_stays(
    morning: List, active: Active, keep_for: Callable[..., None], now: datetime
) -> None:
    keep_for(forget_months=12)
    for name in ("ann", "ben"):
        people.unsubscribe(active(f"{name}@example.com"), morning.id, by=SYSTEM, now=now)
    suppressions.suppress("ann@example.com", reason="complained", by=SYSTEM, now=now)
    late = now + timedelta(days=367)
    retention.apply_retention(late)
    assert not has("ann@example.com")
    assert not has("ben@example.com")
    assert not self_service.sign_up("ann@example.com", [morning.id], origin="", network="", now=late)
    assert self_service.sign_up("ben@example.com", [morning.id], origin="", network="", now=late)


def test_one_person_or_step_that_fails_stops_no_other(morning: List, active: Active, now: datetime) -> None:
    ids = [active(f"{name}@example.com") for name in ("ann", "ben", "eve")]
    models.Subscription.objects.update(asked_at=now - timedelta(days=60))
    suppressions.suppress("gone@example.com", reason="asked", expires_at=now + timedelta(days=1), by=SYSTEM, now=now)
    with (
        failing("UPDATE subscribers_subscription", ids[1]),
        pytest.raises(ValueError, match="broken"),
    ):
        retention.apply_retention(now + timedelta(days=2))
    assert [subscriber_lookup.get_subscriber(each).subscriptions[0].state for each in ids] == [
        "unsubscribed", "active", "unsubscribed"
    ]  # fmt: skip
    models.Suppression.objects.create(address_key="x@example.com", reason="asked", created_at=now, expires_at=now)
    with failing("SELECT subscribers_import"), pytest.raises(ValueError, match="broken"):
        retention.apply_retention(now + timedelta(days=3))
    assert not models.Suppression.objects.exists()
