"""Mail we owe readers: claimed once, and never sent again when nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from subscribers import models, people, self_service, suppressions, transactional
from subscribers.values import List, TransactionalMail
from tests.actors import SYSTEM
from tests.interleaving import just_before

LEASE = timedelta(minutes=2)


def claim(now: datetime, limit: int = 50) -> tuple[TransactionalMail, ...]:
    return transactional.claim_mails(now, limit=limit, lease=LEASE)


@pytest.fixture
def one(morning: List, now: datetime) -> TransactionalMail:
    """A confirmation that is claimed."""
    self_service.sign_up("ann@example.com", [morning.id], origin="", network="", now=now)
    (mail,) = claim(now)
    return mail


def state(mail: TransactionalMail) -> str:
    return models.TransactionalMail.objects.get(id=mail.id).state


def test_a_mail_is_claimed_by_one_alone(one: TransactionalMail, now: datetime) -> None:
    assert claim(now) == ()


CLAIM = 'UPDATE "subscribers_owedmail" SET "state" = %s, "lease_until" = %s, "attempts" ='  # takes a mail


def test_of_two_who_look_at_the_same_moment_one_has_a_mail(morning: List, now: datetime) -> None:
    """Also when the other has been refused already, so that it is owed again."""
    self_service.sign_up("ann@example.com", [morning.id], origin="", network="", now=now)

    def another_tries() -> None:
        (mail,) = claim(now)
        transactional.mark_mail_failed(mail.id, "too busy", now, retry_at=now + timedelta(minutes=5))

    with just_before(CLAIM, another_tries):
        assert claim(now) == ()
    assert [row.attempts for row in models.TransactionalMail.objects.all()] == [1]


def test_a_mail_given_up_at_the_same_moment_is_not_claimed(morning: List, now: datetime) -> None:
    self_service.sign_up("ann@example.com", [morning.id], origin="", network="", now=now)

    def never_mail_again() -> None:
        suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=now)
        assert claim(now) == ()

    with just_before(CLAIM, never_mail_again):
        assert claim(now) == ()
    assert {row.state for row in models.TransactionalMail.objects.all()} == {"failed"}


def test_an_answer_settles_only_a_mail_that_is_in_somebodys_hand(one: TransactionalMail, now: datetime) -> None:
    transactional.mark_mail_sent(one.id, now)
    transactional.mark_mail_failed(one.id, "no such user", now)
    transactional.mark_mail_unknown(one.id, "the line broke", now)
    assert state(one) == "sent"
    transactional.mark_mail_failed(one.id, "too busy", now, retry_at=now)
    assert claim(now) == ()


def test_a_mail_refused_for_now_comes_again_when_its_time_has_come(one: TransactionalMail, now: datetime) -> None:
    transactional.mark_mail_failed(one.id, "too busy", now, retry_at=now + timedelta(minutes=5))
    assert claim(now + timedelta(minutes=4)) == ()
    (again,) = claim(now + timedelta(minutes=5))
    assert (again.id, again.attempts) == (one.id, 2)


def test_a_mail_that_was_sent_or_given_up_never_comes_again(
    one: TransactionalMail, morning: List, now: datetime
) -> None:
    transactional.mark_mail_sent(one.id, now)
    self_service.sign_up("ben@example.com", [morning.id], origin="", network="", now=now)
    (other,) = claim(now)
    transactional.mark_mail_failed(other.id, "no such user", now)
    assert claim(now + timedelta(days=1)) == ()
    assert (state(one), state(other)) == ("sent", "failed")


def test_a_mail_whose_sender_died_while_it_was_leaving_is_unknown_and_not_sent_again(
    one: TransactionalMail, now: datetime
) -> None:
    assert transactional.begin_mail(one, now, lease=LEASE)
    late = now + LEASE + timedelta(seconds=1)
    assert transactional.has_due_mails(late)
    assert claim(late) == ()
    assert state(one) == "unknown"
    assert transactional.count_undelivered(late) == transactional.Undelivered(unknown=1, failed=0)
    assert transactional.count_undelivered(late + timedelta(seconds=1)) == transactional.Undelivered(0, 0)


def test_a_mail_whose_sender_died_before_it_left_is_sent_by_another_and_by_it_alone(
    one: TransactionalMail, now: datetime
) -> None:
    late = now + LEASE + timedelta(seconds=1)
    assert transactional.has_due_mails(late)
    assert not transactional.begin_mail(one, late, lease=LEASE), "its lease is over"
    (again,) = claim(late)
    assert not transactional.begin_mail(one, late, lease=LEASE), "it is in another's hands"
    assert transactional.begin_mail(again, late, lease=LEASE)
    assert not transactional.begin_mail(again, late, lease=LEASE)


def test_a_mail_whose_senders_die_again_and_again_is_given_up(one: TransactionalMail, now: datetime) -> None:
    times = 1
    while claim(now + times * 2 * LEASE):
        times += 1
        assert times < 99, "it is tried for ever"
    assert (times, state(one)) == (transactional.MAX_TAKEN, "failed")


@pytest.mark.parametrize("answer", ["sent", "failed"])
def test_an_answer_that_comes_late_still_counts(answer: str, one: TransactionalMail, now: datetime) -> None:
    late = now + LEASE + timedelta(seconds=1)
    transactional.begin_mail(one, now, lease=LEASE)
    claim(late)
    assert state(one) == "unknown"
    transactional.mark_mail_sent(one.id, late) if answer == "sent" else transactional.mark_mail_failed(
        one.id, "no", late
    )
    assert state(one) == answer


def test_pressing_the_button_twice_owes_one_mail(morning: List, now: datetime) -> None:
    for seconds in (0, 2, 60):
        self_service.sign_up(
            "ann@example.com", [morning.id], origin="", network="", now=now + timedelta(seconds=seconds)
        )
    assert len(claim(now + timedelta(minutes=2))) == 1


def test_no_word_that_a_stranger_typed_is_in_what_we_owe(morning: List, now: datetime) -> None:
    self_service.sign_up(
        "ann@example.com",
        [morning.id],
        origin="/join/?x=Hello",
        network="",
        now=now,
        first_name="Dear friend",
        words="Hello",
    )
    (mail,) = claim(now)
    assert "friend" not in repr(mail)
    assert "Hello" not in repr(mail)


def test_the_address_is_the_present_one_and_its_domain_fit_for_sending(
    active: Callable[..., int], morning: List, now: datetime
) -> None:
    person_id = active("ann@example.com")
    self_service.sign_up("ann@example.com", [morning.id], origin="", network="", now=now)
    people.change_address(person_id, "ann@bücher.example", by=SYSTEM, seen=None, now=now)
    mail, notice = claim(now)
    assert notice.address == "ann@example.com"
    assert (mail.kind, mail.address) == ("already", "ann@xn--bcher-kva.example")


def test_a_mail_whose_sender_died_before_the_clock_was_put_back_waits_no_longer_than_a_lease(
    one: TransactionalMail, now: datetime
) -> None:
    before = now - timedelta(hours=1)
    assert claim(before) == ()
    assert models.TransactionalMail.objects.get().lease_until == before + LEASE
