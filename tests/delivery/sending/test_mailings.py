from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts import audit_log
from newsletter.accounts.actors import SystemActor
from newsletter.accounts.audit_log import AuditFilter
from newsletter.curator.editions import approval, edition_lookup, editions
from newsletter.delivery import alarms, models
from newsletter.delivery.ledger.states import BatchState, MailingState
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, hand_over, mailings
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from tests.actors import SYSTEM
from tests.approving import approve
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import (
    ScriptedProvider,
    Situation,
    breaks_off,
    loses_the_answer,
    loses_the_request,
    refuses_for_now,
    wants_another_key,
)
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


def test_an_edition_is_mailed_once(plan: Plan) -> None:
    first = plan()
    with pytest.raises(Refused, match=f"has the mailing {first.id} already, which is scheduled"):
        plan()


def test_an_edition_may_be_planned_again_after_its_mailing_was_cancelled(plan: Plan, now: datetime) -> None:
    first = plan()
    mailings.cancel(first.id, by=SYSTEM, now=now)
    assert plan().id != first.id


def test_a_provider_there_is_not_is_said_when_planning(plan: Plan) -> None:
    with pytest.raises(BadInput, match="There is no provider “pigeon”"):
        plan(provider="pigeon")


def test_a_provider_of_former_days_holds_its_mailing_and_nobody_elses(plan: Plan, now: datetime) -> None:
    made = plan()
    models.Mailing.objects.update(provider="pigeon")
    assert freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.HELD
    assert "There is no provider “pigeon”" in summary.get_mailing(made.id).reason
    assert not freeze.freeze_next(now)


def test_a_list_without_subscribers_finishes_at_once(frozen: Plan, edition: Any, now: datetime) -> None:
    made = frozen()
    assert mailings.finish_settled(now) == 1
    assert summary.get_mailing(made.id).state == MailingState.FINISHED
    assert edition_lookup.get_edition(edition.id).state == "sent"


def test_finishing_happens_once_and_marks_the_edition_sent(
    frozen: Plan, join: Join, edition: Any, now: datetime
) -> None:
    join(60)
    made = frozen()
    assert mailings.finish_settled(now) == 0
    hand_over_all(ScriptedProvider(), now)
    assert mailings.finish_settled(now) == 1
    assert mailings.finish_settled(now) == 0
    assert edition_lookup.get_edition(edition.id).state == "sent"
    shown = summary.get_mailing(made.id)
    assert shown.finished_at == now
    assert shown.counts == {"accepted": 60}
    assert shown.batches == {"accepted": 2}


