"""Leaving, taking it back, and what the provider reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.kernel.errors import NotFound
from subscribers import audience, models, people, self_service, subscriber_lookup, suppressions, transactional
from subscribers.tokens import FOOTER, Claims
from subscribers.values import List
from tests.conftest import reported

Look = Callable[..., str | None]
Active = Callable[..., int]


def kinds(now: datetime) -> list[str]:
    return [mail.kind for mail in transactional.claim_mails(now, limit=50, lease=timedelta(minutes=2))]


def leave(person_id: int, list_id: int, now: datetime, how: str = "page") -> None:
    self_service.unsubscribe_by_link(Claims(FOOTER, list_id, person_id), how=how, network="", now=now)


def undo(person_id: int, list_id: int, now: datetime) -> None:
    self_service.undo_unsubscribe(Claims(FOOTER, list_id, person_id), network="", now=now)


@pytest.mark.parametrize(("how", "mails"), [("page", ["goodbye"]), ("one-click", [])])
def test_leaving_is_at_once_and_told_by_mail_only_after_the_page(
    how: str, mails: list[str], active: Active, morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    leave(person_id, morning.id, now, how)
    assert state("ann@example.com") == "unsubscribed"
    assert kinds(now) == mails
    assert audience.get_audience_addresses(morning.id, [person_id], as_of=now).excluded == {person_id: "unsubscribed"}


def test_leaving_twice_is_leaving_once(active: Active, morning: List, now: datetime) -> None:
    person_id = active("ann@example.com")
    leave(person_id, morning.id, now)
    leave(person_id, morning.id, now + timedelta(days=1))
    person = subscriber_lookup.get_subscriber(person_id)
    assert person.subscriptions[0].since == now
    assert kinds(now + timedelta(days=1)) == ["goodbye"]


def test_a_token_for_one_list_stops_that_list_alone(
    active: Active, morning: List, evening: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    people.add_subscriber("ann@example.com", evening.id, by="test", now=now, confirmed=True)
    leave(person_id, morning.id, now)
    assert (state("ann@example.com"), state("ann@example.com", evening)) == ("unsubscribed", "active")


def test_the_undo_brings_back_what_was_stopped(active: Active, morning: List, state: Look, now: datetime) -> None:
    person_id = active("ann@example.com")
    leave(person_id, morning.id, now)
    undo(person_id, morning.id, now)
    assert state("ann@example.com") == "active"


def test_the_undo_of_stopping_everything_leaves_alone_what_was_stopped_long_ago(
    active: Active, morning: List, evening: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    people.add_subscriber("ann@example.com", evening.id, by="test", now=now, confirmed=True)
    leave(person_id, evening.id, now)
    leave(person_id, 0, now + timedelta(days=400))
    undo(person_id, 0, now + timedelta(days=400))
    assert (state("ann@example.com"), state("ann@example.com", evening)) == ("active", "unsubscribed")


def test_the_undo_of_somebody_who_never_confirmed_asks_once_more(morning: List, state: Look, now: datetime) -> None:
    self_service.sign_up("ann@example.com", [morning.id], origin="", network="", now=now)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    leave(person.id, morning.id, now + timedelta(days=30))
    kinds(now + timedelta(days=30))
    undo(person.id, morning.id, now + timedelta(days=30))
    assert state("ann@example.com") == "pending"
    assert kinds(now + timedelta(days=30)) == ["confirm"]


def test_the_undo_of_stopping_everything_brings_no_address_back_that_had_bounced(
    active: Active, morning: List, evening: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    people.add_subscriber("ann@example.com", evening.id, by="test", now=now, confirmed=True)
    reported(person_id, evening.id, "hard", reason="550 no such user", now=now)
    leave(person_id, 0, now)
    undo(person_id, 0, now)
    assert (state("ann@example.com"), state("ann@example.com", evening)) == ("unsubscribed", "unsubscribed")


@pytest.mark.parametrize("act", ["hard", "complained"])
def test_no_undo_takes_back_what_the_provider_reported(
    act: str, active: Active, morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    reported(person_id, morning.id, act, reason="550 no such user", now=now)
    before = state("ann@example.com")
    undo(person_id, morning.id, now)
    assert state("ann@example.com") == before


def test_a_complaint_on_one_list_stops_mail_from_all(
    active: Active, morning: List, evening: List, now: datetime
) -> None:
    person_id = active("ann@example.com")
    people.add_subscriber("ann@example.com", evening.id, by="test", now=now, confirmed=True)
    reported(person_id, morning.id, "complained", reason="spam button", now=now)
    assert [c.exclusion for c in audience.list_audience_page(evening.id, after=0, upto=10**6, limit=9)] == [
        "complained"
    ]


def test_saying_it_twice_keeps_the_first_reason_of_a_suppression(active: Active, now: datetime) -> None:
    person_id = active("ann@example.com")
    suppressions.suppress("ANN@example.com", reason="asked", source="letter", now=now)
    suppressions.suppress("ann@example.com", reason="later", source="letter", now=now)
    assert subscriber_lookup.get_subscriber(person_id).suppressed == "asked"
    suppressions.lift_suppression("Ann <ann@example.com>")
    assert subscriber_lookup.get_subscriber(person_id).suppressed == ""
    with pytest.raises(NotFound):
        suppressions.lift_suppression("ann@example.com")


def test_a_reason_is_kept_with_the_leaving_alone(morning: List, active: Callable[..., int], now: datetime) -> None:
    claims = Claims(FOOTER, morning.id, active("ann@example.com"))
    self_service.record_leaving_reason(claims, "too-many")  # before leaving
    self_service.unsubscribe_by_link(claims, how="page", network="", now=now)
    self_service.record_leaving_reason(claims, "other", "moved")
    self_service.undo_unsubscribe(claims, network="", now=now)
    self_service.record_leaving_reason(claims, "never-asked")  # by an old page, after coming back
    person = models.Subscriber.objects.get()
    assert [*person.consents.order_by("id").values_list("how", "reason")] == [
        ("desk", ""),
        ("page", "other: moved"),
        ("undo", ""),
    ]
