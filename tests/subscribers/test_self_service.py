"""Signing up, confirming, and being added by the newsroom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import pytest
from django.test import Client

from newsletter.kernel.errors import BadInput, NotFound, Refused
from subscribers import (
    audience,
    lists,
    models,
    people,
    rate_limits,
    self_service,
    subscriber_lookup,
    suppressions,
    tokens,
    transactional,
)
from subscribers.lists import create_list
from subscribers.rate_limits import MAX_HITS, TooManyRequests
from subscribers.values import List, TransactionalMail
from subscribers.views import joining
from tests.conftest import reported
from tests.interleaving import just_before

Look = Callable[..., str | None]
Active = Callable[..., int]


def owed(now: datetime) -> list[TransactionalMail]:
    return list(transactional.claim_mails(now, limit=50, lease=timedelta(minutes=2)))


def join(address: str, *lists: List, now: datetime, network: str = "", **more: str) -> None:
    self_service.sign_up(address, [each.id for each in lists], origin="/join/", network=network, now=now, **more)


def claims_of(mail: TransactionalMail, now: datetime) -> tokens.Claims:
    return subscriber_lookup.get_signer().read(mail.button_url.rpartition("/")[2], tokens.CONFIRM, now)


def test_a_sign_up_waits_for_the_press_of_the_button(morning: List, state: Look, now: datetime) -> None:
    join("Ann@example.com", morning, now=now)
    assert state("ann@example.com") == "pending"
    (mail,) = owed(now)
    assert (mail.kind, mail.address, mail.list_name) == ("confirm", "Ann@example.com", "Morning Briefing")
    person, target = self_service.confirm_subscription(
        claims_of(mail, now), network="192.0.2.1", now=now + timedelta(minutes=3)
    )
    assert (person.subscriptions[0].state, target.id) == ("active", morning.id)
    assert person.subscriptions[0].confirmed_at == now + timedelta(minutes=3)
    assert [mail.kind for mail in owed(now + timedelta(minutes=3))] == ["welcome"]


def test_every_change_leaves_who_when_how_and_from_where(morning: List, now: datetime) -> None:
    self_service.sign_up(
        "ann@example.com", [morning.id], origin="/join/morning/", network="192.0.2.1", now=now, words="Sign up"
    )
    self_service.confirm_subscription(claims_of(owed(now)[0], now), network="192.0.2.2", now=now + timedelta(minutes=1))
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    assert [(c.how, c.state, c.origin) for c in person.consents] == [
        ("confirmed", "active", ""),
        ("form", "pending", "/join/morning/"),
    ]


def test_confirming_twice_is_harmless(morning: List, now: datetime) -> None:
    join("ann@example.com", morning, now=now)
    claims = claims_of(owed(now)[0], now)
    self_service.confirm_subscription(claims, network="", now=now)
    person, _ = self_service.confirm_subscription(claims, network="", now=now + timedelta(hours=1))
    assert person.subscriptions[0].since == now
    assert len(person.consents) == 2


def test_a_confirmation_from_before_leaving_brings_nobody_back(morning: List, now: datetime) -> None:
    join("ann@example.com", morning, now=now)
    claims = claims_of(owed(now)[0], now)
    self_service.unsubscribe_by_link(claims, how="page", network="", now=now)
    with pytest.raises(Refused, match="Sign up again"):
        self_service.confirm_subscription(claims, network="", now=now)


def test_an_active_subscriber_who_signs_up_again_gets_a_mail_and_stays_active(
    morning: List, active: Callable[..., int], state: Look, now: datetime
) -> None:
    active("ann@example.com")
    join("ann@example.com", morning, now=now)
    assert state("ann@example.com") == "active"
    assert [mail.kind for mail in owed(now)] == ["already"]


def test_a_stranger_cannot_give_a_subscriber_a_name(active: Callable[..., int], morning: List, now: datetime) -> None:
    """Whoever types an address that is known would else write the greeting of its owner's mail."""
    person_id = active("ann@example.com")
    join("ann@example.com", morning, now=now, first_name="Fool")
    assert subscriber_lookup.get_subscriber(person_id).first_name == ""


