"""Recalls the provider has not confirmed: who asked is stored before it is asked, and what it says counts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from newsletter.accounts.actors import SystemActor
from newsletter.curator.editions import edition_lookup
from newsletter.delivery import models
from newsletter.delivery.ledger.format import FORMAT, Outcomes
from newsletter.delivery.ledger.states import MailingState, Outcome, RecallState
from newsletter.delivery.providers import registry
from newsletter.delivery.providers.base import CancelStatus, ProviderError
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, mailings, recall, recall_slots, repair
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NotAllowed, Refused
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
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


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
    detail = "5 subscribers, as asked by editor"
    assert stage.last_act == ("recalled", detail, {"state": "recalling"}, {"state": "cancelled"})
    assert stage.mailing.counts == {"recalled": 5}
    assert edition_lookup.get_edition(stage.mailing.edition_id).state == "open"
    stage.at(-60)
    assert not stage.server.accepted


def fail_to_recall(stage: Stage, failure: str) -> None:
    fail_call(stage, "cancel", failure, begin_call("cancel", stage))


@pytest.mark.parametrize("failure", ["killed after", "answer lost"])
def test_what_the_provider_has_cancelled_is_not_resumed_but_recalled(stage: Stage, failure: str) -> None:
    fail_to_recall(stage, failure)
    with pytest.raises(Refused) as refused:
        stage.resume()
    assert str(refused.value) == (
        f"sendgrid has cancelled mailing {stage.mailing_id}, so it is not resumed: nobody gets it. It is recalled, and "
        "its edition is a draft again: edit, approve and send it."
    )
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
    stage.at(10)
    stage.complete()
    assert stage.mailing.state == MailingState.RECALLING
    stage.at(8.9)
    stage.complete()
    assert stage.alarms == "The recall by editor failed: sendgrid has not cancelled it, and sends what it has."
    assert (stage.mailing.state, stage.mailing.reason) == (MailingState.SENDING, "")
    assert stage.last_act == ("failed to recall", "", {"state": "recalling"}, {"state": "sending"})
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
    stage.at(1)
    assert not stage.complete(), "until then it is not asked about"
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
    assert (stage.mailing.state, stage.mailing.reason) == (
        MailingState.PAUSED,
        "The recall by editor failed: sendgrid has not cancelled it, and sends what it has. What is not submitted yet "
        "waits: resume it, or cancel it.",
    )
    assert stage.last_act == ("failed to recall", "", {"state": "recalling"}, {"state": "paused"})
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
    with pytest.raises(Refused) as refused:
        stage.resume()
    assert str(refused.value) == (
        f"Somebody has paused mailing {stage.mailing_id} at sendgrid itself (batch id {cancel_id}). Take that back "
        "there, then resume."
    )
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
    stage.provider.name = "other"  # type: ignore[misc]
    with pytest.raises(Refused, match="and the provider is now other"):
        stage.recall()


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


@pytest.mark.parametrize(
    ("started", "batches", "state"),
    [
        (True, ["accepted", "accepted"], MailingState.SENDING),
        (True, ["accepted", "planned"], MailingState.PAUSED),
        (True, ["accepted", "claimed"], MailingState.PAUSED),
        (False, [], MailingState.PAUSED),
    ],
)
def test_when_a_recall_failed_what_is_not_submitted_waits_and_what_is_goes_on(
    stage: Stage,
    trial: models.Mailing,
    monkeypatch: pytest.MonkeyPatch,
    started: bool,
    batches: list[str],
    state: MailingState,
) -> None:
    monkeypatch.setitem(registry._MAX_BATCH, "sendgrid", 3)
    stage.at(28)
    stage.plan()
    stage.work()
    dies(stage.provider, "cancel", after=False)
    with pytest.raises(Killed):
        stage.recall()
    others = models.Batch.objects.filter(mailing=trial)
    assert others.count() == 2, "the test of it has readers as well"
    others.update(state="planned")
    mine = models.Mailing.objects.filter(id=stage.mailing_id)
    mine.update(started_at=stage.now if started else None)
    if not batches:
        models.Batch.objects.filter(mailing_id=stage.mailing_id).delete()
    for number, each in enumerate(batches, 1):
        models.Batch.objects.filter(mailing_id=stage.mailing_id, number=number).update(state=each)
    stage.at(5)
    stage.complete()
    assert mine.get().state == state


def test_a_recall_that_failed_changes_no_other_that_is_under_way(stage: Stage, trial: models.Mailing) -> None:
    fail_to_recall(stage, "refused")
    models.Mailing.objects.filter(id=trial.id).update(state=MailingState.RECALLING, reason="being recalled by another")
    stage.at(5)
    stage.complete()
    assert stage.mailing.state == MailingState.SENDING
    other = models.Mailing.objects.get(id=trial.id)
    assert (other.state, other.reason) == (MailingState.RECALLING, "being recalled by another")


def test_the_reason_of_a_recall_that_failed_is_as_long_as_its_column(stage: Stage) -> None:
    fail_to_recall(stage, "killed before")
    models.Mailing.objects.update(recalling_by="e" * 254)
    models.Batch.objects.update(state="planned")
    stage.at(5)
    stage.complete()
    assert (stage.mailing.state, len(stage.mailing.reason)) == (MailingState.PAUSED, 300)


def test_that_a_recall_is_not_confirmed_is_logged_once_for_each_reason(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    fail_to_recall(stage, "killed before")
    caplog.clear()
    logged = []
    for minutes_left, status in ((38, 503), (36, 503), (34, 403)):
        stage.at(minutes_left)
        stage.server.fail_next(Fault(status=status))
        assert stage.complete() == 1
        logged += [record[1:] for record in caplog.record_tuples if record[0] == recall.__name__]
        caplog.clear()
    assert [level for level, _ in logged] == [logging.WARNING] * 2
    start = f"The recall of mailing {stage.mailing_id} is not confirmed: SendGrid answered "
    assert [message.removeprefix(start)[:3] for _, message in logged] == ["503", "403"]


def test_the_reason_of_no_other_mailing_is_changed_by_a_recall_that_is_not_confirmed(
    stage: Stage, trial: models.Mailing
) -> None:
    fail_to_recall(stage, "killed before")
    models.Mailing.objects.filter(id=trial.id).update(state=MailingState.RECALLING, reason="being recalled by another")
    stage.at(38)
    stage.server.fail_next(Fault(drop=True))
    assert stage.complete() == 1
    assert "not confirmed yet" in stage.mailing.reason
    assert models.Mailing.objects.get(id=trial.id).reason == "being recalled by another"


def test_a_mailing_that_another_process_settles_as_its_recall_fails_keeps_its_reason(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()

    def settled_meanwhile(cancel_id: str) -> None:
        models.Mailing.objects.update(state=MailingState.PAUSED, reason="as somebody wished")
        raise ProviderError("Nobody answers.")

    stage.provider.cancel = settled_meanwhile  # type: ignore[method-assign]
    with pytest.raises(ProviderError):
        stage.recall()
    assert stage.mailing.reason == "as somebody wished"


@pytest.mark.parametrize(
    "changed",
    [
        {"state": MailingState.CANCELLED},
        {"state": MailingState.FINISHED},
        {"recall": RecallState.CLOSED},
        "recalled_at",
    ],
)
@pytest.mark.parametrize(
    ("reason", "ending"), [("as somebody wished", "already: as somebody wished."), ("", "already.")]
)
def test_a_mailing_that_is_over_when_the_provider_confirms_stays_as_it_is(
    stage: Stage, changed: Any, reason: str, ending: str
) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    change = {changed: stage.now} if isinstance(changed, str) else changed

    def over_meanwhile(cancel_id: str) -> None:
        models.Mailing.objects.update(reason=reason, **change)

    stage.provider.cancel = over_meanwhile  # type: ignore[method-assign]
    with pytest.raises(Refused) as refused:
        stage.recall()
    assert str(refused.value).endswith(ending)
    assert stage.mailing.reason == reason
    assert stage.mailing.counts == {"accepted": 5}


def test_what_the_provider_says_is_not_looked_up_again_where_nobody_wanted_to_recall(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.at(9)
    assert stage.complete() == 1
    stage.at(0)
    assert stage.complete() == 0


def test_what_is_paused_at_the_provider_is_cancelled_also_when_it_is_late_for_that(stage: Stage) -> None:
    fail_to_recall(stage, "killed before")
    stage.server.statuses[models.Mailing.objects.get().cancel_id] = "pause"
    stage.at(5)
    assert stage.complete() == 1
    assert (stage.mailing.state, stage.mailing.counts) == (MailingState.CANCELLED, {"recalled": 5})


def test_a_recall_that_cannot_be_completed_is_noted_as_a_failure_and_waits(stage: Stage) -> None:
    fail_to_recall(stage, "killed before")

    def breaks(cancel_id: str) -> CancelStatus:
        raise ValueError("a defect")

    stage.provider.get_cancel_status = breaks  # type: ignore[method-assign]
    stage.at(38)
    assert stage.complete() == 1
    (failed,) = models.FailedItem.objects.all()
    assert (failed.step, failed.item) == ("Completing the recall of mailing", stage.mailing_id)
    assert failed.first_at == stage.now


def test_a_recalled_mailing_that_cannot_be_settled_is_noted_as_a_failure_and_waits(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.recall()
    models.Batch.objects.update(state="accepted", format=FORMAT + 1)
    assert recall.settle_late_batches(stage.now) == 0
    (failed,) = models.FailedItem.objects.all()
    assert (failed.step, failed.item) == ("Settling recalled mailing", stage.mailing_id)
    assert failed.first_at == stage.now


def test_what_the_provider_has_cancelled_though_nobody_recalled_it_here_is_an_alarm(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.server.statuses[models.Mailing.objects.get().cancel_id] = "cancel"
    stage.at(9)
    assert stage.complete() == 1
    assert stage.alarms == "sendgrid reports it as cancelled, and nobody recalled it here."
    assert (stage.mailing.counts, stage.mailing.reason) == ({"recalled": 5}, "recalled by tests")


def test_the_reason_of_one_recalled_by_nobody_here_is_as_long_as_its_column(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.server.statuses[models.Mailing.objects.get().cancel_id] = "cancel"
    stage.at(9)
    assert recall.complete_next_recall(stage.now, stage.provider, by=SystemActor("e" * 400))
    assert len(stage.mailing.reason) == 300


def test_what_the_provider_has_cancelled_as_somebody_asked_is_not_cancelled_again_and_no_alarm(stage: Stage) -> None:
    fail_to_recall(stage, "answer lost")
    stage.provider.cancel = pytest.fail  # type: ignore[method-assign, assignment]
    stage.at(38)
    assert stage.complete() == 1
    assert (stage.mailing.state, stage.alarms) == (MailingState.CANCELLED, "")


def test_a_recall_of_what_a_former_version_submitted_is_completed_by_the_account_of_now(stage: Stage) -> None:
    fail_to_recall(stage, "killed before")
    models.Mailing.objects.update(account="")
    stage.at(38)
    assert stage.complete() == 1
    assert stage.mailing.state == MailingState.CANCELLED


def test_of_several_recalls_the_one_that_leaves_first_is_asked_about_first(stage: Stage, trial: models.Mailing) -> None:
    fail_to_recall(stage, "killed before")
    mine = models.Mailing.objects.get(id=stage.mailing_id)
    sooner = models.Mailing.objects.filter(id=max(mine.id, trial.id))
    later = models.Mailing.objects.filter(id=min(mine.id, trial.id))
    later.update(cancel_id="later", due_at=stage.due)
    sooner.update(cancel_id="sooner", due_at=stage.due - timedelta(minutes=1))
    models.Mailing.objects.update(state=MailingState.RECALLING, recall=RecallState.OPEN, account="")
    asked: list[str] = []
    stage.provider.get_cancel_status = asked.append  # type: ignore[method-assign, assignment]
    stage.at(38)
    stage.complete()
    assert asked == ["sooner", "later"]


def test_what_is_over_is_not_resumed_and_the_provider_is_not_asked(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    models.Mailing.objects.update(state=MailingState.FINISHED)
    requests = stage.server.requests
    with pytest.raises(Refused, match="nothing to resume"):
        stage.resume()
    assert stage.server.requests == requests


def test_a_key_that_was_rotated_resumes_what_the_old_one_submitted_when_that_is_accepted(stage: Stage) -> None:
    fail_to_recall(stage, "killed before")
    models.Mailing.objects.update(account=f"{stage.server.url} former")
    with pytest.raises(Refused, match="or accept it when it is the same account"):
        stage.resume()
    recall.resume_mailing(stage.mailing_id, by=SYSTEM, now=stage.now, provider=stage.provider, accept_account=True)
    assert stage.mailing.state == MailingState.FREEZING
    assert models.Mailing.objects.get().account == stage.provider.account


# Resuming what has no window, for which the provider is not asked


@pytest.fixture
def paused(plan: Plan, join: Join, now: datetime) -> models.Mailing:
    """A mailing without a recall window, paused before anything of it left."""
    join(3)
    made = plan(provider="sendgrid")
    models.Mailing.objects.update(account="https://api.sendgrid.com planned")
    freeze.freeze_next(now)
    mailings.pause(made.id, by=SYSTEM, now=now)
    return models.Mailing.objects.get()


def account_when_resumed(row: models.Mailing, provider: ScriptedProvider, now: datetime, **given: bool) -> str:
    provider.account = "https://api.sendgrid.com another"
    recall.resume_mailing(row.id, by=SYSTEM, now=now, provider=provider, **given)
    row.refresh_from_db()
    assert row.state == MailingState.FREEZING
    return row.account


class SendGridInName(ScriptedProvider):
    name = "sendgrid"


def test_what_nobody_has_yet_leaves_by_the_account_of_now(paused: models.Mailing, now: datetime) -> None:
    assert account_when_resumed(paused, SendGridInName(), now) == "https://api.sendgrid.com another"


def test_the_account_of_another_provider_is_not_taken(paused: models.Mailing, now: datetime) -> None:
    assert account_when_resumed(paused, ScriptedProvider(), now) == "https://api.sendgrid.com planned"


def test_what_somebody_has_leaves_by_another_account_only_when_that_is_accepted(
    paused: models.Mailing, now: datetime
) -> None:
    models.Batch.objects.update(state="accepted", attempt_key="an attempt")
    with pytest.raises(Refused, match="account"):
        account_when_resumed(paused, SendGridInName(), now)
    accepted = account_when_resumed(paused, SendGridInName(), now, accept_account=True)
    assert accepted == "https://api.sendgrid.com another"


def test_what_is_late_is_resumed_only_by_somebody_who_says_so(paused: models.Mailing, now: datetime) -> None:
    late = now + timedelta(days=2)
    with pytest.raises(Refused, match="late"):
        account_when_resumed(paused, SendGridInName(), late)
    account_when_resumed(paused, SendGridInName(), late, late=True)


# Rights


class MayDoAllButSend(SystemActor):
    """May do everything for every newsletter, but send this one."""

    def may(self, verb: Verb, list_ids: Collection[int] = (), *, newsletter_id: int | None = None) -> bool:
        return (verb, newsletter_id) != (Verb.SEND, models.Mailing.objects.get().newsletter_id)


@pytest.mark.parametrize(
    "act",
    [
        lambda stage, by: recall.recall_mailing(stage.mailing_id, by=by, now=stage.now, provider=stage.provider),
        lambda stage, by: recall.resume_mailing(stage.mailing_id, by=by, now=stage.now, provider=stage.provider),
        lambda stage, by: recall.complete_next_recall(stage.now, stage.provider, by=by),
    ],
    ids=["recall", "resume", "complete"],
)
def test_for_who_may_not_send_the_newsletter_nothing_changes_and_the_provider_is_not_asked(
    stage: Stage, act: Callable[[Stage, SystemActor], object]
) -> None:
    fail_to_recall(stage, "killed before")
    stage.at(38)
    requests = stage.server.requests
    with pytest.raises(NotAllowed):
        act(stage, MayDoAllButSend("ada"))
    assert stage.server.requests == requests
    assert stage.mailing.state == MailingState.RECALLING
