"""What is not kept for longer than it must."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from subscribers import models, retention, self_service, subscriber_lookup
from subscribers.values import List

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
