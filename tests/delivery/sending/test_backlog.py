"""What is to be done now, as far as the rows say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState, MailingState, RecallState
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import recall_window, send_again
from newsletter.delivery.sending.backlog import Backlog, find_next_due, measure_backlog
from tests.actors import SYSTEM
from tests.delivery.conftest import Sent, hand_over_all
from tests.fakes.provider import ScriptedProvider

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]
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