def test_a_finish_that_fails_half_way_is_done_again(
    frozen: Plan, edition: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = frozen()

    def killed(*given: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(approval, "mark_sent", killed)
        with pytest.raises(KeyboardInterrupt):
            mailings.finish_settled(now)
    assert summary.get_mailing(made.id).state == MailingState.SENDING
    mailings.finish_settled(now)
    assert edition_lookup.get_edition(edition.id).state == "sent"


def test_a_paused_mailing_sends_nothing_until_it_is_resumed(frozen: Plan, join: Join, now: datetime) -> None:
    join(60)
    made = frozen()
    provider = ScriptedProvider()
    assert hand_over.hand_over_next(now, owner="a", provider=provider, clock=lambda: now)
    mailings.pause(made.id, by=SystemActor("editor@example.com"), now=now)
    assert hand_over_all(provider, now) == 0
    assert summary.get_mailing(made.id).reason == "paused by editor@example.com"
    mailings.resume(made.id, by=SystemActor("editor@example.com"), now=now)
    freeze.freeze_next(now)
    hand_over_all(provider, now)
    assert len(provider.mailed) == 60
    assert set(provider.mailed.values()) == {1}


def test_a_mailing_paused_before_its_time_waits_for_its_time_when_resumed(plan: Plan, now: datetime) -> None:
    made = plan(due_at=now + timedelta(hours=1))
    mailings.pause(made.id, by=SYSTEM, now=now)
    mailings.resume(made.id, by=SYSTEM, now=now)
    assert summary.get_mailing(made.id).state == MailingState.SCHEDULED


def test_cancelling_withdraws_what_has_not_left(frozen: Plan, join: Join, now: datetime) -> None:
    join(60)
    made = frozen()
    provider = ScriptedProvider()
    hand_over.hand_over_next(now, owner="a", provider=provider, clock=lambda: now)
    mailings.cancel(made.id, by=SYSTEM, now=now)
    assert hand_over_all(provider, now) == 0
    shown = summary.get_mailing(made.id)
    assert shown.state == MailingState.CANCELLED
    assert shown.counts == {"accepted": 50, "withdrawn": 10}


def test_a_batch_in_flight_when_its_mailing_is_cancelled_is_withdrawn_when_it_comes_back(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(3)
    made = frozen()

    def cancelled_meanwhile(provider: ScriptedProvider, request: Any, now: datetime) -> Any:
        mailings.cancel(made.id, by=SYSTEM, now=now)
        return refuses_for_now(provider, request, now)

    hand_over_all(ScriptedProvider(cancelled_meanwhile), now)
    mailings.finish_settled(now)
    assert summary.get_mailing(made.id).counts == {"withdrawn": 3}


@pytest.mark.parametrize("verb", [mailings.pause, mailings.cancel])
def test_what_is_finished_cannot_be_stopped(frozen: Plan, now: datetime, verb: Callable[..., None]) -> None:
    made = frozen()
    mailings.finish_settled(now)
    with pytest.raises(Refused, match=f"Mailing {made.id} is finished"):
        verb(made.id, by=SYSTEM, now=now)


def test_only_what_is_paused_can_be_resumed(frozen: Plan, now: datetime) -> None:
    made = frozen()
    with pytest.raises(Refused, match="nothing to resume"):
        mailings.resume(made.id, by=SYSTEM, now=now)


@pytest.mark.parametrize("verb", [mailings.pause, mailings.resume, mailings.cancel])
def test_a_mailing_that_does_not_exist_is_named(db: None, now: datetime, verb: Callable[..., None]) -> None:
    with pytest.raises(NotFound, match="There is no mailing 77"):
        verb(77, by=SYSTEM, now=now)


def test_a_mailing_planned_for_another_provider_pauses_and_says_so(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = frozen()
    assert mailings.pause_other_providers(ScriptedProvider.name, now) == 0
    assert mailings.pause_other_providers("sendgrid", now) == 1
    shown = summary.get_mailing(made.id)
    assert shown.state == MailingState.PAUSED
    assert f"NEWSLETTER_PROVIDER={ScriptedProvider.name}" in shown.reason
    mailings.resume(made.id, by=SYSTEM, now=now)
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(), now)
    assert summary.get_mailing(made.id).counts == {"accepted": 3}


@pytest.fixture
def half_sent(plan: Plan, join: Join, now: datetime) -> Mailing:
    """A mailing for the account “host key1”, of which 50 of 60 were mailed."""
    join(60)
    made = plan()
    freeze.freeze_next(now, account="host key1")
    hand_over.hand_over_next(now, owner="worker/1", provider=with_account("host key1"), clock=lambda: now)
    return made


def get_resume_detail() -> str:
    """What the audit log says of the one time a mailing was resumed."""
    (entry,) = (each for each in audit_log.list_entries(AuditFilter()) if each.action == "resumed")
    return entry.detail


def with_account(account: str) -> ScriptedProvider:
    made = ScriptedProvider()
    made.account = account
    return made


@pytest.mark.parametrize(
    ("ours", "said"),
    [("host key2", "planned for another key or user at host"), ("other key1", "the account at host, and mail now")],
)
def test_nothing_of_a_mailing_leaves_by_another_account_until_somebody_accepts_it(
    half_sent: Mailing, now: datetime, ours: str, said: str
) -> None:
    other = with_account(ours)
    assert hand_over_all(other, now) == 0
    assert mailings.pause_other_providers(other.name, now, account="host key1") == 0
    assert mailings.pause_other_providers(other.name, now, account=ours, has_new_key=lambda account: True) == 0
    assert mailings.pause_other_providers(other.name, now, account=ours, has_new_key=lambda account: False) == 1
    paused = summary.get_mailing(half_sent.id)
    assert paused.state == MailingState.PAUSED
    assert said in paused.reason
    with pytest.raises(Refused, match="provider account of now") as refused:
        mailings.resume(half_sent.id, account=ours, by=SYSTEM, now=now)
    assert f"resume {half_sent.id} --accept-account" in refused.value.command_hint
    assert summary.get_mailing(half_sent.id).state == MailingState.PAUSED
    mailings.resume(half_sent.id, account=ours, accept_account=True, by=SYSTEM, now=now)
    freeze.freeze_next(now, account="host key1")
    assert hand_over_all(with_account("host key1"), now) == 0
    hand_over_all(other, now)
    assert len(other.mailed) == 10
    assert get_resume_detail() == f"with the account {ours} in place of host key1"


def test_a_mailing_goes_on_by_its_account_when_that_is_back(half_sent: Mailing, now: datetime) -> None:
    mailings.pause_other_providers(ScriptedProvider.name, now, account="host key2")
    mailings.resume(half_sent.id, account="host key1", by=SYSTEM, now=now)
    freeze.freeze_next(now, account="host key1")
    again = with_account("host key1")
    hand_over_all(again, now)
    assert len(again.mailed) == 10
    assert get_resume_detail() == ""


@pytest.mark.parametrize("cancel_id", ["", "an id of the other account"])
def test_where_nobody_was_mailed_another_account_is_taken_unless_its_window_is_open_there(
    plan: Plan, join: Join, now: datetime, cancel_id: str
) -> None:
    join(3)
    made = plan()
    freeze.freeze_next(now, account="host key1")
    first = with_account("host key1")
    first.script = [wants_another_key]
    hand_over_all(first, now)
    models.Mailing.objects.update(cancel_id=cancel_id)
    if cancel_id:
        with pytest.raises(Refused, match="provider account of now"):
            mailings.resume(made.id, account="host key2", by=SYSTEM, now=now)
        return
    mailings.resume(made.id, account="host key2", by=SYSTEM, now=now)
    freeze.freeze_next(now, account="host key2")
    second = with_account("host key2")
    hand_over_all(second, now)
    assert len(second.mailed) == 3


@pytest.mark.parametrize("situation", [loses_the_answer, loses_the_request, breaks_off])
def test_where_somebody_may_have_been_mailed_another_account_must_be_accepted(
    plan: Plan, join: Join, now: datetime, situation: Situation
) -> None:
    join(60)
    made = plan()
    freeze.freeze_next(now, account="host key1")
    first = with_account("host key1")
    first.script = [situation]
    hand_over.hand_over_next(now, owner="worker/1", provider=first, clock=lambda: now)
    mailings.pause(made.id, by=SYSTEM, now=now)
    with pytest.raises(Refused, match="provider account of now"):
        mailings.resume(made.id, account="host key2", by=SYSTEM, now=now)


def test_of_two_who_send_an_edition_at_once_one_gets_a_conflict(plan: Plan, edition: Any, now: datetime) -> None:
    approve(edition.id, by=SYSTEM, now=now)
    with just_before("SAVEPOINT", plan), pytest.raises(Conflict, match="Somebody else has just sent"):
        plan()
    assert models.Mailing.objects.count() == 1


def test_a_held_mailing_that_froze_its_audience_is_never_armed_again(plan: Plan, join: Join, now: datetime) -> None:
    join(4)
    made = plan()
    models.Mailing.objects.update(candidates=1)  # so that its counts do not add up
    freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.HELD
    with pytest.raises(Refused, match="which is held"):
        plan()
    assert summary.get_mailing(made.id).state == MailingState.HELD


def test_a_mailing_cancelled_as_it_takes_a_new_snapshot_stays_cancelled(
    plan: Plan, edition: Any, now: datetime
) -> None:
    made = plan()
    editions.edit_edition(edition.id, now=now, subject="Another subject", seen=None, by=SYSTEM)
    approve(edition.id, by=SYSTEM, now=now)
    with (
        just_before("UPDATE delivery_mailing SET", lambda: mailings.cancel(made.id, by=SYSTEM, now=now)),
        pytest.raises(Refused),
    ):
        plan()
    assert summary.get_mailing(made.id).state == MailingState.CANCELLED


def test_taking_a_new_snapshot_is_recorded_with_what_was_planned(plan: Plan, edition: Any, now: datetime) -> None:
    made = plan()
    editions.edit_edition(edition.id, now=now, subject="Another subject", seen=None, by=SYSTEM)
    approve(edition.id, by=SYSTEM, now=now)
    later = now + timedelta(hours=1)
    plan(due_at=later, by=SystemActor("ann@example.com"))
    entry = audit_log.list_entries(AuditFilter(target=f"mailing {made.id}"))[0]
    assert (entry.actor, entry.action) == ("ann@example.com", "planned again")
    assert entry.before["snapshot"] != entry.after["snapshot"]
    assert (entry.before["due_at"], entry.after["due_at"]) == (str(now), str(later))


def test_a_mailing_paused_as_it_is_about_to_finish_stays_paused(frozen: Plan, edition: Any, now: datetime) -> None:
    made = frozen()
    with just_before("UPDATE delivery_mailing SET", lambda: mailings.pause(made.id, by=SYSTEM, now=now)):
        assert mailings.finish_settled(now) == 0
    assert summary.get_mailing(made.id).state == MailingState.PAUSED
    assert edition_lookup.get_edition(edition.id).state == "handed_over"


def test_a_mailing_cancelled_as_it_is_about_to_go_on_stays_cancelled(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    mailings.pause(made.id, by=SYSTEM, now=now)
    with just_before("UPDATE delivery_mailing SET", lambda: mailings.cancel(made.id, by=SYSTEM, now=now)):
        mailings.resume(made.id, by=SYSTEM, now=now)
    assert summary.get_mailing(made.id).state == MailingState.CANCELLED


def test_a_mailing_that_finishes_as_somebody_pauses_it_is_finished(frozen: Plan, now: datetime) -> None:
    made = frozen()
    with just_before("UPDATE delivery_mailing SET", lambda: mailings.finish_settled(now)), pytest.raises(Refused):
        mailings.pause(made.id, by=SYSTEM, now=now)
    assert summary.get_mailing(made.id).state == MailingState.FINISHED


def test_a_batch_that_leaves_as_its_mailing_is_cancelled_is_not_withdrawn(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(60)
    made = frozen()
    first = models.Batch.objects.filter(number=1)
    with just_before(
        "UPDATE delivery_batch SET state", lambda: first.update(state=BatchState.SENDING, attempt=1, attempt_key="key")
    ):
        mailings.cancel(made.id, by=SYSTEM, now=now)
    shown = summary.get_mailing(made.id)
    assert shown.batches == {"sending": 1, "withdrawn": 1}
    assert shown.counts == {"planned": 50, "withdrawn": 10}


def test_a_mailing_of_our_account_is_known_by_its_former_fingerprint(half_sent: Mailing, now: datetime) -> None:
    assert mailings.rename_account([], "host new") == 0
    assert mailings.rename_account(["host key1", "host key0"], "host new") == 1
    assert summary.get_mailing(half_sent.id).account == "host new"


def test_an_alarm_that_says_why_it_is_paused_ends_with_the_pause(half_sent: Mailing, now: datetime) -> None:
    models.Mailing.objects.filter(id=half_sent.id).update(state=MailingState.PAUSED, reason="Held, 5 days late.")
    for message in ("Held, 5 days late.", "Subscribers may have it twice."):
        alarms.raise_alarm(half_sent.id, message, now)
    mailings.resume(half_sent.id, late=True, by=SYSTEM, now=now)
    assert [each.message for each in summary.get_mailing(half_sent.id).alarms] == ["Subscribers may have it twice."]
