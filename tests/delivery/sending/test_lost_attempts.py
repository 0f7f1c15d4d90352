"""A restored ledger learns of what was sent after the backup, and nobody is mailed twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.curator.editions.models import Snapshot
from newsletter.delivery import installation, models
from newsletter.delivery.ledger.states import BatchState, MailingState
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import freeze, lost_attempts, mailings
from newsletter.jobs import continuity
from tests.actors import SYSTEM
from tests.delivery.conftest import hand_over_all, hand_over_one
from tests.delivery.test_installation import Backup, restart
from tests.fakes.provider import ScriptedProvider, loses_the_answer, refuses_for_now
from tests.fakes.sendgrid_events import event


@pytest.fixture
def provider() -> ScriptedProvider:
    return ScriptedProvider()


def find_out(now: datetime) -> None:
    restart()
    assert installation.check(now).held


def resume(now: datetime) -> continuity.Stopped:
    return continuity.resume_sending(reason="looked at the provider", by=SYSTEM, now=now)


def test_batches_that_were_sent_after_the_backup_are_settled_and_the_rest_is_sent_once_resumed(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(150)
    made = frozen()
    assert hand_over_one(provider, now)
    backup = Backup()
    provider.script = [loses_the_answer]
    assert hand_over_one(provider, now)
    backup.restore()
    find_out(now)

    done = resume(now)

    assert done.mailings == (made.id,)
    assert (done.recovered and done.recovered.settled) == 1
    assert summary.get_mailing(made.id).state == MailingState.PAUSED
    mailings.resume(made.id, by=SYSTEM, now=now)
    assert freeze.freeze_next(now)
    hand_over_all(provider, now)
    assert provider.mailed.total() == 150
    assert set(provider.mailed.values()) == {1}
    assert summary.get_mailing(made.id).counts == {"accepted": 100, "unknown": 50}


def test_a_mailing_that_the_backup_does_not_have_frozen_is_sent_to_the_others_alone(
    join: Any, plan: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(100)
    made = plan()
    installation.check(now)
    backup = Backup()
    assert freeze.freeze_next(now)
    assert hand_over_one(provider, now)  # the worker ends here
    sent = models.Batch.objects.get(state=BatchState.ACCEPTED).key
    backup.rows["delivery_directory"] = []
    backup.restore()
    find_out(now)

    done = resume(now)

    assert done.mailings == (made.id,)
    assert (done.recovered and done.recovered.added) == 1
    lost = models.Batch.objects.get(key=sent)
    assert (lost.state, lost.mailing.state) == (BatchState.ACCEPTED, MailingState.CANCELLED)
    edition = models.Mailing.objects.get(id=made.id)
    assert edition.state == MailingState.HELD
    models.Mailing.objects.filter(id=made.id).update(state=MailingState.SCHEDULED)
    assert freeze.freeze_next(now)
    hand_over_all(provider, now)
    assert set(provider.mailed.values()) == {1}
    assert provider.mailed.total() == 100
    assert summary.get_mailing(made.id).excluded == {"already": 50}


def test_an_event_of_the_lost_sending_settles_who_was_unknown(
    join: Any, plan: Callable[..., Any], provider: ScriptedProvider, now: datetime, take: Callable[..., None]
) -> None:
    join(50)
    made = plan()
    installation.check(now)
    backup = Backup()
    assert freeze.freeze_next(now)
    provider.script = [loses_the_answer]
    assert hand_over_one(provider, now)
    batch = models.Batch.objects.get()
    backup.rows["delivery_directory"] = []
    backup.restore()
    find_out(now)
    resume(now)
    assert models.Batch.objects.get().state == BatchState.UNKNOWN

    sent = {"nl_mailing": made.key, "nl_batch": batch.key, "nl_attempt": batch.attempt_key}
    take(event("delivered", sent | {"nl_delivery": f"{batch.key}.0"}, "reader00@example.com", int(now.timestamp())))

    assert models.Batch.objects.get().state == BatchState.ACCEPTED


def test_a_batch_that_was_refused_every_time_is_still_to_be_sent(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(10)
    frozen()
    backup = Backup()
    provider.script = [refuses_for_now]
    assert hand_over_one(provider, now)
    backup.restore()
    find_out(now)

    resume(now)

    assert models.Batch.objects.get().state == BatchState.PLANNED


def test_what_has_no_approval_in_the_database_is_named(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(10)
    frozen()
    backup = Backup()
    assert hand_over_one(provider, now)
    backup.rows["delivery_batch"] = backup.rows["delivery_mailing"] = backup.rows["delivery_directory"] = []
    backup.restore()
    Snapshot.objects.all().delete()
    find_out(now)

    assert lost_attempts.recover(now).unplaced == {"Morning Briefing of 2026-11-24": 10}


def test_recovering_twice_adds_nothing(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(100)
    frozen()
    backup = Backup()
    hand_over_all(provider, now)
    backup.restore()
    find_out(now)

    assert lost_attempts.recover(now).settled == 2
    assert lost_attempts.recover(now).settled == 0
