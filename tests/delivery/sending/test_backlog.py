"""What is to be done now, as far as the rows say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState, MailingState, RecallState
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import mailings, recall_window, send_again
from newsletter.delivery.sending.backlog import Backlog, find_next_due, list_overdue_mailings, measure_backlog
from newsletter.delivery.sending.hand_over import hand_over_next
from tests.actors import SYSTEM
from tests.delivery.conftest import Sent, hand_over_all
from tests.fakes.provider import ScriptedProvider, Situation, accepts, names, refuses_for_now

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]
TWO_MINUTES = timedelta(minutes=2)
NOTHING = Backlog(batches=0, mailings=False, payloads=False)


def test_in_an_empty_newsroom_there_is_nothing_to_do(now: datetime) -> None:
    assert measure_backlog(now, limit=9) == NOTHING


def test_a_mailing_is_due_at_its_time_or_when_its_window_begins(plan: Plan, now: datetime) -> None:
    made = plan(due_at=now + timedelta(hours=1))
    assert measure_backlog(now, limit=9) == NOTHING
    assert measure_backlog(now + timedelta(hours=1), limit=9).mailings
    models.Mailing.objects.filter(id=made.id).update(begins_at=now)
    assert measure_backlog(now, limit=9).mailings


def test_batches_that_are_due_are_counted_up_to_the_limit(frozen: Plan, join: Join, now: datetime) -> None:
    join(101)
    frozen()
    assert measure_backlog(now, limit=9).batches == 3
    assert measure_backlog(now, limit=2).batches == 2
    models.Batch.objects.update(due_at=now + timedelta(minutes=1))
    assert measure_backlog(now, limit=9).batches == 0
    models.Batch.objects.update(due_at=now)
    models.Mailing.objects.update(state=MailingState.PAUSED)
    assert measure_backlog(now, limit=9) == NOTHING


@pytest.mark.parametrize("state", [BatchState.CLAIMED, BatchState.SENDING])
def test_a_batch_of_a_dead_process_is_work(frozen: Plan, join: Join, now: datetime, state: BatchState) -> None:
    join(1)
    frozen()
    models.Batch.objects.update(state=state, lease_until=now)
    assert measure_backlog(now, limit=9).batches == 0
    assert measure_backlog(now + timedelta(seconds=1), limit=9).batches == 1


def test_those_who_are_to_be_sent_it_again_are_work_when_no_mailing_is(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2)
    take(mailing.event("bounce", 0, reason="550 5.7.1 blocked"))
    assert measure_backlog(now, limit=9) == NOTHING
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    assert measure_backlog(now, limit=9).mailings
    later = now + timedelta(minutes=1)
    models.SendAgain.objects.update(next_at=later)
    assert measure_backlog(now, limit=9) == NOTHING
    assert find_next_due(now) == later


def test_what_came_back_after_a_recall_is_to_be_settled(frozen: Plan, join: Join, now: datetime) -> None:
    join(1)
    frozen()
    hand_over_all(ScriptedProvider(), now)
    models.Mailing.objects.update(state=MailingState.CANCELLED)
    assert not measure_backlog(now, limit=9).mailings
    models.Mailing.objects.update(recalled_at=now)
    assert not measure_backlog(now, limit=9).mailings, "the provider does not keep the recall any more"
    models.Mailing.objects.update(recall=RecallState.OPEN)
    assert measure_backlog(now, limit=9).mailings
    models.Mailing.objects.update(recalled_at=None)
    models.Batch.objects.update(state=BatchState.PLANNED)
    assert measure_backlog(now, limit=9).mailings


def test_a_recall_of_which_nobody_knows_is_to_be_asked_about_when_its_time_comes(plan: Plan, now: datetime) -> None:
    plan()
    models.Mailing.objects.update(
        state=MailingState.RECALLING, recall=RecallState.OPEN, ask_provider_at=now, due_at=now + timedelta(hours=1)
    )
    assert not measure_backlog(now - timedelta(seconds=1), limit=9).mailings
    assert measure_backlog(now, limit=9).mailings


def test_a_window_is_to_be_looked_at_once_when_nothing_can_be_cancelled_any_more(plan: Plan, now: datetime) -> None:
    plan()
    models.Mailing.objects.update(
        state=MailingState.PAUSED, recall=RecallState.OPEN, due_at=now + recall_window.PROVIDER_LIMIT
    )
    assert not measure_backlog(now, limit=9).mailings
    assert measure_backlog(now + timedelta(seconds=1), limit=9).mailings
    models.Mailing.objects.update(window_checked_at=now)
    assert not measure_backlog(now + timedelta(seconds=1), limit=9).mailings


def test_a_post_of_the_provider_waits_to_be_applied(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(1)
    assert not measure_backlog(now, limit=9).payloads
    take(mailing.event("delivered"), apply=False)
    assert measure_backlog(now, limit=9).payloads


def try_until(until: datetime, now: datetime, situation: Situation) -> None:
    """What workers do meanwhile, looking every ten seconds."""
    while now <= until:
        hand_over_all(ScriptedProvider(*[situation] * 9), now)
        now += timedelta(seconds=10)


@pytest.mark.parametrize("readers", [1, 101])
def test_a_mailing_of_which_every_attempt_is_in_vain_is_overdue(
    frozen: Plan, join: Join, now: datetime, readers: int
) -> None:
    join(readers)
    made = frozen()
    for minutes, overdue in ((1, ()), (3, (made.id,)), (8, (made.id,))):
        later = now + timedelta(minutes=minutes)
        try_until(later, now + timedelta(minutes=minutes - 1) if minutes > 1 else now, refuses_for_now)
        assert list_overdue_mailings(later, TWO_MINUTES) == overdue
    models.Batch.objects.update(due_at=later)
    hand_over_all(ScriptedProvider(accepts), later)
    assert list_overdue_mailings(later, TWO_MINUTES) == ()


def test_a_mailing_moves_as_long_as_somebody_is_accepted(frozen: Plan, join: Join, now: datetime) -> None:
    join(101)
    frozen()
    hand_over_all(ScriptedProvider(*[refuses_for_now] * 9), now)
    later = now + timedelta(minutes=3)
    first, *others = models.Batch.objects.values_list("id", flat=True)
    models.Batch.objects.filter(id__in=others).update(due_at=later + timedelta(minutes=1))
    assert list_overdue_mailings(later, TWO_MINUTES), "both wait, and nobody was accepted"
    models.Batch.objects.filter(id=first).update(due_at=later)
    assert hand_over_all(ScriptedProvider(accepts), later) == 1
    assert list_overdue_mailings(later + timedelta(minutes=1), TWO_MINUTES) == ()
    assert list_overdue_mailings(later + timedelta(minutes=3), TWO_MINUTES)


def test_an_answer_that_settles_some_of_a_batch_is_a_move(frozen: Plan, join: Join, now: datetime) -> None:
    join(5)
    frozen()
    hand_over_all(ScriptedProvider(*[refuses_for_now] * 9), now)
    later = now + timedelta(minutes=3)
    models.Batch.objects.update(due_at=later)
    hand_over_next(later, owner="worker/1", provider=ScriptedProvider(names(1)), clock=lambda: later)
    assert models.Batch.objects.get().state == BatchState.PLANNED
    assert list_overdue_mailings(later, TWO_MINUTES) == ()


def test_who_resumes_a_mailing_gives_it_two_minutes(frozen: Plan, join: Join, now: datetime) -> None:
    join(1)
    made = frozen()
    hand_over_all(ScriptedProvider(*[refuses_for_now] * 9), now)
    later = now + timedelta(minutes=5)
    mailings.pause(made.id, by=SYSTEM, now=later)
    mailings.resume(made.id, by=SYSTEM, now=later)
    models.Mailing.objects.update(state=MailingState.SENDING)
    hand_over_all(ScriptedProvider(*[refuses_for_now] * 9), later)
    assert list_overdue_mailings(later + timedelta(minutes=1), TWO_MINUTES) == ()
    assert list_overdue_mailings(later + timedelta(minutes=3), TWO_MINUTES) == (made.id,)


def test_a_batch_planned_for_later_is_not_overdue(frozen: Plan, join: Join, now: datetime) -> None:
    join(101)
    frozen()
    models.Batch.objects.update(due_at=now + timedelta(hours=2))
    assert list_overdue_mailings(now + timedelta(hours=1), TWO_MINUTES) == ()
