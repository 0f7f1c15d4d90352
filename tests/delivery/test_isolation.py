"""One item that fails stops no other: it is counted, waits, and in the end is kept aside with an alarm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from newsletter.delivery import isolation, models
from newsletter.delivery.events import engagement, unsubscribed_after_send
from newsletter.delivery.ledger.format import FORMAT
from newsletter.delivery.ledger.states import BatchState, MailingState, RecallState
from newsletter.delivery.providers.base import CancelStatus
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import expired_leases, freeze, mailings, recall, recall_slots
from newsletter.jobs import worker_steps
from tests.actors import SYSTEM
from tests.acts.delivery import Recaller
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import ScriptedProvider

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


def fail_for(*broken: int) -> Callable[[int], int]:
    def act(item: int) -> int:
        if item in broken:
            raise ValueError(f"{item} is broken")
        return 1

    return act


def test_the_others_go_on(now: datetime) -> None:
    assert isolation.run_each("Testing", [1, 2, 3], fail_for(1), now) == 2
    (failure,) = isolation.list_failures()
    assert (failure.what, failure.failures, failure.error) == ("Testing 1", 1, "ValueError: 1 is broken")
    assert not failure.aside


def test_an_item_that_failed_waits_longer_each_time(now: datetime) -> None:
    tried: list[float] = []

    def act(item: int) -> int:
        tried.append((at - now).total_seconds())
        raise ValueError

    for seconds in range(200):
        at = now + timedelta(seconds=seconds)
        isolation.run_each("Testing", [1], act, at)
    assert tried == [0, 10, 30, 70, 150]


def test_it_is_kept_aside_with_one_alarm_and_tried_every_hour(now: datetime) -> None:
    for hours in range(isolation.MAX_FAILURES + 2):
        isolation.run_each("Testing", [1], fail_for(1), now + timedelta(hours=hours))
    assert isolation.count_kept_aside() == 1
    (alarm,) = summary.list_account_alarms()
    assert alarm.count == 1
    assert alarm.message == (
        "Testing 1 fails again and again and is kept aside. See why: newsletter doctor. "
        "Try it again: newsletter mailings retry-failed"
    )
    later = now + timedelta(hours=isolation.MAX_FAILURES + 1, minutes=59)
    assert isolation.run_each("Testing", [1], fail_for(), later) == 0
    assert isolation.retry_failed(by=SYSTEM, now=later) == 1
    assert isolation.run_each("Testing", [1], fail_for(), later) == 1
    assert not isolation.list_failures(), "it succeeded"


def test_a_database_that_is_away_is_nobodys_failure(now: datetime) -> None:
    def act(item: int) -> int:
        raise OperationalError("database is locked")

    with pytest.raises(OperationalError):
        isolation.run_each("Testing", [1], act, now)
    assert not isolation.list_failures()


def test_a_step_that_fails_stops_none_behind_it_and_waits_a_minute_at_most(now: datetime) -> None:
    done: list[str] = []

    def broken() -> bool:
        done.append("broken")
        raise ValueError

    def fine() -> bool:
        done.append("fine")
        return True

    for minutes in range(isolation.MAX_FAILURES + 2):
        assert isolation.run_steps([("Breaking", broken), ("Working", fine)], now + timedelta(minutes=minutes))
    assert done == ["broken", "fine"] * (isolation.MAX_FAILURES + 2)


@pytest.fixture
def poisoned(frozen: Plan, join: Join, now: datetime) -> tuple[Mailing, Mailing]:
    """Two mailings that were handed over; the outcomes of the first can no longer be read."""
    join(3)
    made = frozen(), frozen(kind="test")
    hand_over_all(ScriptedProvider(), now)
    models.Batch.objects.filter(mailing_id=made[0].id).update(format=FORMAT + 1)
    return made


def test_a_mailing_that_cannot_be_finished_stops_no_other(poisoned: tuple[Mailing, Mailing], now: datetime) -> None:
    models.Batch.objects.filter(mailing_id=poisoned[0].id).update(state=BatchState.UNKNOWN)
    assert mailings.finish_settled(now) == 1
    states = dict(models.Mailing.objects.values_list("id", "state"))
    assert states == {poisoned[0].id: MailingState.SENDING, poisoned[1].id: MailingState.FINISHED}
    assert [each.what for each in isolation.list_failures()] == [f"Finishing mailing {poisoned[0].id}"]


def test_a_batch_that_cannot_be_withdrawn_stops_no_other(poisoned: tuple[Mailing, Mailing], now: datetime) -> None:
    models.Batch.objects.update(state=BatchState.PLANNED)
    models.Mailing.objects.update(state=MailingState.CANCELLED, kind="test")
    mailings.finish_settled(now)
    assert set(models.Batch.objects.values_list("mailing_id", "state")) == {
        (poisoned[0].id, BatchState.PLANNED),
        (poisoned[1].id, BatchState.ACCEPTED),
    }


def test_a_lost_batch_that_cannot_be_read_stops_no_other(poisoned: tuple[Mailing, Mailing], now: datetime) -> None:
    models.Batch.objects.update(state=BatchState.SENDING, lease_until=now - timedelta(minutes=1))
    assert expired_leases.recover_expired_leases(now) == 1
    assert models.Batch.objects.get(mailing_id=poisoned[0].id).state == BatchState.SENDING


def test_clicks_that_cannot_be_counted_stop_no_others(poisoned: tuple[Mailing, Mailing], now: datetime) -> None:
    models.Mailing.objects.update(ordinal=1)
    engagement.roll_up(now, owner="test", at_once=True)
    assert models.Batch.objects.get(mailing_id=poisoned[1].id).folded
    assert [each.what for each in isolation.list_failures()] == [f"Counting clicks of mailing {poisoned[0].id}"]


def test_who_left_is_marked_in_the_other_mailings(
    poisoned: tuple[Mailing, Mailing], now: datetime, newsroom: Any
) -> None:
    from subscribers import people

    person = models.Batch.objects.first()
    assert person
    people.unsubscribe(person.first_id, newsroom.list.id, by=SYSTEM, now=now + timedelta(seconds=1))
    assert unsubscribed_after_send.mark_members(now + timedelta(minutes=1)) == 1


def test_an_audience_that_cannot_be_frozen_stops_no_other(plan: Plan, join: Join, now: datetime) -> None:
    join(3)
    broken = plan()
    fine = plan(kind="test")
    models.Mailing.objects.filter(id=broken.id).update(state=MailingState.FREEZING, frozen_upto=99, frozen_at=None)
    models.Batch.objects.create(
        mailing_id=broken.id, number=1, key="k", format=FORMAT, members=b"", outcomes=b"", size=1, first_id=1,
        last_id=1, state=BatchState.PLANNED, due_at=now,
    )  # fmt: skip
    assert freeze.freeze_next(now)
    assert summary.get_mailing(fine.id).state == MailingState.SENDING
    assert [each.what for each in isolation.list_failures()] == [f"Freezing mailing {broken.id}"]
    assert not freeze.freeze_next(now), "it waits"


def test_batches_of_a_newer_version_wait_with_one_alarm(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = frozen()
    models.Batch.objects.update(format=FORMAT + 1)
    for _ in range(2):
        mailings.report_newer_batches(now)
    (alarm,) = models.Alarm.objects.filter(mailing_id=made.id)
    assert (alarm.message, alarm.count) == (mailings.NEWER_FORMAT_ALARM, 1)


def test_a_workers_step_goes_on_behind_one_that_fails(
    plan: Plan, join: Join, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(3)
    made = plan()

    def broken(*given: Any, **named: Any) -> bool:
        raise ValueError("broken")

    monkeypatch.setattr("newsletter.delivery.sending.recall_slots.open_next_window", broken)
    assert worker_steps.advance_mailings(now)
    assert summary.get_mailing(made.id).state == MailingState.SENDING


@pytest.fixture
def recalled(poisoned: tuple[Mailing, Mailing], now: datetime) -> tuple[Mailing, Mailing]:
    """The same, recalled with a batch that was in flight: the provider has both."""
    models.Mailing.objects.update(
        state=MailingState.CANCELLED,
        provider="sendgrid",
        recall=RecallState.OPEN,
        cancel_id="id",
        recalled_at=now,
        due_at=now,
    )
    return poisoned


def test_a_place_that_cannot_be_given_back_stops_no_other(recalled: tuple[Mailing, Mailing], now: datetime) -> None:
    assert recall_slots.free_slots(now + timedelta(hours=5), Recaller()) == 1
    open_windows = models.Mailing.objects.filter(recall=RecallState.OPEN)
    assert list(open_windows.values_list("id", flat=True)) == [recalled[0].id]


def test_a_recall_that_cannot_be_completed_stops_no_other(recalled: tuple[Mailing, Mailing], now: datetime) -> None:
    class Cancelled(Recaller):
        def get_cancel_status(self, cancel_id: str) -> CancelStatus:
            if cancel_id == "broken":
                raise ValueError
            return CancelStatus.CANCELLED

    models.Mailing.objects.update(
        state=MailingState.RECALLING, recalled_at=None, recalling_by="ada", due_at=now + timedelta(hours=1)
    )

    models.Mailing.objects.filter(id=recalled[0].id).update(cancel_id="broken")
    models.Batch.objects.update(format=FORMAT)

    def look() -> bool:
        return recall.complete_next_recall(now, Cancelled(), by=SYSTEM)

    for _ in range(3):
        isolation.run_steps([("Completing recalls", look)], now)
    states = dict(models.Mailing.objects.values_list("id", "state"))
    assert states == {recalled[0].id: MailingState.RECALLING, recalled[1].id: MailingState.CANCELLED}