@pytest.mark.parametrize(
    "name", ["http://spam.example", "win www.spam.example", "me@spam.example", "<b>Ann</b>", "cheap.pills"]
)
def test_a_name_that_is_an_advertisement_is_dropped(name: str, morning: List, now: datetime) -> None:
    join("ann@example.com", morning, now=now, first_name=name)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    assert person.first_name == ""


def test_one_sign_up_for_many_lists_owes_a_confirmation_for_each(now: datetime, db: None) -> None:
    lists = [create_list(f"list-{n}", f"List {n}", now=now) for n in range(MAX_HITS["mail-to"] + 2)]
    join("ann@example.com", *lists, now=now)
    assert sorted(mail.list_name for mail in owed(now)) == sorted(each.name for each in lists)


def test_an_address_that_is_typed_again_and_again_is_not_flooded(morning: List, now: datetime) -> None:
    for n in range(20):
        join("ann@example.com", morning, now=now + timedelta(minutes=6 * n))
    # Twenty tries over two hours: at most four mails in any hour.
    assert len(owed(now + timedelta(hours=3))) <= 2 * MAX_HITS["mail-to"]


def test_a_network_with_too_many_attempts_is_refused_for_an_hour(morning: List, now: datetime) -> None:
    for n in range(MAX_HITS["sign-up"]):
        join(f"r{n}@example.com", morning, network="192.0.2.1", now=now)
    with pytest.raises(TooManyRequests):
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


def test_one_house_with_many_addresses_of_version_6_is_one_network(morning: List, now: datetime) -> None:
    for n in range(MAX_HITS["sign-up"]):
        join(f"r{n}@example.com", morning, network=f"2001:db8:1:2::{n:x}", now=now)
    with pytest.raises(TooManyRequests):
        join("late@example.com", morning, network="2001:db8:1:2:ffff::1", now=now)
    join("other@example.com", morning, network="2001:db8:1:3::1", now=now)


def test_a_list_with_single_opt_in_takes_a_newcomer_at_once_but_asks_who_had_left(
    now: datetime, db: None, state: Look
) -> None:
    target = create_list("open", "Open List", double_opt_in=False, now=now)
    join("ann@example.com", target, now=now)
    assert state("ann@example.com", target) == "active"
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    people.unsubscribe(person.id, target.id, how="desk", by="test", now=now)
    join("ann@example.com", target, now=now + timedelta(hours=2))
    assert state("ann@example.com", target) == "pending"


@pytest.mark.parametrize("reason", ["complained", "asked"])
def test_a_suppressed_address_gets_no_mail_at_all(reason: str, morning: List, now: datetime) -> None:
    suppressions.suppress("ann@example.com", reason=reason, source="test", now=now)
    join("ann@example.com", morning, now=now)
    assert owed(now) == []


def test_a_mail_that_was_owed_before_a_suppression_is_not_sent(morning: List, now: datetime) -> None:
    join("ann@example.com", morning, now=now)
    suppressions.suppress("ann@example.com", reason="asked", source="test", now=now)
    assert owed(now) == []


