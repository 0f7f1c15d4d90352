"""Signing up, confirming, leaving and taking it back."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings
from newsletter.delivery.models import Alarm
from newsletter.kernel.errors import Refused
from subscribers import (
    audience,
    challenges,
    models,
    people,
    self_service,
    subscriber_lookup,
    suppressions,
    tokens,
    transactional,
)
from subscribers.imports import run
from subscribers.lists import create_list
from subscribers.rate_limits import TooManyRequests, get_limit
from subscribers.tokens import FOOTER, Claims
from subscribers.values import List, TransactionalMail
from tests.actors import SYSTEM
from tests.conftest import Newsroom, reported
from tests.interleaving import just_before
from tests.subscribers.signing_up import join, owed

Look = Callable[..., str | None]
Active = Callable[..., int]


def kinds(now: datetime) -> list[str]:
    return [mail.kind for mail in transactional.claim_mails(now, limit=50, lease=timedelta(minutes=2))]


def leave(person_id: int, list_id: int, now: datetime, how: str = "page") -> None:
    self_service.unsubscribe_by_link(Claims(FOOTER, list_id, person_id), how=how, network="", now=now)


def undo(person_id: int, list_id: int, now: datetime) -> None:
    self_service.undo_unsubscribe(Claims(FOOTER, list_id, person_id), network="", now=now)


def claims_of(mail: TransactionalMail, now: datetime) -> tokens.Claims:
    return subscriber_lookup.get_signer().read(mail.button_url.rpartition("/")[2], tokens.CONFIRM, now)


def test_a_sign_up_waits_for_the_press_of_the_button(morning: List, state: Look, now: datetime) -> None:
    join("Ann@example.com", morning, now=now)
    assert state("ann@example.com") == "pending"
    (mail,) = owed(now)
    assert (mail.kind, mail.address, mail.list_name) == ("confirm", "Ann@example.com", "Morning Briefing")
    person, target = self_service.confirm_subscription(
        claims_of(mail, now), network="192.0.2.1", now=now + timedelta(minutes=1)
    )
    assert (person.subscriptions[0].state, target.id) == ("active", morning.id)
    assert person.subscriptions[0].confirmed_at == now + timedelta(minutes=1)
    assert [mail.kind for mail in owed(now + timedelta(minutes=1))] == ["welcome"]


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
    lists = [create_list(f"list-{n}", f"List {n}", by=SYSTEM, now=now) for n in range(get_limit("mail-to") + 2)]
    join("ann@example.com", *lists, now=now)
    assert sorted(mail.list_name for mail in owed(now)) == sorted(each.name for each in lists)


def test_a_list_with_single_opt_in_takes_a_newcomer_at_once_but_asks_who_had_left(
    now: datetime, db: None, state: Look
) -> None:
    target = create_list("open", "Open List", double_opt_in=False, by=SYSTEM, now=now)
    join("ann@example.com", target, now=now)
    assert state("ann@example.com", target) == "active"
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    people.unsubscribe(person.id, target.id, by=SYSTEM, now=now)
    join("ann@example.com", target, now=now + timedelta(hours=2))
    assert state("ann@example.com", target) == "unsubscribed"
    assert kinds(now + timedelta(hours=2)) == ["welcome", "confirm"]


def test_a_sign_up_of_somebody_who_left_changes_nothing_until_they_confirm_it(
    active: Active, morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    leave(person_id, morning.id, now, "one-click")
    join("Ann@example.com", morning, now=now)
    (mail,) = owed(now)
    assert (mail.kind, state("ann@example.com")) == ("confirm", "unsubscribed")
    assert subscriber_lookup.get_subscriber(person_id).subscriptions[0].requested_at == now
    run.import_csv(
        io.BytesIO(b"email\nann@example.com\n"), morning.id, dry_run=False, by=SYSTEM, now=now, name="old.csv"
    )
    assert state("ann@example.com") == "unsubscribed"
    self_service.confirm_subscription(claims_of(mail, now), network="", now=now)
    (subscription,) = subscriber_lookup.get_subscriber(person_id).subscriptions
    assert (subscription.state, subscription.confirmed_at, subscription.requested_at) == ("active", now, None)


def test_a_request_is_over_when_its_owner_leaves_once_more(
    active: Active, morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    leave(person_id, morning.id, now, "one-click")
    join("ann@example.com", morning, now=now)
    (mail,) = owed(now)
    leave(person_id, morning.id, now, "one-click")
    with pytest.raises(Refused, match="Sign up again"):
        self_service.confirm_subscription(claims_of(mail, now), network="", now=now)
    assert state("ann@example.com") == "unsubscribed"


def test_an_old_link_brings_nobody_back_who_did_not_ask(
    active: Active, morning: List, state: Look, now: datetime
) -> None:
    join("ann@example.com", morning, now=now)
    (mail,) = owed(now)
    self_service.confirm_subscription(claims_of(mail, now), network="", now=now)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    leave(person.id, morning.id, now)
    with pytest.raises(Refused, match="Sign up again"):
        self_service.confirm_subscription(claims_of(mail, now), network="", now=now)
    assert state("ann@example.com") == "unsubscribed"


@pytest.mark.parametrize("reason", ["complained", "asked"])
def test_a_suppressed_address_gets_no_mail_at_all(reason: str, morning: List, now: datetime) -> None:
    suppressions.suppress("ann@example.com", reason=reason, by=SYSTEM, now=now)
    join("ann@example.com", morning, now=now)
    assert owed(now) == []


def test_a_mail_that_was_owed_before_a_suppression_is_not_sent(morning: List, now: datetime) -> None:
    join("ann@example.com", morning, now=now)
    suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=now)
    assert owed(now) == []


def test_a_subscriber_whose_address_came_back_gets_mail_again_by_confirming(
    active: Callable[..., int], morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    reported(person_id, morning.id, "hard", reason="no such user", now=now)
    suppressions.suppress("ann@example.com", reason="bounced", by=SYSTEM, now=now)
    join("ann@example.com", morning, now=now)
    self_service.confirm_subscription(claims_of(owed(now)[0], now), network="", now=now)
    assert state("ann@example.com") == "active"
    assert [
        candidate.exclusion for candidate in audience.list_audience_page(morning.id, after=0, upto=10**6, limit=10)
    ] == [""]


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
    notices = transactional.claim_mails(now, limit=9, lease=timedelta(minutes=1))
    assert [(mail.kind, mail.address) for mail in notices] == [("moved", "ann@example.com")]


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
    people.add_subscriber("ann@example.com", evening.id, by=SYSTEM, now=now, reason="asked in person")
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
    people.add_subscriber("ann@example.com", evening.id, by=SYSTEM, now=now, reason="asked in person")
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
    assert state("ann@example.com") == "unsubscribed"
    (mail,) = owed(now + timedelta(days=30))
    self_service.confirm_subscription(claims_of(mail, now), network="", now=now + timedelta(days=30))
    assert state("ann@example.com") == "active"


def test_the_undo_of_stopping_everything_brings_no_address_back_that_had_bounced(
    active: Active, morning: List, evening: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    people.add_subscriber("ann@example.com", evening.id, by=SYSTEM, now=now, reason="asked in person")
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


def find_person(address: str) -> models.Subscriber:
    return models.Subscriber.objects.get(address_key=address)


@pytest.mark.parametrize("agrees", [True, False])
def test_agreeing_to_tracking_at_sign_up_counts_once_it_is_confirmed(
    newsroom: Newsroom, now: datetime, agrees: bool
) -> None:
    join("ann@example.com", newsroom.list, now=now, tracking=agrees)
    assert find_person("ann@example.com").tracking_agreed_at is None
    (mail,) = owed(now)
    self_service.confirm_subscription(claims_of(mail, now), network="", now=now)
    assert find_person("ann@example.com").tracking_agreed_at == (now if agrees else None)
    events = models.ConsentEvent.objects.order_by("id").values_list("how", "tracking")
    assert [*events] == [("form", agrees), ("confirmed", True if agrees else None)]


def test_a_stranger_does_not_agree_for_somebody_who_is_known(newsroom: Newsroom, now: datetime) -> None:
    people.add_subscriber("ann@example.com", newsroom.list.id, by=SYSTEM, now=now, reason="asked in person")
    other = create_list("single", "Single", double_opt_in=False, by=SYSTEM, now=now)
    newsletter_settings.change_newsletter(newsroom.other.id, list_id=other.id, seen=None, by=SYSTEM, now=now)
    join("ann@example.com", newsroom.list, other, now=now, tracking=True)
    join("ben@example.com", other, now=now, tracking=True)
    assert find_person("ann@example.com").tracking_agreed_at is None
    assert find_person("ben@example.com").tracking_agreed_at == now


def test_where_nothing_is_counted_nobody_is_asked(newsroom: Newsroom, now: datetime) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, tracking="off", seen=None, by=SYSTEM, now=now)
    join("ann@example.com", newsroom.list, now=now, tracking=True)
    assert models.ConsentEvent.objects.get().tracking is None


@pytest.fixture
def limits(settings: Any) -> Callable[..., None]:
    """Sets limits of sign-ups."""

    def configure(**limits: int) -> None:
        settings.CONFIG = replace(settings.CONFIG, **limits)

    return configure


def list_due_mails(now: datetime) -> list[str]:
    """To whom a mail may leave by an instant."""
    due = models.TransactionalMail.objects.filter(due_at__lte=now).order_by("id")
    return [*due.values_list("subscriber__address", flat=True)]


def test_above_a_limit_a_challenge_solved_counts_like_being_within(
    morning: List, limits: Callable[..., None], now: datetime
) -> None:
    limits(signups_per_form=1)
    join("ann@example.com", morning, now=now)
    with pytest.raises(challenges.ChallengeNeeded):
        join("ben@example.com", morning, now=now)
    assert self_service.is_above_limit([morning.id], "", now)
    solution = challenges.solve(challenges.create_challenge(now))
    join("ben@example.com", morning, now=now, challenge=solution)
    with pytest.raises(challenges.ChallengeNeeded):
        join("cleo@example.com", morning, now=now, challenge=solution)
    assert list_due_mails(now) == ["ann@example.com", "ben@example.com"]
    join("cleo@example.com", morning, now=now + timedelta(hours=1, seconds=1))


def test_who_solves_none_waits_in_a_queue_with_room_for_other_networks(
    morning: List, limits: Callable[..., None], now: datetime
) -> None:
    limits(signups_per_network=1, queued_confirmations_per_minute=2)
    join("first@example.com", morning, network="192.0.2.1", now=now)
    for n in range(3):
        join(f"r{n}@example.com", morning, network="192.0.2.1", now=now, waits=True)
    with pytest.raises(TooManyRequests):
        join("r3@example.com", morning, network="192.0.2.1", now=now, waits=True)
    assert list_due_mails(now) == ["first@example.com"]
    assert list_due_mails(now + timedelta(minutes=1)) == ["first@example.com", "r0@example.com", "r1@example.com"]
    join("other@example.com", morning, network="192.0.2.2", now=now)
    assert list_due_mails(now) == ["first@example.com", "other@example.com"]
    verdicts = models.SignupAttempt.objects.order_by("id").values_list("verdict", flat=True)
    assert [*verdicts] == ["taken", *["waiting"] * 3, "too often", "taken"]


def test_a_queue_that_is_too_long_takes_nobody_else(morning: List, limits: Callable[..., None], now: datetime) -> None:
    limits(signups_per_form=1, queued_confirmations_per_minute=1)
    join("ann@example.com", morning, now=now)
    join("ben@example.com", morning, now=now, waits=True)
    late = now + transactional.LONGEST_QUEUE - timedelta(minutes=1)
    models.TransactionalMail.objects.filter(due_at__gt=now).update(due_at=late)
    with pytest.raises(TooManyRequests, match="queue is full"):
        join("cleo@example.com", morning, now=now, waits=True)


def test_a_flood_reaches_few_strangers_and_stops_no_reader(
    morning: List, limits: Callable[..., None], now: datetime
) -> None:
    """`python -m benchmarks signups` does the same with 10,000."""
    limits(signups_per_form=20, queued_confirmations_per_minute=5)
    for n in range(200):
        with contextlib.suppress(challenges.ChallengeNeeded, TooManyRequests):
            moment = now + timedelta(seconds=3 * n)
            join(f"s{n}@example.com", morning, network=f"192.0.2.{n}", now=moment, waits=n % 2 == 0)
        if n % 50 == 49:
            solution = challenges.solve(challenges.create_challenge(moment))
            join(f"reader{n}@example.org", morning, network="198.51.100.1", now=moment, challenge=solution)
            assert list_due_mails(moment)[-1] == f"reader{n}@example.org"
    strangers = [address for address in list_due_mails(now + timedelta(minutes=10)) if address.startswith("s")]
    assert 20 < len(strangers) <= 20 + 10 * 5
    alarms = Alarm.objects.filter(mailing=None)
    assert [(alarm.count, "NEWSLETTER_SIGNUPS_PER_FORM" in alarm.message) for alarm in alarms] == [(1, True)]


def test_a_trusted_caller_has_no_limit_but_that_of_the_address(
    morning: List, limits: Callable[..., None], now: datetime
) -> None:
    limits(signups_per_form=1, signups_per_network=1, mails_per_address=2)
    for n in range(4):
        join(f"r{n}@example.com", morning, network="192.0.2.1", now=now, trusted=True)
        join("ann@example.com", morning, network="192.0.2.1", now=now + n * timedelta(minutes=6), trusted=True)
    assert list_due_mails(now + timedelta(hours=1)).count("ann@example.com") == 2
    assert len(list_due_mails(now)) == 5
