"""The recall window, cell by cell of the table in docs/recall.md: time left × what happens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts import audit_log
from newsletter.accounts.actors import SystemActor
from newsletter.accounts.audit_log import AuditFilter
from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import approval, edition_lookup, editions
from newsletter.delivery import models
from newsletter.delivery.ledger.format import FORMAT, Outcomes, UnknownFormat
from newsletter.delivery.ledger.states import MailingState, Outcome, RecallState
from newsletter.delivery.providers.base import ProviderError
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, mailings, recall, recall_slots, reconsider
from newsletter.kernel.errors import Refused
from subscribers.models import Subscriber
from tests.actors import SYSTEM
from tests.approving import approve
from tests.conftest import Newsroom
from tests.delivery.conftest import hand_over_all
from tests.delivery.sending.recall_stage import (
    LEAD,
    Stage,
    other_host,
)
from tests.fakes.sendgrid import Fault
from tests.fakes.sendgrid_events import event
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db


def edit(mailing: Mailing, now: datetime) -> None:
    editions.edit_edition(mailing.edition_id, now=now, subject="Fixed", seen=None, by=SYSTEM)


# Editing


def test_edited_before_the_lead_it_is_held_until_it_is_approved_again(stage: Stage) -> None:
    stage.at(LEAD + 30)
    stage.plan()
    edit(stage.mailing, stage.now)
    stage.at(LEAD)
    stage.work()
    assert stage.mailing.state == MailingState.HELD
    approve(stage.mailing.edition_id, by=SYSTEM, now=stage.now)
    stage.plan()
    stage.work()
    assert stage.mailing.counts == {"accepted": 5}
    assert stage.server.bodies[0]["subject"] == "Fixed"


def test_edited_too_late_for_a_new_window_it_leaves_at_its_time_without_the_old_one(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    edit(stage.mailing, stage.now)
    stage.work()
    assert stage.mailing.state == MailingState.HELD
    stage.at(5)
    approve(stage.mailing.edition_id, by=SYSTEM, now=stage.now)
    stage.plan()
    stage.at(0)
    stage.work()
    assert len(stage.server.accepted) == 5
    assert "batch_id" not in stage.server.bodies[0]


@pytest.mark.parametrize("minutes_left", [30, 5, -5])
def test_what_is_submitted_cannot_be_edited(stage: Stage, minutes_left: int) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.at(minutes_left)
    stage.work()
    with pytest.raises(Refused):
        edit(stage.mailing, stage.now)
    with pytest.raises(Refused):
        approval.reopen(stage.mailing.edition_id, now=stage.now, content_hash=None, by=SYSTEM)


def test_recalled_it_can_be_edited_approved_and_sent_to_everybody_once(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.recall()
    edit(stage.mailing, stage.now)
    approve(stage.mailing.edition_id, by=SYSTEM, now=stage.now)
    first = stage.mailing_id
    stage.plan()
    assert stage.mailing_id != first
    stage.work()
    stage.at(0)
    stage.work()
    assert set(stage.server.accepted.values()) == {1}
    assert len(stage.server.accepted) == 5
    assert stage.server.bodies[-1]["subject"] == "Fixed"


# Refused for now


@pytest.mark.parametrize("minutes_left", [30, 5])
def test_refused_for_now_it_is_tried_again_for_the_same_instant(stage: Stage, minutes_left: int) -> None:
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    stage.at(minutes_left)
    stage.server.fail_next(Fault(status=429))
    stage.work()
    assert stage.mailing.counts == {"planned": 5}
    stage.at(minutes_left - 2)
    stage.work()
    assert {body["send_at"] for body in stage.server.scheduled} == {int(stage.due.timestamp())}


def test_refused_until_its_time_is_past_it_leaves_as_soon_as_it_is_taken(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    stage.at(1)
    stage.server.fail_next(Fault(status=429))
    stage.work()
    stage.at(-1)
    stage.work()
    assert set(stage.server.accepted.values()) == {1}
    assert "send_at" not in stage.server.bodies[0]


# Unknown


@pytest.mark.parametrize("taken", [True, False])
def test_a_recall_spares_those_too_of_whom_nobody_knows(stage: Stage, taken: bool) -> None:
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    stage.server.fail_next(Fault(status=503, accept_first=taken))
    stage.work()
    assert stage.mailing.counts == {"unknown": 5}
    assert stage.recall().caught == 5
    assert stage.mailing.counts == {"recalled": 5}
    stage.at(-60)
    assert not stage.server.accepted


@pytest.mark.parametrize("minutes_left", [5, -5])
def test_when_it_is_too_late_unknown_stays_unknown_and_is_not_sent_again(stage: Stage, minutes_left: int) -> None:
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    stage.server.fail_next(Fault(status=503))
    stage.work()
    stage.at(minutes_left)
    stage.work()
    assert stage.mailing.counts == {"unknown": 5}
    assert len(stage.server.bodies) == 0


# The provider is down


def test_a_recall_the_provider_does_not_confirm_goes_on_and_can_be_tried_again_at_once(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.server.fail_next(Fault(status=503), Fault(status=503))
    with pytest.raises(ProviderError):
        stage.recall()
    assert stage.mailing.state == MailingState.RECALLING
    assert "not confirmed yet" in stage.mailing.reason
    assert stage.recall().caught == 5
    entries = audit_log.list_entries(AuditFilter(target=f"mailing {stage.mailing_id}"))
    assert [each.action for each in entries][:2] == ["recalled", "asked to recall"]
    assert sum(each.action == "asked to recall" for each in entries) == 1


def test_a_window_that_closes_as_somebody_recalls_is_not_recalled(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    rows = models.Mailing.objects.filter(id=stage.mailing_id)
    with (
        just_before("UPDATE delivery_mailing SET state", lambda: rows.update(recall=RecallState.CLOSED)),
        pytest.raises(Refused, match="has no recall window"),
    ):
        stage.recall()
    assert stage.mailing.state == MailingState.SENDING
    assert not stage.server.statuses


def test_a_recall_whose_answer_was_lost_is_looked_up(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.server.statuses[models.Mailing.objects.get().cancel_id] = "cancel"  # the first try got through after all
    assert stage.recall().caught == 5


# Recalling


def test_before_anything_is_submitted_there_is_nothing_to_recall_but_it_can_be_cancelled(stage: Stage) -> None:
    stage.at(LEAD + 30)
    stage.plan()
    with pytest.raises(Refused, match="Cancel it instead"):
        stage.recall()
    mailings.cancel(stage.mailing_id, by=SystemActor("editor"), now=stage.now)
    stage.at(0)
    stage.work()
    assert stage.server.requests == 0


@pytest.mark.parametrize("minutes_left", [59, 30, 12])
def test_until_twelve_minutes_before_all_of_it_is_recalled(stage: Stage, minutes_left: int) -> None:
    stage.at(60)
    stage.plan()
    stage.work()
    stage.at(minutes_left)
    assert stage.recall() == recall.RecallResult(caught=5, withdrawn=0)
    assert stage.last_act == ("recalled", "5 subscribers", {"state": "recalling"}, {"state": "cancelled"})
    assert stage.mailing.state == MailingState.CANCELLED
    assert stage.mailing.counts == {"recalled": 5}
    assert stage.mailing.batches == {"recalled": 1}
    assert edition_lookup.get_edition(stage.mailing.edition_id).state == "open"
    stage.at(-60)
    stage.work()
    assert not stage.server.accepted


def test_what_can_be_recalled_is_not_cancelled_by_halves(stage: Stage) -> None:
    stage.at(60)
    stage.plan()
    stage.work()
    with pytest.raises(Refused, match="Recall it instead"):
        mailings.cancel(stage.mailing_id, by=SystemActor("editor"), now=stage.now)
    stage.at(11)
    mailings.cancel(stage.mailing_id, by=SystemActor("editor"), now=stage.now)
    assert stage.mailing.counts == {"accepted": 5}, "what the provider has is not called back by it"


def test_a_recall_done_twice_says_that_it_is_done(stage: Stage) -> None:
    stage.at(60)
    stage.plan()
    stage.work()
    stage.recall()
    with pytest.raises(Refused, match="recalled by editor"):
        stage.recall()


@pytest.mark.parametrize("minutes_left", [11.9, 0, -5])
def test_later_it_is_too_late_and_that_is_said(stage: Stage, minutes_left: float) -> None:
    stage.at(60)
    stage.plan()
    stage.work()
    stage.at(minutes_left)
    with pytest.raises(Refused, match="too late"):
        stage.recall()
    stage.at(-60)
    assert len(stage.server.accepted) == 5


def test_what_is_not_submitted_yet_is_withdrawn_with_the_recall_and_nothing_of_another(
    stage: Stage, trial: models.Mailing
) -> None:
    stage.at(28)
    stage.plan()
    while recall_slots.open_next_window(stage.now, stage.provider) or freeze.freeze_next(stage.now):
        pass
    assert stage.recall() == recall.RecallResult(caught=0, withdrawn=5)
    assert stage.last_act[:2] == ("recalled", "5 subscribers")
    assert models.Batch.objects.get(mailing=trial).state == "planned"


def test_what_was_in_flight_at_the_recall_is_settled_as_recalled(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    send = stage.provider.send_batch

    def while_it_is_recalled(request: Any, now: datetime) -> Any:
        assert stage.recall() == recall.RecallResult(caught=0, withdrawn=0, in_flight=5)
        return send(request, now)

    stage.provider.send_batch = while_it_is_recalled  # type: ignore[method-assign]
    hand_over_all(stage.provider, stage.now)
    assert recall.settle_late_batches(stage.now) == 5
    assert stage.mailing.counts == {"recalled": 5}
    stage.at(-60)
    assert not stage.server.accepted


def test_a_batch_in_flight_that_an_earlier_attempt_settled_in_part_is_left_to_its_answer(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    outcomes = Outcomes.all_planned(5)
    outcomes.mark([0], Outcome.ACCEPTED)
    models.Batch.objects.update(state="sending", attempt_key="theirs", outcomes=outcomes.pack())
    assert stage.recall() == recall.RecallResult(caught=0, withdrawn=0, in_flight=5)
    assert models.Batch.objects.get().state == "sending"
    assert stage.last_act[:2] == ("recalled", "5 subscribers")


def test_whoever_was_in_flight_at_the_recall_is_sent_the_edition_when_it_is_sent_again(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    send, first = stage.provider.send_batch, stage.mailing_id

    def while_it_is_recalled(request: Any, now: datetime) -> Any:
        stage.provider.send_batch = send  # type: ignore[method-assign]
        stage.recall()
        return send(request, now)

    stage.provider.send_batch = while_it_is_recalled  # type: ignore[method-assign]
    hand_over_all(stage.provider, stage.now)
    assert stage.mailing.counts == {"accepted": 5}, "the answer came, and is not yet written down as recalled"
    edit(stage.mailing, stage.now)
    approve(stage.mailing.edition_id, by=SYSTEM, now=stage.now)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    assert stage.mailing.excluded == {"undecided": 5}
    assert reconsider.plan_settled(stage.now) == 0
    assert recall.settle_late_batches(stage.now) == 5
    assert reconsider.plan_settled(stage.now) == 5
    stage.work()
    stage.at(0)
    stage.work()
    assert (len(stage.server.accepted), set(stage.server.accepted.values())) == (5, {1})
    assert summary.get_mailing(first).counts == {"recalled": 5}
    assert (stage.mailing.excluded, stage.mailing.adds_up) == ({}, True)


def test_without_a_window_nothing_can_be_recalled(stage: Stage, plan: Any) -> None:
    stage.mailing_id = plan(provider="sendgrid", due_at=stage.now).id
    stage.work()
    with pytest.raises(Refused, match="no recall window"):
        stage.recall()


def test_a_message_that_leaves_although_it_was_recalled_is_an_alarm(stage: Stage, take: Any) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.recall()
    batch = models.Batch.objects.get()
    ids = {"nl_mailing": batch.mailing.key, "nl_batch": batch.key, "nl_attempt": batch.attempt_key}
    ids["nl_delivery"] = f"{batch.key}.0"
    take(event("processed", ids, "reader0@example.com", 1))
    assert not stage.alarms
    take(event("delivered", ids, "reader0@example.com", 2))
    assert "recalled" in stage.alarms
    assert stage.mailing.counts == {"recalled": 4, "delivered": 1}


# Somebody else at the same time


def test_a_recall_that_fails_behind_one_that_succeeded_leaves_it_recalled(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()

    def recalled_by_another() -> None:
        stage.recall()
        stage.server.fail_next(Fault(status=503), Fault(status=503))

    with just_before("UPDATE delivery_mailing SET", recalled_by_another), pytest.raises(Refused, match="already"):
        stage.recall()
    assert (stage.mailing.state, stage.mailing.reason) == (MailingState.CANCELLED, "recalled by editor")


def test_an_event_that_comes_as_a_recall_is_written_down_is_kept(stage: Stage, take: Any) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    batch = models.Batch.objects.get()
    ids = {"nl_mailing": batch.mailing.key, "nl_batch": batch.key, "nl_attempt": batch.attempt_key}
    ids["nl_delivery"] = f"{batch.key}.0"
    left_after_all = event("delivered", ids, "reader0@example.com", 2)
    with just_before("UPDATE delivery_batch SET state", lambda: take(left_after_all)):
        assert stage.recall().caught == 4, "not the one whom it reached"
    assert stage.mailing.counts == {"recalled": 4, "delivered": 1}


# Which mailing, and what is written down


@pytest.mark.parametrize("state", [MailingState.FREEZING, MailingState.SENDING, MailingState.PAUSED])
def test_a_mailing_is_recalled_in_whatever_state_it_is_under_way_and_no_other_with_it(
    stage: Stage, trial: models.Mailing, state: str
) -> None:
    stage.plan()
    stage.at(25)
    stage.work()
    models.Mailing.objects.filter(id=stage.mailing_id).update(state=state)
    versions = dict(models.Batch.objects.values_list("mailing_id", "version"))
    assert stage.recall() == recall.RecallResult(caught=5, withdrawn=0)
    row = models.Mailing.objects.get(id=stage.mailing_id)
    assert (row.state, row.reason, row.recalled_at) == (MailingState.CANCELLED, "recalled by editor", stage.now)
    other = models.Mailing.objects.get(id=trial.id)
    assert (other.state, other.reason, other.recalled_at) == (MailingState.SENDING, "", None)
    assert summary.get_mailing(other.id).counts == {"accepted": 5}
    versions[row.id] += 1
    assert dict(models.Batch.objects.values_list("mailing_id", "version")) == versions


def test_recalling_a_test_leaves_the_edition_as_it_is(stage: Stage, trial: models.Mailing) -> None:
    stage.at(25)
    stage.work()
    stage.mailing_id = trial.id
    before = edition_lookup.get_edition(trial.edition_id)
    assert stage.recall().caught == 5
    assert edition_lookup.get_edition(trial.edition_id) == before


def test_while_the_provider_is_asked_nothing_more_is_submitted_and_the_reason_names_who_recalls(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    cancel = stage.provider.cancel
    seen: list[tuple[Any, ...]] = []

    def looks(cancel_id: str) -> None:
        seen.append((stage.mailing.state, stage.mailing.reason, *stage.last_act))
        cancel(cancel_id)

    stage.provider.cancel = looks  # type: ignore[method-assign]
    stage.recall()
    recorded = "asked to recall", "", {"state": "sending"}, {"state": "recalling"}
    assert seen == [(MailingState.RECALLING, "being recalled by editor", *recorded)]


def test_a_recall_that_is_not_confirmed_says_why_and_what_follows(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.server.fail_next(Fault(status=503), Fault(status=503))
    with pytest.raises(ProviderError) as failed:
        stage.recall()
    why = "SendGrid answered 503: fault 503."
    assert stage.mailing.reason == f"being recalled by editor; not confirmed yet: {why}"
    assert str(failed.value) == (
        f"{why} Nothing more of mailing {stage.mailing_id} is submitted, and the provider is asked again every minute."
    )
    assert f"newsletter mailings show {stage.mailing_id}" in failed.value.command_hint


def test_a_reason_is_as_long_as_its_column_however_long_a_name_is(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    cancel = stage.provider.cancel
    lengths: list[int] = []

    def fails(cancel_id: str) -> None:
        lengths.append(len(stage.mailing.reason))
        raise ProviderError("x" * 400)

    stage.provider.cancel = fails  # type: ignore[method-assign]
    with pytest.raises(ProviderError):
        recall.recall_mailing(stage.mailing_id, by=SystemActor("e" * 400), now=stage.now, provider=stage.provider)
    lengths.append(len(stage.mailing.reason))
    stage.provider.cancel = cancel  # type: ignore[method-assign]
    recall.recall_mailing(stage.mailing_id, by=SystemActor("e" * 400), now=stage.now, provider=stage.provider)
    lengths.append(len(stage.mailing.reason))
    assert lengths == [300, 300, 266], "of a name the first 254 characters are kept"


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        (
            {"state": MailingState.SCHEDULED},
            "Nothing of mailing {id} was submitted yet. Cancel it instead. Use: newsletter mailings cancel {id}",
        ),
        ({"state": MailingState.CANCELLED, "reason": ""}, "Mailing {id} is cancelled already."),
        (
            {"state": MailingState.CANCELLED, "reason": "recalled by ed"},
            "Mailing {id} is cancelled already: recalled by ed.",
        ),
        (
            {"recall": RecallState.CLOSED},
            "Mailing {id} is sending and has no recall window, so what the provider has cannot be called back. "
            "Pause it to stop the rest. Use: newsletter mailings pause {id}",
        ),
        (
            {"state": MailingState.FINISHED},
            "Mailing {id} is finished and has no recall window, so what the provider has cannot be called back. "
            "Pause it to stop the rest. Use: newsletter mailings pause {id}",
        ),
        (
            {"minutes_left": 11},
            "It is too late: mailing {id} leaves in less than 12 minutes or has left. "
            "Cancel it to stop what was not submitted yet. Use: newsletter mailings cancel {id}",
        ),
    ],
    ids=str,
)
def test_a_refusal_to_recall_says_why_and_what_can_be_done_instead(
    stage: Stage, changed: dict[str, Any], refusal: str
) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.work()
    values = dict(changed)
    stage.at(values.pop("minutes_left", 30))
    models.Mailing.objects.update(**values)
    with pytest.raises(Refused) as refused:
        stage.recall()
    assert f"{refused.value} {refused.value.command_hint}".strip() == refusal.format(id=stage.mailing_id)


def test_a_recall_counts_the_subscribers_of_all_batches(stage: Stage, newsroom: Newsroom) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=stage.now, tracking="on", seen=None, by=SYSTEM)
    Subscriber.objects.filter(address__in=("reader0@example.com", "reader1@example.com")).update(tracked=False)
    stage.at(40)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    stage.server.fail_next(Fault(status=503, accept_first=True))
    hand_over_all(stage.provider, stage.now)
    assert sorted(stage.mailing.batches.items()) == [("accepted", 1), ("unknown", 1)]
    assert stage.recall() == recall.RecallResult(caught=5, withdrawn=0)
    assert stage.mailing.batches == {"recalled": 2}


@pytest.mark.parametrize("answer", ["accepted", "unknown"])
@pytest.mark.parametrize(("released", "spared"), [(False, 5), (True, 0)])
def test_as_long_as_the_provider_keeps_the_recall_late_answers_are_settled_and_of_no_other_mailing(
    stage: Stage, trial: models.Mailing, answer: str, released: bool, spared: int
) -> None:
    stage.plan()
    stage.at(25)
    stage.work()
    stage.recall()
    outcomes = Outcomes.all_planned(5)
    outcomes.settle({"accepted": Outcome.ACCEPTED, "unknown": Outcome.UNKNOWN}[answer])
    mine = models.Batch.objects.filter(mailing_id=stage.mailing_id)
    mine.update(state=answer, outcomes=outcomes.pack())
    if released:
        models.Mailing.objects.filter(id=stage.mailing_id).update(recall=RecallState.CLOSED)
    assert recall.settle_late_batches(stage.at(-60 * 24)) == spared
    assert stage.mailing.batches == ({"recalled": 1} if spared else {answer: 1})
    assert summary.get_mailing(trial.id).batches == {"accepted": 1}


def test_a_recall_does_not_touch_what_a_newer_version_wrote(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    models.Batch.objects.update(format=FORMAT + 1)
    before = models.Batch.objects.values().get()
    with pytest.raises(UnknownFormat):
        stage.recall()
    assert models.Batch.objects.values().get() == before
    assert models.Mailing.objects.get().state == MailingState.RECALLING, "a newer worker completes it"
    stage.at(38)
    assert stage.complete() == 1
    assert "format" in models.Mailing.objects.get().reason
    models.Batch.objects.update(format=FORMAT)
    stage.at(36)
    stage.complete()
    assert stage.mailing.counts == {"recalled": 5}


# Another account of the provider


@pytest.mark.parametrize("act", ["recall", "resume", "complete", "free"])
def test_another_account_is_not_asked_about_what_it_does_not_know(stage: Stage, act: str) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.work()
    if act in ("resume", "complete"):
        stage.server.fail_next(Fault(drop=True), Fault(drop=True))
        with pytest.raises(ProviderError):
            stage.recall()
    if act == "free":
        stage.recall()
        stage.at(-5 * 60)
    mine, stage.provider, requests = stage.provider, other_host(stage), stage.server.requests
    stage.now += timedelta(minutes=2)
    if act in ("recall", "resume"):
        with pytest.raises(Refused, match="account at http://127.0.0.1"):
            getattr(stage, act)()
    elif act == "complete":
        assert stage.complete() == 0
        assert "which knows nothing of it" in stage.mailing.reason
    else:
        assert not recall_slots.free_slots(stage.now, stage.provider)
    assert stage.server.requests == requests
    stage.provider = mine
    if act == "recall":
        assert stage.recall().caught == 5
    if act == "complete":
        stage.complete()
        assert stage.mailing.state == MailingState.CANCELLED


def test_a_key_that_was_rotated_recalls_what_the_old_one_submitted_when_that_is_accepted(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.work()
    models.Mailing.objects.update(account=f"{stage.server.url} former")
    with pytest.raises(Refused, match="or accept it when it is the same account") as refused:
        stage.recall()
    assert refused.value.command_hint == "To accept it, add --accept-account."
    assert stage.mailing.state == MailingState.SENDING
    spared = recall.recall_mailing(
        stage.mailing_id, by=SYSTEM, now=stage.now, provider=stage.provider, accept_account=True
    )
    assert spared.caught == 5
    assert stage.server.statuses
    entries = audit_log.list_entries(AuditFilter(target=f"mailing {stage.mailing_id}"))
    accepted = next(each for each in entries if each.action == "accepted account")
    assert accepted.detail == f"with the account {stage.provider.account} in place of {stage.server.url} former"
    assert accepted.newsletter_id == models.Mailing.objects.get().newsletter_id


@pytest.mark.parametrize("former", [False, True])
def test_a_recall_by_the_same_account_accepts_none_also_of_what_a_former_version_submitted(
    stage: Stage, former: bool
) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.work()
    if former:
        models.Mailing.objects.update(account="")
    stage.recall()
    entries = audit_log.list_entries(AuditFilter(target=f"mailing {stage.mailing_id}"))
    assert "recalled" in {each.action for each in entries}
    assert "accepted account" not in {each.action for each in entries}