def test_a_subscriber_whose_address_came_back_gets_mail_again_by_confirming(
    active: Callable[..., int], morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    reported(person_id, morning.id, "hard", reason="no such user", now=now)
    suppressions.suppress("ann@example.com", reason="bounced", source="test", now=now)
    join("ann@example.com", morning, now=now)
    self_service.confirm_subscription(claims_of(owed(now)[0], now), network="", now=now)
    assert state("ann@example.com") == "active"
    assert [
        candidate.exclusion for candidate in audience.list_audience_page(morning.id, after=0, upto=10**6, limit=10)
    ] == [""]


def test_the_newsroom_adds_a_subscriber_who_confirms_first(morning: List, now: datetime) -> None:
    person = people.add_subscriber(
        "ann@example.com", morning.id, by="ed@example.com", now=now, first_name="Ann", zone="Europe/Kiev"
    )
    assert person.subscriptions[0].state == "pending"
    assert [mail.kind for mail in owed(now)] == ["confirm"]


@pytest.mark.parametrize("how", ["leave", "hard", "complained"])
def test_the_newsroom_cannot_put_back_who_is_out(
    how: str, active: Callable[..., int], morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    if how == "leave":
        people.unsubscribe(person_id, morning.id, how="desk", by="test", now=now)
    else:
        reported(person_id, morning.id, how, reason="said the provider", now=now)
    before = state("ann@example.com")
    with pytest.raises(Refused):
        people.add_subscriber("ann@example.com", morning.id, by="test", now=now, confirmed=True)
    assert state("ann@example.com") == before


def test_an_old_address_brings_nobody_back_who_left(active: Callable[..., int], morning: List, now: datetime) -> None:
    person_id = active("ann@example.com")
    people.unsubscribe(person_id, morning.id, how="desk", by="test", now=now)
    people.change_address(person_id, "ann@example.org", by="test", now=now)
    with pytest.raises(Refused, match=r"ann@example\.org"):
        people.add_subscriber("ann@example.com", morning.id, by="test", now=now, confirmed=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("zone", "Europe/Londn"), ("first_name", "A" * 101), ("last_name", "A" * 101), ("language", "en-" + "x" * 20)],
)
def test_a_value_that_cannot_be_right_is_refused_before_anything_is_kept(
    field: str, value: str, morning: List, now: datetime
) -> None:
    given: dict[str, Any] = {field: value}
    with pytest.raises(BadInput) as refused:
        people.add_subscriber("ann@example.com", morning.id, by="test", now=now, **given)
    assert refused.value.field == field
    assert subscriber_lookup.find_subscriber_by_address("ann@example.com") is None


@pytest.mark.parametrize(
    ("slug", "name"), [("Morning", "x"), ("", "x"), ("-a", "x"), ("a" * 60, "x"), ("a", " "), ("a", "x" * 121)]
)
def test_a_list_needs_a_plain_slug_and_a_name(slug: str, name: str, now: datetime, db: None) -> None:
    with pytest.raises(BadInput):
        create_list(slug, name, now=now)


def test_a_slug_is_given_once(morning: List, now: datetime) -> None:
    with pytest.raises(Refused, match="morning"):
        create_list("morning", "Another", now=now)
    with pytest.raises(NotFound, match="morning"):
        lists.get_list_by_slug("mourning")


def test_every_sign_up_gets_the_same_answer_after_the_same_time(morning: List, now: datetime) -> None:
    people.add_subscriber("known@example.com", morning.id, by="test", now=now, confirmed=True)
    suppressions.suppress("cut@example.com", reason="complained", source="test", now=now)
    answers = set()
    for name in ("known", "cut", "fresh"):
        begun = perf_counter()
        answer = Client().post("/embed/morning/", {"email": f"{name}@example.com"})
        assert perf_counter() - begun >= joining.ANSWER_SECONDS
        answers.add((answer.status_code, answer.content.replace(name.encode(), b"")))
    assert len(answers) == 1


@pytest.mark.parametrize("made", ["subscribers_subscriber", "subscribers_subscription"])
def test_a_form_that_is_sent_twice_at_the_same_moment_signs_one_subscriber_up(
    made: str, morning: List, state: Look, now: datetime
) -> None:
    with just_before(f'INSERT INTO "{made}"', lambda: join("ann@example.com", morning, now=now)):
        join("Ann@example.com", morning, now=now)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    assert models.Subscriber.objects.count() == models.Subscription.objects.count() == 1
    assert [consent.state for consent in person.consents] == ["pending", "pending"]


def test_of_two_wishes_for_a_new_address_the_newest_alone_counts(active: Active, morning: List, now: datetime) -> None:
    claims = tokens.Claims(tokens.FOOTER, morning.id, active("ann@example.com"))
    mails = []
    for address in ("first@example.com", "second@example.com"):
        self_service.request_address_change(claims, address, now=now)
        mails += transactional.claim_mails(now, limit=9, lease=timedelta(minutes=1))
    first, second = (
        subscriber_lookup.get_signer().read(mail.button_url.rpartition("/")[2], tokens.NEW_ADDRESS, now)
        for mail in mails
    )
    with pytest.raises(Refused, match="not the latest"):
        self_service.confirm_address_change(first, now=now)
    for _ in range(2):  # pressed twice it is done once
        assert self_service.confirm_address_change(second, now=now).address == "second@example.com"
    told = transactional.claim_mails(now, limit=9, lease=timedelta(minutes=1))
    assert [(mail.kind, mail.address) for mail in told] == [("moved", "ann@example.com")]
