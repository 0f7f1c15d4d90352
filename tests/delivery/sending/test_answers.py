from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from newsletter.delivery import models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome
from newsletter.delivery.providers.base import Answer, AnswerKind, SendRequest
from newsletter.delivery.reports import recipients, summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import answers, expired_leases, freeze, hand_over, mailings, retry
from subscribers import people
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.conftest import Sent, hand_over_all, hand_over_one, shown
from tests.fakes.provider import (
    Killed,
    ScriptedProvider,
    Situation,
    accepts,
    asks_to_wait,
    breaks_off,
    dies_before,
    loses_the_answer,
    loses_the_request,
    names,
    refuses_for_good,
    refuses_for_now,
    wants_another_key,
)
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]
LATER = expired_leases.LEASE + timedelta(seconds=1)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were slept through, in seconds. Other threads of the process sleep on."""
    slept: list[float] = []
    sleep, mine = time.sleep, threading.get_ident()

    def pretend(seconds: float) -> None:
        (slept.append if threading.get_ident() == mine else sleep)(seconds)

    monkeypatch.setattr(time, "sleep", pretend)
    return slept


@pytest.fixture
def earlier(plan: Plan, frozen: Plan, join: Join, now: datetime) -> Mailing:
    """A test of the edition that was accepted; the mailing itself, of 60 readers, is frozen after it."""
    join(60)
    frozen(kind="test")
    hand_over_all(ScriptedProvider(), now)
    return frozen()


def test_refused_for_now_is_tried_again_later(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    provider = ScriptedProvider(refuses_for_now)
    hand_over_all(provider, now)
    assert shown(made).batches == {"planned": 1}
    assert hand_over_all(provider, now + timedelta(seconds=10)) == 1
    assert shown(made).counts == {"accepted": 2}
    assert len({request.attempt for request in provider.requests}) == 2, "each attempt has an id of its own"
    assert not shown(made).alarms


def test_a_rate_limit_is_waited_out(frozen: Plan, join: Join, now: datetime) -> None:
    join(1)
    frozen()
    provider = ScriptedProvider(asks_to_wait(90))
    hand_over_all(provider, now)
    assert hand_over_all(provider, now + timedelta(seconds=89)) == 0
    assert hand_over_all(provider, now + timedelta(seconds=93)) == 1


def test_a_refusal_that_names_subscribers_goes_on_without_them(frozen: Plan, join: Join, now: datetime) -> None:
    ids = join(4)
    made = frozen()
    provider = ScriptedProvider(names(1, 3))
    hand_over_all(provider, now)
    assert sorted(provider.mailed) == ["reader0@example.com", "reader2@example.com"]
    assert shown(made).counts == {"accepted": 2, "refused": 2}
    assert shown(made).batches == {"accepted": 1}
    assert [
        (who.subscriber_id, who.reason) for who in recipients.list_recipients(made.id, state="refused", by=SYSTEM)
    ] == [
        (ids[1], "no such mailbox"),
        (ids[3], "no such mailbox"),
    ]


def test_a_refusal_that_names_everybody_before_anybody_was_mailed_is_about_the_message(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(120)
    mailing = frozen()
    hand_over_one(ScriptedProvider(names(*range(50))), now)
    shown = summary.get_mailing(mailing.id)
    assert (shown.state, shown.counts) == ("paused", {"planned": 120})
    mailings.resume(mailing.id, by=SYSTEM, now=now)
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(), now)
    assert summary.get_mailing(mailing.id).counts == {"accepted": 120}


def test_who_is_asked_to_wait_waits_with_all_batches(frozen: Plan, join: Join, now: datetime) -> None:
    join(120)
    frozen()
    provider = ScriptedProvider(asks_to_wait(90))
    hand_over_one(provider, now)
    assert hand_over_all(provider, now + timedelta(seconds=80)) == 0
    assert hand_over_all(provider, now + timedelta(seconds=95)) == 3


def test_places_named_after_a_quarantine_are_those_of_the_new_request(frozen: Plan, join: Join, now: datetime) -> None:
    ids = join(4)
    made = frozen()
    hand_over_all(ScriptedProvider(names(0), names(1)), now)
    assert [who.subscriber_id for who in recipients.list_recipients(made.id, state="refused", by=SYSTEM)] == [
        ids[0],
        ids[2],
    ]


def test_a_refusal_that_names_nobody_there_does_not_turn_in_circles(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    provider = ScriptedProvider(names(700), names(701), names(702))
    assert hand_over_all(provider, now) == 1
    assert shown(made).state == MailingState.PAUSED


def test_a_message_refused_for_everybody_pauses_the_mailing_and_reaches_everybody_once_fixed(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(60)
    made = frozen()
    provider = ScriptedProvider(refuses_for_good)
    hand_over_all(provider, now)
    assert shown(made).state == MailingState.PAUSED
    assert "This mail is wrong." in shown(made).reason
    assert shown(made).counts == {"planned": 60}
    mailings.resume(made.id, by=SYSTEM, now=now)
    freeze.freeze_next(now)
    hand_over_all(provider, now)
    assert len(provider.mailed) == 60


def test_one_batch_refused_for_good_does_not_stop_the_others(frozen: Plan, join: Join, now: datetime) -> None:
    join(120)
    made = frozen()
    hand_over_all(ScriptedProvider(accepts, refuses_for_good), now)
    assert shown(made).counts == {"accepted": 70, "refused": 50}
    assert shown(made).state == MailingState.SENDING


def test_a_wrong_key_stops_the_mailing_at_once_with_the_remedy(frozen: Plan, join: Join, now: datetime) -> None:
    join(120)
    made = frozen()
    provider = ScriptedProvider(accepts, wants_another_key)
    hand_over_all(provider, now)
    assert len(provider.requests) == 2
    assert shown(made).state == MailingState.PAUSED
    assert shown(made).reason == "The key is wrong. Set another, then resume."
    assert shown(made).counts == {"accepted": 50, "planned": 70}


def test_two_batches_refused_for_the_last_time_are_both_written_down(frozen: Plan, join: Join, now: datetime) -> None:
    """The second finds the mailing paused by the first; its members must stay planned, not become unknown."""
    join(60)
    made = frozen()
    models.Batch.objects.update(attempt=retry.MAX_ATTEMPTS - 1)
    second = ScriptedProvider(refuses_for_now)

    def while_another_gives_up(provider: ScriptedProvider, request: Any, now: datetime) -> Answer:
        hand_over_one(second, now, "worker/2")
        return refuses_for_now(provider, request, now)

    hand_over_one(ScriptedProvider(while_another_gives_up), now)
    assert len(second.requests) == 1
    assert shown(made).state == MailingState.PAUSED
    assert f"Tried {retry.MAX_ATTEMPTS} times in vain" in shown(made).reason
    assert shown(made).batches == {"planned": 2}


@pytest.mark.parametrize("situation", [loses_the_answer, loses_the_request])
def test_unknown_is_recorded_and_never_sent_again(
    frozen: Plan, join: Join, now: datetime, situation: Situation
) -> None:
    join(2)
    made = frozen()
    provider = ScriptedProvider(situation)
    hand_over_all(provider, now)
    mailings.finish_settled(now)
    assert hand_over_all(provider, now + timedelta(days=2)) == 0
    assert len(provider.requests) == 1
    assert shown(made).counts == {"unknown": 2}
    assert shown(made).state == MailingState.SENDING, "not before they are settled"
    assert len(recipients.list_recipients(made.id, state="unknown", by=SYSTEM)) == 2


def test_a_provider_in_trouble_stops_the_mailing_before_everybody_is_unknown(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(500)
    made = frozen()
    ok, lost = accepts, loses_the_request
    provider = ScriptedProvider(ok, lost, lost, ok, *[lost] * retry.MAX_LOST_ANSWERS)
    hand_over_all(provider, now)
    assert shown(made).state == MailingState.PAUSED
    assert "in a row were lost" in shown(made).reason
    assert shown(made).batches == {"accepted": 2, "unknown": 7, "planned": 1}
    mailings.resume(made.id, by=SYSTEM, now=now)
    freeze.freeze_next(now)
    hand_over_all(provider, now)
    assert shown(made).batches == {"accepted": 3, "unknown": 7}


def test_a_line_that_breaks_leaves_only_the_message_under_way_unknown(frozen: Plan, join: Join, now: datetime) -> None:
    join(4)
    made = frozen()
    provider = ScriptedProvider(breaks_off)
    hand_over_all(provider, now)
    assert shown(made).counts == {"accepted": 1, "planned": 2, "unknown": 1}
    hand_over_all(provider, now + timedelta(minutes=1))
    assert shown(made).counts == {"accepted": 3, "unknown": 1}
    assert shown(made).batches == {"unknown": 1}
    assert set(provider.mailed.values()) == {1}


def test_an_answer_that_comes_after_its_lease_still_counts(frozen: Plan, join: Join, now: datetime) -> None:
    """A laptop that slept in mid-request knows, after all, what became of it."""
    join(2)
    made = frozen()

    def sleeps(provider: ScriptedProvider, request: Any, at: datetime) -> Answer:
        assert expired_leases.recover_expired_leases(now + LATER) == 1
        return accepts(provider, request, at)

    hand_over_all(ScriptedProvider(sleeps), now)
    assert shown(made).counts == {"accepted": 2}
    assert shown(made).batches == {"accepted": 1}


def test_a_refusal_that_comes_after_its_lease_sends_nothing_again(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()

    def sleeps(provider: ScriptedProvider, request: Any, at: datetime) -> Answer:
        expired_leases.recover_expired_leases(now + LATER)
        return refuses_for_now(provider, request, at)

    provider = ScriptedProvider(sleeps)
    hand_over_all(provider, now)
    assert hand_over_all(provider, now + timedelta(hours=1)) == 0
    assert shown(made).counts == {"unknown": 2}


def test_a_refusal_by_name_that_comes_after_its_lease_says_nothing_of_those_named(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(3)
    made = frozen()
    errors: list[str] = []

    def sleeps(provider: ScriptedProvider, request: Any, at: datetime) -> Answer:
        expired_leases.recover_expired_leases(now + LATER)
        errors.append(models.Batch.objects.get().error)
        return names(0)(provider, request, at)

    hand_over_one(ScriptedProvider(sleeps), now)
    assert shown(made).counts == {"unknown": 3}
    assert [models.Batch.objects.get().error] == errors
    assert not models.DeliveryException.objects.exists()


@pytest.mark.django_db(transaction=True)  # the connection is reopened in between
def test_an_answer_survives_a_database_that_takes_nothing_for_a_while(
    frozen: Plan, join: Join, now: datetime, pauses: list[float]
) -> None:
    join(3)
    made = frozen()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON delivery_batch WHEN NEW.state = 'accepted' "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    asked: list[datetime] = []

    provider = ScriptedProvider()

    def clock() -> datetime:
        if not provider.requests:
            return now
        if asked:  # the second try finds room
            with connection.cursor() as cursor:
                cursor.execute("DROP TRIGGER full")
        asked.append(now)
        return now

    hand_over.hand_over_next(now, owner="test", provider=provider, clock=clock)
    assert (len(asked), pauses) == (2, [0.5])
    assert summary.get_mailing(made.id).counts == {"accepted": 3}


def test_what_events_say_of_others_of_the_batch_while_its_answer_is_under_way_is_kept(
    frozen: Plan, join: Join, take: Callable[..., None], now: datetime
) -> None:
    """A provider that takes messages one by one: the first try reached one reader, the second is for the others."""
    ids = join(4)
    mailing = Sent(frozen().id, ids, now)
    hand_over_all(ScriptedProvider(breaks_off), now)
    of_the_first = mailing.event("delivered", 0)

    def answers_late(provider: ScriptedProvider, request: Any, at: datetime) -> Answer:
        take(of_the_first)
        return accepts(provider, request, at)

    hand_over_all(ScriptedProvider(answers_late), now + timedelta(minutes=1))
    assert mailing.mailing.counts == {"delivered": 1, "accepted": 2, "unknown": 1}


def test_an_event_between_reading_and_writing_an_answer_is_kept(
    frozen: Plan, join: Join, take: Callable[..., None], now: datetime
) -> None:
    ids = join(4)
    mailing = Sent(frozen().id, ids, now)
    hand_over_all(ScriptedProvider(breaks_off), now)
    of_the_first = mailing.event("delivered", 0)
    with just_before("UPDATE delivery_batch SET state = %s, outcomes = %s, provider_id", lambda: take(of_the_first)):
        hand_over_one(ScriptedProvider(refuses_for_now), now + timedelta(minutes=1))
    assert mailing.mailing.counts == {"delivered": 1, "planned": 2, "unknown": 1}
    assert mailing.mailing.batches == {"planned": 1}, "and the answer, too"


@pytest.mark.parametrize("situation", [accepts, refuses_for_now])
def test_an_answer_to_another_attempt_than_the_latest_settles_nothing(
    frozen: Plan, join: Join, now: datetime, situation: Situation
) -> None:
    join(2)
    made = frozen()

    def another_attempt_began(provider: ScriptedProvider, request: Any, at: datetime) -> Answer:
        models.Batch.objects.update(attempt_key="another")
        return situation(provider, request, at)

    hand_over_one(ScriptedProvider(another_attempt_began), now)
    assert shown(made).batches == {"sending": 1}
    assert shown(made).counts == {"planned": 2}


def test_a_mailing_cancelled_while_the_provider_refuses_stays_cancelled(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(2)
    made = frozen()

    def cancelled_meanwhile(provider: ScriptedProvider, request: Any, at: datetime) -> Answer:
        mailings.cancel(made.id, by=SYSTEM, now=now)
        return wants_another_key(provider, request, at)

    hand_over_one(ScriptedProvider(cancelled_meanwhile), now)
    assert shown(made).state == MailingState.CANCELLED


def test_being_asked_to_wait_writes_one_row_however_much_waits(frozen: Plan, join: Join, now: datetime) -> None:
    join(150)
    frozen()
    before = dict(models.Batch.objects.values_list("number", "due_at"))
    hand_over_one(ScriptedProvider(asks_to_wait(90)), now)
    after = dict(models.Batch.objects.values_list("number", "due_at"))
    assert [number for number in before if before[number] != after[number]] == [1], "the one that was refused"
    assert models.RateLimit.objects.get().closed_until == now + timedelta(seconds=90)


def test_a_batch_in_flight_is_not_sent_again_when_an_event_of_an_earlier_attempt_comes(
    frozen: Callable[..., Any], join: Callable[..., list[int]], take: Callable[..., None], now: datetime
) -> None:
    readers = join(2)
    mailing = Sent(frozen().id, readers, now)
    hand_over_all(ScriptedProvider(refuses_for_now), now)
    late = mailing.event("delivered", 0)  # of the attempt that was refused
    later, second_worker = now + timedelta(minutes=2), ScriptedProvider()

    def answer_while_another_works(fake: ScriptedProvider, request: SendRequest, at: datetime) -> Answer:
        take(late)
        hand_over_all(second_worker, later, "worker/2")
        return accepts(fake, request, at)

    first_worker = ScriptedProvider(answer_while_another_works)
    hand_over_one(first_worker, later)
    assert len(first_worker.mailed) == 2
    assert not second_worker.mailed
    assert summary.get_mailing(mailing.id).batches == {"accepted": 1}
    assert summary.get_mailing(mailing.id).twice == 2, "both attempts went through"
    assert list(models.Alarm.objects.values_list("mailing_id", "message", "count")) == [
        (mailing.id, states.SENT_TWICE_ALARM, 2)
    ]


def test_only_those_have_it_twice_whom_the_earlier_attempt_is_known_to_have_reached(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(3)
    mailing = frozen()

    def answer_after_an_event(fake: ScriptedProvider, request: SendRequest, at: datetime) -> Answer:
        outcomes = Outcomes.all_planned(3)
        outcomes.mark([1], Outcome.DELIVERED)
        models.Batch.objects.update(outcomes=outcomes.pack(), proven_attempt="before", version=F("version") + 1)
        return accepts(fake, request, at)

    hand_over_one(ScriptedProvider(answer_after_an_event), now)
    assert (shown(mailing).twice, models.Alarm.objects.get().count) == (1, 1)


def test_nobody_has_it_twice_when_the_later_attempt_was_refused(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    mailing = frozen()

    def refuse_after_an_event(fake: ScriptedProvider, request: SendRequest, at: datetime) -> Answer:
        outcomes = Outcomes.all_planned(3)
        outcomes.mark([1], Outcome.DELIVERED)
        models.Batch.objects.update(outcomes=outcomes.pack(), proven_attempt="before", version=F("version") + 1)
        return refuses_for_now(fake, request, at)

    hand_over_one(ScriptedProvider(refuse_after_an_event), now)
    assert shown(mailing).counts == {"delivered": 1, "planned": 2}
    assert (shown(mailing).twice, shown(mailing).alarms) == (0, ())


def test_an_answer_is_noted_with_the_time_it_came_and_the_providers_id(frozen: Plan, join: Join, now: datetime) -> None:
    join(1)
    frozen()
    before = models.Batch.objects.get()
    came = now + timedelta(seconds=7)
    assert hand_over.hand_over_next(now, owner="worker/1", provider=ScriptedProvider(), clock=lambda: came)
    batch = models.Batch.objects.get()
    assert (batch.state, batch.provider_id, batch.error) == (BatchState.ACCEPTED, "told", "")
    assert (batch.submitted_at, batch.due_at, batch.version) == (came, before.due_at, before.version + 1)


@pytest.mark.parametrize(
    ("kind", "state", "waits", "handed_over"),
    [(AnswerKind.REFUSED, BatchState.PLANNED, True, False), (AnswerKind.UNKNOWN, BatchState.UNKNOWN, False, True)],
)
def test_an_answer_that_is_no_acceptance_is_noted_too(
    frozen: Plan, join: Join, now: datetime, kind: Any, state: str, waits: bool, handed_over: bool
) -> None:
    join(1)
    frozen()
    before = models.Batch.objects.get()
    hand_over_one(ScriptedProvider(lambda *_: Answer(kind, "Come back later.", provider_id="x" * 300)), now)
    batch = models.Batch.objects.get()
    assert (batch.state, batch.error, batch.provider_id) == (state, "Come back later.", "x" * 200)
    assert (batch.lease_owner, batch.lease_until, batch.version) == ("", None, before.version + 1)
    assert (batch.due_at > now, batch.submitted_at) == (waits, now if handed_over else None)


def test_an_answer_is_logged_unless_it_is_an_acceptance(
    frozen: Plan, join: Join, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    join(1)
    made = frozen()

    def sleeps(provider: ScriptedProvider, request: Any, at: datetime) -> Answer:
        expired_leases.recover_expired_leases(now + LATER + timedelta(minutes=1))
        return accepts(provider, request, at)

    hand_over_all(ScriptedProvider(refuses_for_now), now)
    hand_over_all(ScriptedProvider(sleeps), now + timedelta(minutes=1))
    assert shown(made).counts == {"accepted": 1}
    logged = [record for record in caplog.record_tuples if record[0] == answers.__name__]
    message = f"Batch 1 of mailing {made.id}: refused, Come back later."
    assert logged == [(answers.__name__, logging.WARNING, message)]


def test_an_answer_is_stored_in_one_statement_also_when_somebody_was_withdrawn(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    ids = join(3)
    frozen()
    models.Mailing.objects.update(proven_at=now)
    before = models.Batch.objects.get().version
    people.unsubscribe(ids[1], newsroom.list.id, by=SYSTEM, now=now)
    with CaptureQueriesContext(connection) as queries:
        asked: list[int] = []

        def answer_later(provider: ScriptedProvider, request: Any, at: datetime) -> Answer:
            asked.append(len(queries))
            return accepts(provider, request, at)

        hand_over_one(ScriptedProvider(answer_later), now)
    (stored,) = list(queries)[asked[0] :]
    assert "UPDATE delivery_batch" in stored["sql"]
    assert models.Batch.objects.get().version == before + 2, "one for who was withdrawn, one for the answer"


def test_what_is_out_of_the_ordinary_is_noted_with_whom_and_when_and_why(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    ids = join(3)
    frozen()
    people.unsubscribe(ids[0], newsroom.list.id, by=SYSTEM, now=now)
    later = now + timedelta(minutes=1)
    hand_over_one(ScriptedProvider(names(1)), later)
    (batch,) = models.Batch.objects.all()
    fields = ("mailing_id", "batch_id", "subscriber_id", "address", "kind", "reason", "at")
    gone = (ids[0], "reader0@example.com", "withdrawn", "unsubscribed after the audience was frozen", later)
    refused = (ids[2], "reader2@example.com", "refused", "no such mailbox", later)
    assert list(models.DeliveryException.objects.order_by("subscriber_id").values_list(*fields)) == [
        (batch.mailing_id, batch.id, *each) for each in (gone, refused)
    ]


def test_a_batch_remembers_since_when_all_tries_were_in_vain(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    frozen()

    def try_again(situation: Any) -> tuple[datetime | None, datetime]:
        at = models.Batch.objects.get().due_at
        assert hand_over_one(ScriptedProvider(situation), at)
        return models.Batch.objects.get().failing_since, at

    first, begun = try_again(refuses_for_now)
    assert first == begun
    assert try_again(refuses_for_now)[0] == begun
    assert try_again(names(0))[0] is None, "one of them was settled"
    again, at = try_again(refuses_for_now)
    assert again == at
    assert try_again(loses_the_answer)[0] is None, "nobody knows, and it is not tried again"


def test_an_answer_is_stored_with_its_instant_also_at_the_last_try(
    frozen: Plan, join: Join, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(3)
    frozen()
    monkeypatch.setattr(answers, "RECORD_RETRY_SECONDS", ())
    hand_over_one(ScriptedProvider(), now)
    assert models.Batch.objects.values_list("state", "submitted_at").get() == (BatchState.ACCEPTED, now)


def test_a_subscriber_who_is_refused_alone_does_not_stop_the_mailing(frozen: Plan, join: Join, now: datetime) -> None:
    join(1)
    made = frozen()
    hand_over_all(ScriptedProvider(names(0)), now)
    assert (shown(made).state, shown(made).counts) == (MailingState.SENDING, {"refused": 1})


def test_two_who_are_both_refused_before_anybody_was_mailed_stop_it(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    hand_over_all(ScriptedProvider(names(0, 1)), now)
    assert (shown(made).state, shown(made).counts) == (MailingState.PAUSED, {"planned": 2})


def test_a_whole_batch_refused_by_name_after_others_were_mailed_is_refused(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(60)
    made = frozen()
    hand_over_all(ScriptedProvider(accepts, names(*range(10))), now)
    assert (shown(made).state, shown(made).counts) == (MailingState.SENDING, {"accepted": 50, "refused": 10})
    assert models.DeliveryException.objects.count() == 10


def test_a_place_just_beyond_the_last_subscriber_names_nobody(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    hand_over_all(ScriptedProvider(names(2)), now)
    assert (shown(made).state, shown(made).counts) == (MailingState.PAUSED, {"planned": 2})
    assert not models.DeliveryException.objects.exists()


def test_that_another_mailing_was_accepted_proves_nothing_of_this_one(earlier: Mailing, now: datetime) -> None:
    hand_over_one(ScriptedProvider(refuses_for_good), now)
    assert (shown(earlier).state, shown(earlier).counts) == (MailingState.PAUSED, {"planned": 60})


def test_lost_answers_are_counted_from_the_latest_of_this_mailing(earlier: Mailing, now: datetime) -> None:
    first, second = models.Batch.objects.filter(mailing_id=earlier.id).order_by("number")
    later = now - timedelta(minutes=1)
    rows = models.Batch.objects
    rows.filter(id__in=(first.id, second.id)).update(state=BatchState.UNKNOWN, submitted_at=later)
    assert answers._count_lost_answers(earlier.id) == 2, "that of the other mailing came later"
    rows.filter(id=second.id).update(state=BatchState.ACCEPTED)
    assert answers._count_lost_answers(earlier.id) == 0, "of two at the same time the last one counts"
    rows.filter(id=first.id).update(submitted_at=now)
    assert answers._count_lost_answers(earlier.id) == 1


def test_a_provider_that_asks_to_wait_gets_nothing_of_other_mailings_either(
    frozen: Plan, plan: Plan, join: Join, now: datetime
) -> None:
    join(120)
    frozen()
    frozen(kind="test")
    hand_over_one(ScriptedProvider(asks_to_wait(90)), now)
    assert hand_over_all(ScriptedProvider(), now + timedelta(seconds=89)) == 0
    assert hand_over_all(ScriptedProvider(), now + timedelta(seconds=95)) == 6


def test_an_unknown_answer_puts_nobody_off_whatever_the_provider_asks_for(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(60)
    made = frozen()
    lost = Answer(AnswerKind.UNKNOWN, "Lost.", retry_at=now + timedelta(minutes=1))
    hand_over_one(ScriptedProvider(lambda *_: lost), now)
    assert shown(made).batches == {"unknown": 1, "planned": 1}
    assert hand_over_all(ScriptedProvider(), now) == 1


def test_a_refusal_that_comes_after_an_event_showed_that_it_went_changes_nothing(
    frozen: Plan, join: Join, take: Callable[..., None], now: datetime
) -> None:
    ids = join(1)
    mailing = Sent(frozen().id, ids, now)
    seen: list[dict[str, Any]] = []

    def went_after_all(provider: ScriptedProvider, request: Any, at: datetime) -> Answer:
        take(mailing.event("delivered"))
        seen.append(dict(models.Batch.objects.values().get()))
        return refuses_for_now(provider, request, at)

    provider = ScriptedProvider(went_after_all)
    assert hand_over_all(provider, now) == 1
    assert seen == [models.Batch.objects.values().get()]
    assert seen[0]["state"] == BatchState.ACCEPTED


def test_an_answer_settles_its_own_batch_alone(frozen: Plan, join: Join, now: datetime) -> None:
    join(60)
    made = frozen()

    def while_another_sends(provider: ScriptedProvider, request: Any, at: datetime) -> Answer:
        with pytest.raises(Killed):
            hand_over_one(ScriptedProvider(dies_before), now, "worker/2")
        return refuses_for_now(provider, request, at)

    hand_over_one(ScriptedProvider(while_another_sends), now)
    assert shown(made).batches == {"planned": 1, "sending": 1}


@pytest.mark.django_db(transaction=True)
def test_a_database_that_stays_away_is_asked_for_as_long_as_the_lease_lasts(
    frozen: Plan, join: Join, now: datetime, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    join(3)
    made = frozen()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON delivery_batch WHEN NEW.state = 'accepted' "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    with pytest.raises(DatabaseError, match="disk is full"):
        hand_over_one(ScriptedProvider(), now)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER full")
    assert pauses == [0.5, 1, 2, 4, 8, 15, 30, 60, 120]
    assert timedelta(seconds=sum(pauses)) < expired_leases.LEASE
    batch = models.Batch.objects.get()
    logged = [message for name, _, message in caplog.record_tuples if name == answers.__name__]
    assert logged == [
        f"The answer to batch {batch.id} could not be stored (database or disk is full); again in {seconds} s"
        for seconds in pauses
    ]
    hand_over_all(ScriptedProvider(), now + LATER)
    assert shown(made).counts == {"unknown": 3}


@pytest.mark.django_db(transaction=True)
def test_an_answer_survives_a_connection_that_breaks(
    frozen: Plan, join: Join, now: datetime, pauses: list[float]
) -> None:
    join(3)
    made = frozen()
    asked: list[datetime] = []

    provider = ScriptedProvider()

    def clock() -> datetime:
        if not provider.requests:
            return now
        if not asked:
            connection.connection.close()
        asked.append(now)
        return now

    assert hand_over.hand_over_next(now, owner="test", provider=provider, clock=clock)
    assert (len(asked), pauses) == (2, [0.5])
    assert shown(made).counts == {"accepted": 3}


def test_a_refusal_that_names_the_first_time_after_time_before_anybody_was_mailed_is_about_the_message(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(50)
    made = frozen()
    provider = ScriptedProvider(*[names(0)] * 50)
    hand_over_all(provider, now)
    assert shown(made).state == MailingState.PAUSED
    assert "Nobody was mailed yet" in shown(made).reason
    assert len(provider.requests) == retry.MAX_ATTEMPTS


def test_bad_addresses_that_are_named_one_by_one_stop_nothing_once_somebody_was_mailed(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(100)
    made = frozen()
    hand_over_all(ScriptedProvider(accepts, *[names(0)] * 15), now)
    assert shown(made).counts == {"accepted": 85, "refused": 15}


def test_a_refusal_after_answers_that_were_lost_does_not_say_that_nobody_was_mailed(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(120)
    made = frozen()
    hand_over_all(ScriptedProvider(loses_the_answer, loses_the_answer), now)
    assert shown(made).state == MailingState.PAUSED
    later = now + timedelta(minutes=1)
    mailings.resume(made.id, by=SYSTEM, now=later)
    freeze.freeze_next(later)
    hand_over_all(ScriptedProvider(refuses_for_good), later)
    assert shown(made).state == MailingState.PAUSED
    assert "Nobody was mailed yet" not in shown(made).reason
    assert "Some may have it already." in shown(made).reason


@pytest.mark.parametrize("script", [[], [names(0)] * (retry.MAX_ATTEMPTS - 1)], ids=["before it", "the last one"])
def test_a_refusal_after_one_message_was_taken_does_not_say_that_nobody_was_mailed(
    frozen: Plan, join: Join, now: datetime, script: list[Situation]
) -> None:
    join(50)
    made = frozen()

    def takes_one(provider: ScriptedProvider, request: SendRequest, at: datetime) -> Answer:
        provider.mail(request, *range(1, len(request.recipients)))
        return Answer(AnswerKind.REFUSED, "This mail is wrong.", permanent=True, accepted_places=(0,))

    hand_over_all(ScriptedProvider(*script, takes_one, refuses_for_good), now)
    assert shown(made).state == MailingState.PAUSED
    assert "Some may have it already." in shown(made).reason
