"""Recalls the provider has not confirmed: who asked is stored before it is asked, and what it says counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from newsletter.curator.editions import edition_lookup
from newsletter.delivery import models
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import MailingState, Outcome
from newsletter.delivery.providers.base import ProviderError
from newsletter.delivery.sending import freeze, mailings, recall, recall_slots, repair
from newsletter.kernel.errors import Refused
from tests.actors import SYSTEM
from tests.delivery.sending.recall_stage import (
    DONE_AT_PROVIDER,
    FAILURES,
    Stage,
    begin_call,
    fail_call,
)
from tests.fakes.provider import Killed, ScriptedProvider, dies
from tests.fakes.sendgrid import Fault
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("failure", FAILURES)
def test_a_cancellation_that_goes_wrong_is_completed_by_a_sweep(stage: Stage, failure: str) -> None:
    fail_call(stage, "cancel", failure, begin_call("cancel", stage))
    assert (stage.mailing.state, stage.mailing.recalling_by) == (MailingState.RECALLING, "editor")
    assert stage.mailing.recalling_since == stage.now
    assert bool(stage.server.statuses) == (failure in DONE_AT_PROVIDER)
    assert stage.complete() == 0, "whoever began it has a minute"
    stage.at(39)
    assert stage.complete() == 1
    assert (stage.mailing.state, stage.mailing.reason) == (MailingState.CANCELLED, "recalled by editor")
    assert stage.mailing.counts == {"recalled": 5}
    assert edition_lookup.get_edition(stage.mailing.edition_id).state == "open"
    stage.at(-60)
    assert not stage.server.accepted


def fail_to_recall(stage: Stage, failure: str) -> None:
    fail_call(stage, "cancel", failure, begin_call("cancel", stage))


@pytest.mark.parametrize("failure", ["killed after", "answer lost"])
def test_what_the_provider_has_cancelled_is_not_resumed_but_recalled(stage: Stage, failure: str) -> None:
    fail_to_recall(stage, failure)
    with pytest.raises(Refused, match="has cancelled mailing"):
        stage.resume()
    assert (stage.mailing.state, stage.mailing.counts) == (MailingState.CANCELLED, {"recalled": 5})


def test_what_an_older_version_left_paused_is_not_resumed_when_the_provider_has_cancelled_it(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    row = models.Mailing.objects.get()
    models.Mailing.objects.update(state=MailingState.PAUSED, reason="The recall failed: … Recall it again, or resume.")
    stage.server.statuses[row.cancel_id] = "cancel"
    with pytest.raises(Refused, match="must be asked"):
        mailings.resume(row.id, by=SYSTEM, now=stage.now)
    with pytest.raises(Refused, match="has cancelled mailing"):
        stage.resume()
    assert stage.mailing.counts == {"recalled": 5}


@pytest.mark.parametrize("fault", [Fault(drop=True), Fault(status=503), Fault(status=403)], ids=str)
def test_while_the_provider_does_not_say_what_became_of_it_nothing_is_resumed(stage: Stage, fault: Fault) -> None:
    fail_to_recall(stage, "killed before")
    stage.server.fail_next(fault)
    with pytest.raises(ProviderError):
        stage.resume()
    assert stage.mailing.state == MailingState.RECALLING


def test_a_recall_can_be_given_up_as_long_as_the_provider_has_not_cancelled_it(stage: Stage) -> None:
    fail_to_recall(stage, "killed before")
    stage.resume()
    stage.work()
    stage.at(0)
    stage.work()
    assert stage.mailing.state == MailingState.SENDING, "the provider is asked once more before it counts as sent"
    stage.complete()
    stage.work()
    assert stage.mailing.state == MailingState.FINISHED
    assert set(stage.server.accepted.values()) == {1}


def test_a_cancellation_that_arrives_after_its_recall_was_given_up_is_found_in_time(stage: Stage) -> None:
    fail_to_recall(stage, "killed before")
    stage.resume()
    stage.work()
    stage.server.statuses[models.Mailing.objects.get().cancel_id] = "cancel"  # the request was long under way
    stage.at(9)
    stage.complete()
    assert (stage.mailing.state, stage.mailing.counts) == (MailingState.CANCELLED, {"recalled": 5})
    assert edition_lookup.get_edition(stage.mailing.edition_id).state == "open"


def test_a_recall_confirmed_as_somebody_gives_it_up_counts(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    cancel = stage.provider.cancel

    def slow(cancel_id: str) -> None:
        stage.resume()
        cancel(cancel_id)

    stage.provider.cancel = slow  # type: ignore[method-assign]
    assert stage.recall().caught == 5
    assert stage.mailing.state == MailingState.CANCELLED


def test_a_recall_of_which_nobody_knows_is_asked_about_until_the_provider_answers(stage: Stage) -> None:
    fail_to_recall(stage, "answer lost")
    for minutes_left in (30, 11, 5, -30):
        stage.at(minutes_left)
        stage.server.fail_next(Fault(drop=True))
        assert stage.complete() == 1
        stage.work()
        assert stage.mailing.state == MailingState.RECALLING
        assert recall_slots._slot_holders(stage.now, stage.provider.account).count() == 1
    stage.at(-60)
    stage.complete()
    assert (stage.mailing.state, stage.mailing.counts) == (MailingState.CANCELLED, {"recalled": 5})
    assert not stage.server.accepted


def test_a_recall_the_provider_never_took_is_given_up_when_no_time_is_left_and_said(stage: Stage) -> None:
    fail_to_recall(stage, "refused")
    stage.at(11)
    stage.complete()
    assert stage.mailing.state == MailingState.RECALLING, "a cancellation may be under way until the provider's limit"
    stage.at(9.9)
    stage.complete()
    assert "The recall by editor failed" in stage.alarms
    assert stage.mailing.state == MailingState.SENDING
    stage.at(0)
    stage.work()
    assert stage.mailing.state == MailingState.SENDING, "it is looked up once more"
    assert stage.complete() == 1
    stage.work()
    assert stage.mailing.state == MailingState.FINISHED
    assert set(stage.server.accepted.values()) == {1}


def test_a_cancellation_that_the_provider_shows_late_is_found_at_the_time_of_the_mailing(stage: Stage) -> None:
    fail_to_recall(stage, "answer lost")
    shown, stage.server.statuses = stage.server.statuses, {}
    stage.at(9.9)
    stage.complete()
    assert stage.mailing.state == MailingState.SENDING
    stage.server.statuses = shown
    stage.at(0)
    stage.work()
    stage.complete()
    assert not stage.server.accepted
    assert (stage.mailing.state, stage.mailing.counts) == (MailingState.CANCELLED, {"recalled": 5})


def test_a_recall_that_another_completes_as_it_is_given_up_stays_completed(stage: Stage) -> None:
    fail_to_recall(stage, "refused")
    stage.at(9)

    def completed_by_another() -> None:
        stage.server.statuses[models.Mailing.objects.get().cancel_id] = "cancel"
        recall._finish(stage.mailing_id, SYSTEM, stage.now)

    with just_before("UPDATE delivery_mailing SET state", completed_by_another):
        stage.complete()
    assert (stage.mailing.state, stage.mailing.counts) == (MailingState.CANCELLED, {"recalled": 5})
    assert not stage.alarms


def test_what_was_not_submitted_when_a_recall_failed_waits_for_somebody_to_decide(stage: Stage, join: Any) -> None:
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    dies(stage.provider, "cancel", after=False)
    with pytest.raises(Killed):
        stage.recall()
    stage.at(5)
    stage.complete()
    assert stage.mailing.state == MailingState.PAUSED
    assert "resume it, or cancel it" in stage.mailing.reason
    assert stage.mailing.alarms == (), "the reason says it, for as long as it is paused"
    stage.resume()
    stage.work()
    stage.at(0)
    assert set(stage.server.accepted.values()) == {1}


def test_while_it_is_recalled_it_is_neither_paused_nor_cancelled_nor_submitted_nor_finished(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    dies(stage.provider, "cancel", after=False)
    with pytest.raises(Killed):
        stage.recall()
    for act in (mailings.pause, mailings.cancel):
        with pytest.raises(Refused, match="is being recalled by editor"):
            act(stage.mailing_id, by=SYSTEM, now=stage.now)
    with pytest.raises(Refused):
        repair.repair_mailing(stage.mailing_id, by=SYSTEM, now=stage.now)
    stage.work()
    stage.at(0)
    stage.work()
    assert (stage.mailing.state, stage.mailing.counts) == (MailingState.RECALLING, {"planned": 5})
    assert not stage.server.bodies


def test_what_somebody_paused_at_the_provider_is_cancelled_by_a_recall_and_not_resumed(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    cancel_id = models.Mailing.objects.get().cancel_id
    stage.server.statuses[cancel_id] = "pause"
    mailings.pause(stage.mailing_id, by=SYSTEM, now=stage.now)
    with pytest.raises(Refused, match="paused mailing"):
        stage.resume()
    stage.at(9)
    stage.complete()
    assert "Somebody has paused it" in stage.alarms
    stage.at(30)
    assert stage.recall().caught == 5
    assert stage.server.statuses == {cancel_id: "cancel"}


def test_only_the_provider_that_has_it_can_say_what_becomes_of_it(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    with pytest.raises(Refused, match="NEWSLETTER_PROVIDER=sendgrid"):
        recall.recall_mailing(stage.mailing_id, by=SYSTEM, now=stage.now, provider=ScriptedProvider())
    mailings.pause(stage.mailing_id, by=SYSTEM, now=stage.now)
    with pytest.raises(Refused, match="NEWSLETTER_PROVIDER=sendgrid"):
        recall.resume_mailing(stage.mailing_id, by=SYSTEM, now=stage.now, provider=ScriptedProvider())
    assert not recall.complete_next_recall(stage.now, ScriptedProvider(), by=SYSTEM)


def test_a_mailing_that_another_worker_asks_about_is_not_asked_about_twice(stage: Stage) -> None:
    fail_to_recall(stage, "killed before")
    stage.at(38)
    later = stage.now + timedelta(minutes=1)
    before = stage.server.requests
    with just_before("UPDATE delivery_mailing SET", lambda: models.Mailing.objects.update(ask_provider_at=later)):
        assert recall.complete_next_recall(stage.now, stage.provider, by=SYSTEM)
    assert stage.server.requests == before


def test_what_a_worker_submits_as_its_mailing_is_recalled_is_withdrawn_or_settled_but_not_counted_twice(
    stage: Stage,
) -> None:
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    taken = models.Batch.objects.all()
    with just_before("UPDATE delivery_batch SET state", lambda: taken.update(state="sending", attempt_key="theirs")):
        assert stage.recall() == recall.RecallResult(caught=0, withdrawn=0, in_flight=5)
    assert stage.mailing.counts == {"planned": 5}


def test_a_batch_that_an_event_changes_as_it_is_withdrawn_keeps_what_the_event_said(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    outcomes = Outcomes.all_planned(5)
    outcomes.mark([0], Outcome.DELIVERED)
    changed = models.Batch.objects.all()
    with just_before(
        "UPDATE delivery_batch SET state", lambda: changed.update(outcomes=outcomes.pack(), version=F("version") + 1)
    ):
        assert stage.recall() == recall.RecallResult(caught=0, withdrawn=4)
    assert stage.mailing.counts == {"withdrawn": 4, "delivered": 1}
