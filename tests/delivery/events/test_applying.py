"""What the provider reports, from the signed post to the ledger and the readers: once, whole, and by whom it may be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from newsletter.delivery import installation, models
from newsletter.delivery.events import applying, inbox, unsubscribed_after_send
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, Outcome
from newsletter.delivery.providers.sendgrid import SendGrid
from newsletter.delivery.reports import recipients, summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import claims, freeze, hand_over, mailings
from newsletter.delivery.sending.expired_leases import recover_expired_leases
from subscribers import bounces_complaints, people, subscriber_lookup, suppressions
from subscribers.addresses import to_key
from subscribers.models import Subscriber
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.chaos import serving
from tests.delivery.conftest import Sent, hand_over_all
from tests.fakes.provider import ScriptedProvider, accepts, loses_the_answer, refuses_for_now
from tests.fakes.sendgrid import KEY, Fault
from tests.fakes.sendgrid_events import Signer, event
from tests.interleaving import just_before


def test_delivered_is_counted_apart_from_accepted(sent: Callable[..., Sent], take: Callable[..., None]) -> None:
    mailing = sent(3)
    assert mailing.mailing.counts == {"accepted": 3}
    take(mailing.event("processed"), mailing.event("delivered"), mailing.event("deferred", 1, response="450 later"))
    assert mailing.mailing.counts == {"accepted": 1, "deferred": 1, "delivered": 1}
    assert mailing.mailing.adds_up
    assert mailing.mailing.accepted_total == 3


def test_an_unknown_batch_is_settled_by_one_event_of_its_attempt(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(3, loses_the_answer)
    assert mailing.mailing.counts == {"unknown": 3}
    take(mailing.event("processed", 2))
    assert mailing.mailing.counts == {"accepted": 3}
    assert mailing.mailing.batches == {"accepted": 1}
    mailings.finish_settled(now)
    assert not mailing.mailing.alarms


def test_an_event_of_an_attempt_that_was_given_up_is_an_alarm(
    sent: Callable[..., Sent], take: Callable[..., None]
) -> None:
    mailing = sent(3)
    take(mailing.event("delivered", attempt="another"), mailing.event("open", attempt="another"))
    (alarm,) = mailing.mailing.alarms
    assert "twice" in alarm.message
    assert mailing.mailing.twice == 3, "the proof of an attempt covers all its members"


def test_a_hard_bounce_ends_mail_to_that_address_on_every_list(
    sent: Callable[..., Sent], take: Callable[..., None], newsroom: Newsroom
) -> None:
    mailing = sent(2)
    take(mailing.event("bounce", type="bounce", bounce_classification="Invalid Address", reason="no such user"))
    reader = subscriber_lookup.get_subscriber(mailing.readers[0])
    assert [each.state for each in reader.subscriptions] == ["bounced"]
    assert reader.suppressed == "bounced"
    (who,) = recipients.list_recipients(mailing.id, state="bounced", by=SYSTEM)
    assert (who.address, who.reason) == ("reader0@example.com", "no such user")
    assert subscriber_lookup.get_subscriber(mailing.readers[1]).suppressed == ""


def test_a_complaint_ends_it_too_and_stays(sent: Callable[..., Sent], take: Callable[..., None]) -> None:
    mailing = sent(1)
    take(mailing.event("spamreport"), mailing.event("delivered"))
    assert mailing.mailing.counts == {"complained": 1}
    assert subscriber_lookup.get_subscriber(mailing.readers[0]).suppressed == "complained"


def test_somebody_who_unsubscribed_at_the_provider_has_left(
    sent: Callable[..., Sent], take: Callable[..., None]
) -> None:
    mailing = sent(1)
    take(mailing.event("delivered"), mailing.event("unsubscribe", seconds=1))
    assert [each.state for each in subscriber_lookup.get_subscriber(mailing.readers[0]).subscriptions] == [
        "unsubscribed"
    ]
    assert mailing.mailing.counts == {"delivered": 1}


def test_an_event_acts_on_the_address_it_names_not_on_the_one_the_subscriber_has_now(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(1)
    people.change_address(mailing.readers[0], "new@example.com", by=SYSTEM, seen=None, now=now)
    take(mailing.event("bounce", type="bounce", reason="no such user"))
    reader = subscriber_lookup.get_subscriber(mailing.readers[0])
    assert [each.state for each in reader.subscriptions] == ["active"]
    assert reader.suppressed == ""
    assert mailing.mailing.counts == {"bounced": 1}


def test_a_used_up_plan_is_an_alarm_and_nobodys_fault(sent: Callable[..., Sent], take: Callable[..., None]) -> None:
    mailing = sent(1)
    take(mailing.event("dropped", reason="Recipient List over Package Quota"))
    assert mailing.mailing.counts == {"dropped": 1}
    assert subscriber_lookup.get_subscriber(mailing.readers[0]).suppressed == ""
    (alarm,) = summary.list_account_alarms()
    assert "quota" in alarm.message


def test_clicks_are_counted_for_their_story_people_and_machines_apart(
    sent: Callable[..., Sent], take: Callable[..., None]
) -> None:
    mailing = sent(2)
    take(
        mailing.event("click", 0, url="https://paper.example.org/1?nl=ferry"),
        mailing.event("click", 1, url="https://paper.example.org/1?nl=ferry"),
        mailing.event("click", 1, url="https://paper.example.org/2?nl=choir", seconds=1),
        mailing.event("open", 1, sg_machine_open=True),
    )
    assert summary.count_clicks(mailing.id) == {"ferry": (1, 1), "choir": (0, 1)}
    assert mailing.mailing.engagement == {"clicked": 1, "clicked_by_machine": 1, "opened_by_machine": 1}


def test_the_same_events_again_change_nothing(sent: Callable[..., Sent], take: Callable[..., None]) -> None:
    mailing = sent(2)
    happened = [
        mailing.event("click", 0, url="https://paper.example.org/1?nl=ferry"),
        mailing.event("bounce", 1, type="bounce", reason="no such user"),
    ]
    take(*happened)
    take(*happened[::-1])  # another post, the same event ids
    take(*happened, at=mailing.now - timedelta(hours=5))  # the provider tries again for a day (SendGrid fact 32)
    assert summary.count_clicks(mailing.id) == {"ferry": (1, 0)}
    assert models.DeliveryException.objects.count() == 1


def test_the_same_post_twice_is_stored_once(sent: Callable[..., Sent], take: Callable[..., None]) -> None:
    happened = sent(1).event("delivered")
    take(happened, apply=False)
    take(happened, apply=False)
    assert models.WebhookPayload.objects.count() == 1


def test_an_applied_post_is_gone(sent: Callable[..., Sent], take: Callable[..., None]) -> None:
    take(sent(1).event("delivered"))
    assert not models.WebhookPayload.objects.exists()


def test_only_one_process_applies_at_a_time_and_another_takes_over_when_it_dies(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(1)
    take(mailing.event("delivered"), apply=False)
    assert applying.apply_next(now, owner="first")
    take(mailing.event("open"), apply=False)
    assert not applying.apply_next(now, owner="second")
    assert applying.apply_next(now + applying.LEASE + timedelta(seconds=1), owner="second")


def test_a_stroke_that_fails_halfway_is_not_done_at_all(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = sent(1)
    take(mailing.event("bounce", type="bounce", reason="gone"), apply=False)
    with monkeypatch.context() as patched:
        patched.setattr(bounces_complaints, "apply_reports", _breaks)
        assert applying.apply_next(now, owner="test")
    assert mailing.mailing.counts == {"accepted": 1}
    assert applying.apply_next(now + timedelta(minutes=1), owner="test")
    assert mailing.mailing.counts == {"bounced": 1}
    assert subscriber_lookup.get_subscriber(mailing.readers[0]).suppressed == "bounced"


def _breaks(*_: Any, **__: Any) -> int:
    raise RuntimeError("this cannot be applied")


def test_events_of_nobody_of_ours_are_counted_and_dropped(
    take: Callable[..., None], newsroom: Newsroom, now: datetime
) -> None:
    take(
        event("bounce", {}, "stranger@example.com", 1, type="bounce"),
        event("delivered", {"nl_batch": "no", "nl_delivery": "no.1"}, "stranger@example.com", 1),
        event("spamreport", {}, "stranger@example.com", 1),
    )
    assert models.UnmatchedEventCount.objects.get().count == 3
    with pytest.raises(Exception, match="not on the list"):
        suppressions.lift_suppression("stranger@example.com", complaints=True, by=SYSTEM, now=now)


def test_a_late_bounce_without_ids_still_acts_on_an_address_of_ours(
    take: Callable[..., None], readers: Callable[..., list[int]], now: datetime
) -> None:
    (reader,) = readers(1)
    take(event("bounce", {}, "Reader0@example.com", int(now.timestamp()), type="bounce", reason="gone"))
    assert subscriber_lookup.get_subscriber(reader).suppressed == "bounced"


def test_an_answer_that_comes_after_its_events_takes_nothing_back(
    frozen: Callable[..., Mailing], join: Callable[..., list[int]], take: Callable[..., None], now: datetime
) -> None:
    ids = join(2)
    mailing = Sent(frozen().id, ids, now)
    provider = ScriptedProvider()
    provider.script = [lambda p, request, at: (take(mailing.event("delivered", 1)), accepts(p, request, at))[1]]
    hand_over_all(provider, now)
    assert mailing.mailing.counts == {"accepted": 1, "delivered": 1}
    assert mailing.mailing.batches == {"accepted": 1}
    assert max(provider.mailed.values()) == 1


def test_a_lost_answer_that_its_events_had_settled_stays_settled(
    frozen: Callable[..., Mailing], join: Callable[..., list[int]], take: Callable[..., None], now: datetime
) -> None:
    ids = join(2)
    mailing = Sent(frozen().id, ids, now)
    provider = ScriptedProvider()
    provider.script = [
        lambda p, request, at: (loses_the_answer(p, request, at), take(mailing.event("processed", 1)))[0]
    ]
    hand_over_all(provider, now)
    assert mailing.mailing.counts == {"accepted": 2}


def test_a_batch_that_waits_for_another_try_is_not_sent_again_when_an_event_shows_that_it_went(
    frozen: Callable[..., Mailing], join: Callable[..., list[int]], take: Callable[..., None], now: datetime
) -> None:
    ids = join(2)
    mailing = Sent(frozen().id, ids, now)
    provider = ScriptedProvider()
    provider.script = [refuses_for_now]
    hand_over.hand_over_next(now, owner="w", provider=provider, clock=lambda: now)
    assert models.Batch.objects.get().state == BatchState.PLANNED
    take(mailing.event("processed"))
    assert hand_over_all(provider, now + timedelta(hours=1)) == 0
    assert mailing.mailing.counts == {"accepted": 2}


@pytest.fixture
def tries_again(
    frozen: Callable[..., Mailing], join: Callable[..., list[int]], take: Callable[..., None], now: datetime
) -> Callable[[Any], tuple[Sent, ScriptedProvider, datetime]]:
    """A batch of three whose first attempt is refused for now. While the second is in flight, an event proves the
    first; then the second is answered as told."""

    def send(answer: Any) -> tuple[Sent, ScriptedProvider, datetime]:
        ids = join(3)
        mailing = Sent(frozen().id, ids, now)
        provider = ScriptedProvider(refuses_for_now)
        hand_over.hand_over_next(now, owner="w", provider=provider, clock=lambda: now)
        proof = mailing.event("processed", 1)
        provider.script = [lambda p, request, at: (take(proof), answer(p, request, at))[1]]
        later = now + timedelta(minutes=20)
        hand_over.hand_over_next(later, owner="w", provider=provider, clock=lambda: later)
        return mailing, provider, later

    return send


def test_an_older_attempt_proven_in_flight_keeps_all_of_the_batch_from_a_third(tries_again: Any) -> None:
    mailing, provider, later = tries_again(refuses_for_now)
    assert mailing.mailing.counts == {"accepted": 3}
    assert hand_over_all(provider, later + timedelta(hours=1)) == 0, "it is sent once more"
    assert mailing.mailing.twice == 0


def test_both_attempts_going_through_is_an_alarm_for_everybody_in_them(tries_again: Any) -> None:
    mailing, _, _ = tries_again(accepts)
    assert mailing.mailing.counts == {"accepted": 3}
    assert mailing.mailing.twice == 3
    assert models.Alarm.objects.get().count == 3


def test_a_lost_answer_leaves_what_an_older_attempt_proved(tries_again: Any, take: Callable[..., None]) -> None:
    mailing, _, _ = tries_again(loses_the_answer)
    assert mailing.mailing.counts == {"accepted": 3}
    assert mailing.mailing.twice == 0
    take(mailing.event("delivered", 2))  # of the attempt whose answer was lost
    assert mailing.mailing.twice == 3


def test_a_worker_that_dies_leaves_what_an_older_attempt_proved(
    frozen: Callable[..., Mailing], join: Callable[..., list[int]], take: Callable[..., None], now: datetime
) -> None:
    ids = join(2)
    mailing = Sent(frozen().id, ids, now)
    provider = ScriptedProvider(refuses_for_now)
    hand_over.hand_over_next(now, owner="w", provider=provider, clock=lambda: now)
    proof = mailing.event("processed", 1)
    later = now + timedelta(hours=1)
    claim = claims.claim_batch(later, until=later, owner="dies", provider=provider.name)
    assert claim is not None
    assert claims.begin_attempt(claim, "second", until=later, standing=installation.check(now))
    take(proof)
    assert recover_expired_leases(later + timedelta(minutes=10)) == 1
    assert mailing.mailing.batches == {"accepted": 1}
    assert mailing.mailing.counts == {"accepted": 2}


def test_a_signed_post_that_is_no_json_does_not_stop_the_others(
    sent: Callable[..., Sent], take: Callable[..., None], signer: Signer, now: datetime
) -> None:
    mailing, raw, timestamp = sent(1), b"[{", str(int(now.timestamp()))
    inbox.receive(raw, signature=signer.sign(raw, timestamp), timestamp=timestamp, keys=[signer.public_key], now=now)
    take(mailing.event("delivered"))
    assert mailing.mailing.counts == {"delivered": 1}
    assert models.WebhookPayload.objects.count() == 1, "nothing that was not applied is deleted"


@pytest.fixture
def poisoned(sent: Callable[..., Sent]) -> Sent:
    """A mailing to three readers; of the second's events the database takes none that has a reason."""
    mailing = sent(3)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER refused BEFORE INSERT ON delivery_incident WHEN NEW.reason LIKE '%poison%' "
            "BEGIN SELECT RAISE(ABORT, 'this row is refused'); END"
        )
    return mailing


