"""How often a form may be used: by a network, for an address, by all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from subscribers import models, rate_limits
from subscribers.challenges import ChallengeNeeded
from subscribers.rate_limits import get_limit
from subscribers.values import List
from tests.subscribers.signing_up import join, owed


def test_an_address_that_is_typed_again_and_again_is_not_flooded(morning: List, now: datetime) -> None:
    for n in range(20):
        join("ann@example.com", morning, now=now + timedelta(minutes=6 * n))
    # Twenty tries over two hours: at most four mails in any hour.
    assert len(owed(now + timedelta(hours=3))) <= 2 * get_limit("mail-to")


def test_a_network_with_too_many_attempts_is_asked_for_a_challenge_for_an_hour(morning: List, now: datetime) -> None:
    for n in range(get_limit("sign-up")):
        join(f"r{n}@example.com", morning, network="192.0.2.1", now=now)
    with pytest.raises(ChallengeNeeded):
        join("late@example.com", morning, network="192.0.2.1", now=now)
    join("other@example.com", morning, network="192.0.2.2", now=now)
    join("late@example.com", morning, network="192.0.2.1", now=now + timedelta(hours=1, seconds=1))


def test_neither_addresses_nor_networks_are_kept_in_the_clear_for_counting(morning: List, now: datetime) -> None:
    join("ann@example.com", morning, network="192.0.2.1", now=now)
    kept = "".join(models.FormHit.objects.values_list("key", flat=True))
    assert "ann" not in kept
    assert "192.0.2" not in kept
    rate_limits.delete_old_hits(now + timedelta(days=1, seconds=1))
    assert not models.FormHit.objects.exists()


def test_one_newsroom_with_many_addresses_of_version_6_is_one_network(morning: List, now: datetime) -> None:
    for n in range(get_limit("sign-up")):
        join(f"r{n}@example.com", morning, network=f"2001:db8:1:2::{n:x}", now=now)
    with pytest.raises(ChallengeNeeded):
        join("late@example.com", morning, network="2001:db8:1:2:ffff::1", now=now)
    join("other@example.com", morning, network="2001:db8:1:3::1", now=now)


def test_limits_are_settings(settings: Any) -> None:
    wanted = {"signups_per_network": 1, "signups_per_form": 2, "reminders_per_network": 3, "mails_per_address": 4}
    settings.CONFIG = replace(settings.CONFIG, **wanted)
    assert [rate_limits.get_limit(bucket) for bucket in ("sign-up", "form", "which", "mail-to")] == [1, 2, 3, 4]
