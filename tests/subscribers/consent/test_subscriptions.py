"""How a subscription changes, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.kernel.errors import NotFound
from subscribers import models, people, subscriber_lookup, suppressions
from subscribers.consent import subscriptions
from subscribers.states import SubscriptionState
from subscribers.values import List
from tests.actors import SYSTEM

Active = Callable[..., int]


def test_saying_it_twice_keeps_the_first_reason_of_a_suppression(active: Active, now: datetime) -> None:
    person_id = active("ann@example.com")
    suppressions.suppress("ANN@example.com", reason="asked", by=SYSTEM, now=now)
    suppressions.suppress("ann@example.com", reason="later", by=SYSTEM, now=now)
    assert subscriber_lookup.get_subscriber(person_id).suppressed == "asked"
    suppressions.lift_suppression("Ann <ann@example.com>", complaints=True, by=SYSTEM, now=now)
    assert subscriber_lookup.get_subscriber(person_id).suppressed == ""
    with pytest.raises(NotFound):
        suppressions.lift_suppression("ann@example.com", complaints=True, by=SYSTEM, now=now)


def test_an_act_without_effect_leaves_a_consent_event_only_where_it_is_asked_for(
    active: Active, morning: List, now: datetime
) -> None:
    person = models.Subscriber.objects.get(id=active("ann@example.com"))
    before = models.ConsentEvent.objects.count()
    act: dict[str, Any] = {"how": "desk", "now": now, "actor": "test"}
    assert subscriptions.apply_act(person, morning, "import", **act) == "active"
    assert models.ConsentEvent.objects.count() == before
    subscriptions.apply_act(person, morning, "import", always_record=True, **act)
    assert models.ConsentEvent.objects.count() == before + 1
    assert subscriptions.apply_act(person, morning, "leave", origin="o" * 600, **act) == "unsubscribed"
    event = models.ConsentEvent.objects.latest("id")
    assert (event.state, event.before, event.how, event.by) == ("unsubscribed", "active", "desk", "test")
    assert event.origin == "o" * 500


def test_a_state_is_that_of_a_person_on_that_list(active: Active, morning: List, evening: List, now: datetime) -> None:
    active("ben@example.com")
    person = models.Subscriber.objects.get(id=active("ann@example.com"))
    people.unsubscribe(person.id, morning.id, by=SYSTEM, now=now)
    assert subscriptions.find_state(person, morning) is SubscriptionState.UNSUBSCRIBED
    assert subscriptions.find_state(person, evening) is None


def test_only_a_new_person_gets_the_name_that_came_with_their_address(morning: List, now: datetime) -> None:
    ann, new = subscriptions.get_or_create_subscriber("Ann@example.com", now, first_name="Ann")
    assert (new, ann.address, ann.first_name) == (True, "Ann@example.com", "Ann")
    again, new = subscriptions.get_or_create_subscriber("ANN@EXAMPLE.COM", now, first_name="Eve")
    assert (new, again.id, again.first_name) == (False, ann.id, "Ann")


def test_a_former_address_leads_to_who_had_it_last_unless_somebody_has_it_now(
    active: Active, morning: List, now: datetime
) -> None:
    first, second = active("ann@example.com"), active("ben@example.com")
    people.change_address(first, "ann@example.org", by=SYSTEM, seen=None, now=now)
    people.change_address(second, "ann@example.com", by=SYSTEM, seen=None, now=now + timedelta(days=1))
    assert subscriptions.find_by_former_address("ann@example.com") is None
    people.change_address(second, "ben@example.org", by=SYSTEM, seen=None, now=now + timedelta(days=2))
    found = subscriptions.find_by_former_address("ANN@example.com")
    assert found is not None
    assert found.id == second
    assert subscriptions.find_by_former_address("nobody@example.com") is None


def test_a_person_who_is_gone_cannot_be_changed(db: None) -> None:
    with pytest.raises(NotFound, match="no longer exists"):
        subscriptions.get_subscriber_row(1)


def test_a_bounce_gives_way_to_a_graver_reason_and_a_longer_time_counts(db: None, now: datetime) -> None:
    key, soon = "ann@example.com", now + timedelta(days=1)

    def suppress(reason: str, expires_at: datetime | None) -> tuple[str, datetime | None]:
        subscriptions.suppress_key(key, reason=reason, source="letter", now=now, expires_at=expires_at)
        row = models.Suppression.objects.get(address_key=key)
        return row.reason, row.expires_at

    assert suppress("bounced", soon) == ("bounced", soon)
    assert suppress("asked", soon) == ("asked", soon)
    assert suppress("complained", soon + timedelta(days=1)) == ("asked", soon + timedelta(days=1))
    assert suppress("complained", soon) == ("asked", soon + timedelta(days=1))
    assert suppress("complained", None) == ("asked", None)