def _apply_until_it_rests(now: datetime) -> datetime:
    """Applies, and lets as much time pass as failures ask for; the instant at which nothing is left to try soon."""
    for _ in range(60):
        while applying.apply_next(now, owner="test"):
            pass
        now += timedelta(seconds=5)
    return now


def test_an_event_that_cannot_be_applied_is_kept_aside_alone(
    poisoned: Sent, take: Callable[..., None], now: datetime
) -> None:
    bounce = poisoned.event("bounce", 0, type="bounce", reason="no such user")
    poison = poisoned.event("bounce", 1, type="bounce", reason="poison user")
    take(bounce, poison, poisoned.event("delivered", 2), apply=False)
    _apply_until_it_rests(now)
    assert poisoned.mailing.counts == {"bounced": 1, "accepted": 1, "delivered": 1}
    aside = models.WebhookPayload.objects.get()
    assert aside.quarantined_at
    assert "this row is refused" in aside.error
    assert b"poison" in bytes(aside.body)
    assert inbox.get_status().quarantined == 1
    (alarm,) = summary.list_account_alarms()
    assert alarm.count == 1


def test_payloads_behind_one_that_cannot_be_applied_are_applied_at_once(
    poisoned: Sent, take: Callable[..., None], now: datetime
) -> None:
    take(poisoned.event("bounce", 1, type="bounce", reason="poison user"), apply=False)
    for place in (0, 2):
        take(poisoned.event("delivered", place), apply=False)
    assert applying.apply_next(now, owner="test")
    assert poisoned.mailing.counts == {"delivered": 2, "accepted": 1}


def test_what_was_kept_aside_is_applied_once_it_can_be(
    poisoned: Sent, take: Callable[..., None], now: datetime
) -> None:
    take(poisoned.event("bounce", 1, type="bounce", reason="poison user"), apply=False)
    later = _apply_until_it_rests(now)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refused")
    assert not applying.apply_next(later, owner="test"), "it is not tried all the time"
    assert inbox.retry_quarantined(by=SYSTEM, now=later) == 1
    assert applying.apply_next(later, owner="test")
    assert poisoned.mailing.counts == {"bounced": 1, "accepted": 2}
    assert not models.WebhookPayload.objects.exists()


def test_an_hour_later_what_was_kept_aside_is_tried_again(
    poisoned: Sent, take: Callable[..., None], now: datetime
) -> None:
    take(poisoned.event("bounce", 1, type="bounce", reason="poison user"), apply=False)
    later = _apply_until_it_rests(now) + applying.RETRY_QUARANTINED_AFTER
    assert applying.apply_next(later, owner="test")
    assert summary.list_account_alarms()[0].count == 1, "one alarm, not one an hour"


def test_events_of_a_batch_in_a_newer_format_wait_for_a_newer_worker_and_stop_nobody(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(60)  # two batches
    second = models.Batch.objects.get(number=2)
    models.Batch.objects.filter(id=second.id).update(format=99)
    of_the_second = mailing.event("delivered") | {"nl_batch": second.key, "nl_delivery": f"{second.key}.0"}
    take(of_the_second | {"sg_event_id": "second"}, mailing.event("delivered", 1), apply=False)
    later = _apply_until_it_rests(now)
    assert Outcomes(models.Batch.objects.get(number=1).outcomes)[1] is Outcome.DELIVERED
    assert inbox.get_status().quarantined == 1
    models.Batch.objects.filter(id=second.id).update(format=1)  # a newer worker
    assert applying.apply_next(later + applying.RETRY_QUARANTINED_AFTER, owner="test")
    assert mailing.mailing.counts == {"accepted": 58, "delivered": 2}


def test_a_database_that_is_away_is_not_the_fault_of_the_events(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(1)
    take(mailing.event("delivered"), apply=False)

    models.WorkerLock.objects.create(name="events")

    def locked(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SAVEPOINT"):
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(locked), pytest.raises(OperationalError):
        applying.apply_next(now, owner="test")
    assert models.WebhookPayload.objects.get().failures == 0


def test_one_click_on_a_strange_link_stops_nothing(sent: Callable[..., Sent], take: Callable[..., None]) -> None:
    mailing = sent(2)
    take(
        mailing.event("click", 0, url="https://x.example/?nl=%00"),
        mailing.event("click", 1, url="https://x.example/?nl=ferry"),
    )
    assert mailing.mailing.counts == {"delivered": 2}
    assert list(models.PickClicks.objects.values_list("pick", flat=True)) == ["ferry"]


WRITING = "SAVEPOINT"  # all is read by then; the row of the lease has to be there, or it is made in one, too


@pytest.fixture
def lease_row(db: None) -> None:
    models.WorkerLock.objects.create(name="events")


def test_an_event_of_a_batch_that_changes_as_it_is_written_is_applied_to_what_the_batch_says_then(
    lease_row: None, sent: Callable[..., Sent], take: Callable[..., None], newsroom: Newsroom, now: datetime
) -> None:
    mailing = sent(2)
    people.unsubscribe(mailing.readers[1], newsroom.list.id, by=SYSTEM, now=now)
    take(mailing.event("delivered", 0), apply=False)
    with just_before(WRITING, lambda: unsubscribed_after_send.mark_members(now)):
        assert applying.apply_next(now, owner="test")
    assert mailing.mailing.counts == {"accepted": 2}
    assert models.WebhookPayload.objects.count() == 1, "kept, to be applied again"
    assert applying.apply_next(now, owner="test")
    assert mailing.mailing.counts == {"accepted": 1, "delivered": 1}
    assert mailing.mailing.unsubscribed_after_send == 1


def test_an_event_of_a_batch_that_begins_to_be_sent_as_it_is_written_is_applied_again(
    lease_row: None,
    frozen: Callable[..., Mailing],
    join: Callable[..., list[int]],
    take: Callable[..., None],
    now: datetime,
) -> None:
    """Beginning changes the state of a batch and not its version."""
    ids = join(2)
    mailing = Sent(frozen().id, ids, now)
    hand_over_all(ScriptedProvider(refuses_for_now), now)
    take(mailing.event("processed"), apply=False)
    later = now + timedelta(minutes=1)

    def another_try_begins() -> None:
        claim = claims.claim_batch(
            later, until=later + applying.LEASE, owner="worker/1", provider=ScriptedProvider.name
        )
        assert claim is not None
        assert claims.begin_attempt(claim, "another", until=later + applying.LEASE, standing=installation.check(now))

    with just_before(WRITING, another_try_begins):
        assert applying.apply_next(later, owner="test")
    assert mailing.mailing.batches == {"sending": 1}
    assert models.WebhookPayload.objects.count() == 1


def test_an_event_that_another_process_applies_at_the_same_time_counts_once(
    lease_row: None, sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(1)
    take(mailing.event("click", url="https://paper.example.org/1?nl=ferry"), apply=False)
    with just_before(WRITING, lambda: applying.apply_next(now, owner="test")):
        applying.apply_next(now, owner="test")
    assert summary.count_clicks(mailing.id) == {"ferry": (1, 0)}
    assert not models.WebhookPayload.objects.exists()


# Events that name another address than the message went to

LASTING = {
    "bounce": {"type": "bounce", "reason": "no such user"},
    "blocked": {"type": "blocked", "reason": "mailbox full"},
    "dropped": {"reason": "Bounced Address"},
    "spamreport": {},
    "unsubscribe": {},
    "group_unsubscribe": {},
}


def stand(person: int) -> tuple[list[str], str, int]:
    """What stays with a person of what is reported: states, suppression, bounces that were soft."""
    found = subscriber_lookup.get_subscriber(person)
    soft = Subscriber.objects.get(id=person).soft_bounces
    return [each.state for each in found.subscriptions], found.suppressed, soft


@pytest.mark.parametrize("kind", LASTING)
@pytest.mark.parametrize("named", ["stranger@example.com", "reader1@example.com", "reader0@example.org", ""])
def test_an_event_that_names_another_address_has_no_effect_on_anybody_and_raises_an_alarm(
    sent: Callable[..., Sent], take: Callable[..., None], kind: str, named: str
) -> None:
    mailing = sent(2)
    happened = mailing.event("bounce" if kind == "blocked" else kind, 0, **LASTING[kind]) | {"email": named}
    take(happened)
    assert [stand(person) for person in mailing.readers] == [(["active"], "", 0)] * 2
    assert mailing.mailing.counts == {"accepted": 2}
    assert not recipients.list_recipients(mailing.id, state="bounced", by=SYSTEM)
    (alarm,) = mailing.mailing.alarms
    assert (alarm.message, alarm.count) == (applying.OTHER_ADDRESS_ALARM, 1)
    assert models.UnmatchedEventCount.objects.get().count == 1
    take(mailing.event("bounce" if kind == "blocked" else kind, 0, **LASTING[kind]))
    assert stand(mailing.readers[0]) != (["active"], "", 0), "the same report with the right address counts"
    assert stand(mailing.readers[1]) == (["active"], "", 0)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("reader0@example.com", "READER0@Example.COM"),
        ("reader0@example.com", "Ada <reader0@example.com>"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@bücher.example", "Ada@BÜCHER.example"),
    ],
)
def test_addresses_are_compared_as_at_the_sign_up(
    sent: Callable[..., Sent], take: Callable[..., None], address: str, named: str
) -> None:
    mailing = sent(1)
    Subscriber.objects.update(address=address, address_key=to_key(address))
    take(mailing.event("bounce", 0, **LASTING["bounce"]) | {"email": named})
    assert mailing.mailing.counts == {"bounced": 1}
    assert stand(mailing.readers[0])[1] == "bounced"


def test_it_is_the_address_of_the_freeze_that_counts(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(1)
    later = now + timedelta(seconds=5)
    people.change_address(mailing.readers[0], "new@example.com", by=SYSTEM, seen=None, now=later)
    take(mailing.event("spamreport", 0) | {"email": "new@example.com"})
    assert mailing.mailing.counts == {"accepted": 1}
    assert stand(mailing.readers[0])[0] == ["active"]
    take(mailing.event("spamreport", 0))
    assert mailing.mailing.counts == {"complained": 1}


def test_of_somebody_who_was_erased_there_is_nothing_to_compare(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2)
    Subscriber.objects.filter(id=mailing.readers[0]).delete()
    take(mailing.event("bounce", 0, **LASTING["bounce"]))
    assert mailing.mailing.counts == {"bounced": 1, "accepted": 1}
    assert not mailing.mailing.alarms


def test_an_event_with_another_address_still_proves_that_its_request_went_through(
    sent: Callable[..., Sent], take: Callable[..., None]
) -> None:
    mailing = sent(3, loses_the_answer)
    take(mailing.event("bounce", 0, **LASTING["bounce"]) | {"email": "stranger@example.com"})
    assert mailing.mailing.counts == {"accepted": 3}


# An earlier attempt that proves to have gone through, at a real server


class Interrupted(SendGrid):
    """SendGrid, with something that happens while a request is in flight."""

    meanwhile: Callable[[], None] | None = None

    def send_batch(self, request: Any, now: datetime) -> Any:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()
        return super().send_batch(request, now)


@pytest.mark.parametrize("members", [range(1), range(37), range(40)], ids=["one", "most", "all"])
@pytest.mark.parametrize("answer", [None, Fault(status=500), Fault(status=429), Fault(status=500, accept_first=True)])
def test_an_event_of_an_earlier_attempt_hands_a_batch_in_flight_to_nobody_else(
    plan: Callable[..., Mailing],
    join: Callable[..., list[int]],
    take: Callable[..., None],
    now: datetime,
    members: range,
    answer: Fault | None,
) -> None:
    join(40)
    with serving(delay=0) as server:
        provider, other = Interrupted(KEY, server.url), SendGrid(KEY, server.url)
        made = plan(provider="sendgrid")
        freeze.freeze_next(now)
        server.fail_next(Fault(status=429, accept_first=True))  # it says no, and mails them all the same
        hand_over.hand_over_next(now, owner="worker/1", provider=provider, clock=lambda: now)
        later = models.Batch.objects.get().due_at
        mailed = server.bodies[0]["personalizations"]

        def reported_and_another_worker_looks() -> None:
            happened = (mailed[place] for place in members)
            take(*(event("delivered", each["custom_args"], each["to"][0]["email"], 1) for each in happened))
            assert models.Batch.objects.get().state == BatchState.SENDING, "it is the first worker's until its answer"
            for minutes in (0, 4):
                hand_over_all(other, later + timedelta(minutes=minutes), "worker/2")

        provider.meanwhile = reported_and_another_worker_looks
        if answer:
            server.fail_next(answer)
        hand_over.hand_over_next(later, owner="worker/1", provider=provider, clock=lambda: later)
        for minutes in (0, 10, 100):
            hand_over_all(other, later + timedelta(minutes=minutes), "worker/2")
        twice = answer is None or answer.accept_first
        assert set(server.accepted.values()) == {2 if twice else 1}
        if twice and answer:  # only an event can tell
            again = server.bodies[1]["personalizations"][0]
            take(event("delivered", again["custom_args"], again["to"][0]["email"], 2))
    counts = summary.get_mailing(made.id).counts
    assert set(counts) <= {"accepted", "delivered"}
    assert sum(counts.values()) == 40
    alarms = {alarm.message: alarm.count for alarm in summary.get_mailing(made.id).alarms}
    assert alarms.get(states.SENT_TWICE_ALARM, 0) == (40 if twice else 0)
    assert summary.get_mailing(made.id).twice == (40 if twice else 0)


def test_the_lock_of_a_process_that_died_before_the_clock_was_put_back_holds_nobody_up(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    take(sent(1).event("delivered"), apply=False)
    models.WorkerLock.objects.create(name="events", owner="dead", lease_until=now + timedelta(hours=1))
    assert applying.apply_next(now, owner="alive")
