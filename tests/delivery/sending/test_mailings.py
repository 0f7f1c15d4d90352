from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.curator.editions import approval, edition_lookup, editions
from newsletter.delivery import models
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import claims, freeze, hand_over, mailings
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from subscribers import audience, people, suppressions
from tests.actors import SYSTEM
from tests.conftest import House, reported
from tests.delivery.conftest import hand_over_all
from tests.fakes import provider
from tests.fakes.provider import ScriptedProvider, accepts, loses_the_answer, refuses_for_now
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


def test_a_planned_mailing_waits_for_its_time(plan: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = plan(due_at=now + timedelta(minutes=10))
    assert made.state == MailingState.SCHEDULED
    assert not freeze.freeze_next(now)
    assert freeze.freeze_next(now + timedelta(minutes=10))


def test_an_edition_is_mailed_once(plan: Plan) -> None:
    first = plan()
    with pytest.raises(Refused, match=f"has the mailing {first.id} already, which is scheduled"):
        plan()


def test_an_edition_may_be_planned_again_after_its_mailing_was_cancelled(plan: Plan, now: datetime) -> None:
    first = plan()
    mailings.cancel(first.id, by="editor", now=now)
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


def test_every_candidate_is_planned_or_excluded_with_the_reason(
    plan: Plan, join: Join, house: House, now: datetime
) -> None:
    ids = join(7)
    people.add_subscriber("waiting@example.com", house.list.id, by="test", now=now)
    people.unsubscribe(ids[0], house.list.id, how="desk", by="test", now=now)
    suppressions.suppress("reader1@example.com", reason="asked", by=SYSTEM, now=now)
    reported(ids[2], house.list.id, "hard", reason="no such mailbox", now=now)
    reported(ids[3], house.list.id, "complained", reason="abuse report", now=now)
    made = plan()
    freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert shown.state == MailingState.SENDING
    assert shown.candidates == 8
    assert sum(shown.excluded.values()) == 5
    assert shown.excluded["pending"] == shown.excluded["unsubscribed"] == 1
    assert shown.counts == {"planned": 3}
    assert shown.adds_up


def test_who_joins_after_the_freeze_is_not_in_it(plan: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = plan()
    freeze.freeze_next(now)
    join(2, "late")
    assert summary.get_mailing(made.id).candidates == 3


def test_a_freeze_that_was_killed_goes_on_where_it_stood(
    plan: Plan, join: Join, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(130)
    made = plan()
    monkeypatch.setattr(freeze, "PAGE_SIZE", 40)
    write = freeze._PageWriter.write
    pages = iter((True, True))

    def killed_in_the_third_page(*given: Any) -> bool:
        if not next(pages, False):
            raise KeyboardInterrupt
        return write(*given)

    monkeypatch.setattr(freeze._PageWriter, "write", killed_in_the_third_page)
    with pytest.raises(KeyboardInterrupt):
        freeze.freeze_next(now)
    assert summary.get_mailing(made.id).planned == 80
    monkeypatch.setattr(freeze._PageWriter, "write", write)
    freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert shown.state == MailingState.SENDING
    assert (shown.candidates, shown.planned, shown.counts) == (130, 130, {"planned": 130})
    numbers = models.Batch.objects.filter(mailing_id=made.id).order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3], "what a page leaves half full, the next fills up"


def test_a_page_that_another_process_wrote_is_not_written_again(plan: Plan, join: Join, now: datetime) -> None:
    join(5)
    made = plan()
    freeze.freeze_next(now)
    stale = models.Mailing.objects.get(id=made.id)
    stale.frozen_through, stale.state = 0, MailingState.FREEZING
    models.Mailing.objects.filter(id=made.id).update(state=MailingState.FREEZING)
    page = audience.list_audience_page(stale.list_id, after=0, upto=10**9, limit=5)
    assert not freeze._PageWriter(stale, 10).write(stale, page, now)
    assert summary.get_mailing(made.id).planned == 5


def test_counts_that_do_not_add_up_hold_the_mailing_and_nothing_leaves(plan: Plan, join: Join, now: datetime) -> None:
    join(4)
    made = plan()
    models.Mailing.objects.filter(id=made.id).update(candidates=1)  # as a defect of ours would leave it
    freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert shown.state == MailingState.HELD
    assert "do not add up: 5 candidates, 4 planned, 0 excluded" in shown.reason
    provider = ScriptedProvider()
    assert hand_over_all(provider, now) == 0
    assert not provider.requests


def test_an_edit_after_approval_holds_the_mailing_and_a_new_approval_frees_it(
    plan: Plan, join: Join, edition: Any, now: datetime
) -> None:
    join(2)
    made = plan()
    editions.edit_edition(edition.id, now=now, subject="Another subject")
    freeze.freeze_next(now)
    held = summary.get_mailing(made.id)
    assert held.state == MailingState.HELD
    assert "edited after its approval" in held.reason
    assert held.frozen_at is None
    assert plan().id == made.id
    freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.SENDING


def test_freezing_takes_the_edition_out_of_the_editors_hands(frozen: Plan, join: Join, edition: Any) -> None:
    join(1)
    frozen()
    assert edition_lookup.get_edition(edition.id).state == "handed_over"


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
    mailings.pause(made.id, by="editor@example.com", now=now)
    assert hand_over_all(provider, now) == 0
    assert summary.get_mailing(made.id).reason == "paused by editor@example.com"
    mailings.resume(made.id, by="editor@example.com", now=now)
    freeze.freeze_next(now)
    hand_over_all(provider, now)
    assert len(provider.mailed) == 60
    assert set(provider.mailed.values()) == {1}


def test_a_mailing_paused_before_its_time_waits_for_its_time_when_resumed(plan: Plan, now: datetime) -> None:
    made = plan(due_at=now + timedelta(hours=1))
    mailings.pause(made.id, by="editor", now=now)
    mailings.resume(made.id, by="editor", now=now)
    assert summary.get_mailing(made.id).state == MailingState.SCHEDULED


def test_cancelling_withdraws_what_has_not_left(frozen: Plan, join: Join, now: datetime) -> None:
    join(60)
    made = frozen()
    provider = ScriptedProvider()
    hand_over.hand_over_next(now, owner="a", provider=provider, clock=lambda: now)
    mailings.cancel(made.id, by="editor", now=now)
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
        mailings.cancel(made.id, by="editor", now=now)
        return refuses_for_now(provider, request, now)

    hand_over_all(ScriptedProvider(cancelled_meanwhile), now)
    mailings.finish_settled(now)
    assert summary.get_mailing(made.id).counts == {"withdrawn": 3}


@pytest.mark.parametrize("verb", [mailings.pause, mailings.cancel])
def test_what_is_finished_cannot_be_stopped(frozen: Plan, now: datetime, verb: Callable[..., None]) -> None:
    made = frozen()
    mailings.finish_settled(now)
    with pytest.raises(Refused, match=f"Mailing {made.id} is finished"):
        verb(made.id, by="editor", now=now)


def test_only_what_is_paused_can_be_resumed(frozen: Plan, now: datetime) -> None:
    made = frozen()
    with pytest.raises(Refused, match="nothing to resume"):
        mailings.resume(made.id, by="editor", now=now)


@pytest.mark.parametrize("verb", [mailings.pause, mailings.resume, mailings.cancel])
def test_a_mailing_that_does_not_exist_is_named(db: None, now: datetime, verb: Callable[..., None]) -> None:
    with pytest.raises(NotFound, match="There is no mailing 77"):
        verb(77, by="editor", now=now)


def test_sending_again_after_a_cancel_under_way_reaches_only_the_others(plan: Plan, join: Join, now: datetime) -> None:
    join(120)
    first = plan()
    freeze.freeze_next(now)
    hands = ScriptedProvider(accepts, loses_the_answer)
    for _ in range(2):
        hand_over.hand_over_next(now, owner="test", provider=hands, clock=lambda: now)
    mailings.cancel(first.id, by="editor", now=now)
    again = plan()
    freeze.freeze_next(now)
    hand_over_all(hands, now)
    assert len(hands.mailed) == 120
    assert set(hands.mailed.values()) == {1}, "nobody twice"
    shown = summary.get_mailing(again.id)
    assert shown.excluded == {"already": 100}
    assert shown.adds_up


def test_who_is_known_to_have_it_is_excluded_after_a_cancel_too(plan: Plan, join: Join, now: datetime) -> None:
    join(120)
    first = plan()
    freeze.freeze_next(now)
    hand_over.hand_over_next(now, owner="test", provider=ScriptedProvider(), clock=lambda: now)
    mailings.cancel(first.id, by="editor", now=now)
    sent = models.Batch.objects.get(mailing_id=first.id, state=BatchState.ACCEPTED)
    outcomes = Outcomes(sent.outcomes, sent.format)
    outcomes.mark(range(20), Outcome.DELIVERED)
    models.Batch.objects.filter(id=sent.id).update(outcomes=outcomes.pack())
    again = plan()
    freeze.freeze_next(now)
    assert summary.get_mailing(again.id).excluded == {"already": 50}


def test_a_mailing_planned_for_another_provider_pauses_and_says_so(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = frozen()
    assert mailings.pause_other_providers(ScriptedProvider.name, now) == 0
    assert mailings.pause_other_providers("sendgrid", now) == 1
    shown = summary.get_mailing(made.id)
    assert shown.state == MailingState.PAUSED
    assert f"NEWSLETTER_PROVIDER={ScriptedProvider.name}" in shown.reason
    mailings.resume(made.id, by="editor", now=now)
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(), now)
    assert summary.get_mailing(made.id).counts == {"accepted": 3}


@pytest.mark.parametrize("situation", [provider.accepts, provider.loses_the_answer, provider.loses_the_request])
def test_who_is_in_flight_when_a_mailing_is_cancelled_is_not_mailed_by_the_next(
    plan: Plan, join: Join, now: datetime, situation: provider.Situation
) -> None:
    join(60)
    first = plan()
    freeze.freeze_next(now)
    others = ScriptedProvider()
    planned_again: list[Mailing] = []

    def cancelled_and_sent_anew(provider: ScriptedProvider, request: Any, at: datetime) -> Any:
        mailings.cancel(first.id, by="editor", now=now)
        planned_again.append(plan())
        freeze.freeze_next(now)
        hand_over_all(others, now, "worker/2")
        return situation(provider, request, at)

    hand_over_all(ScriptedProvider(cancelled_and_sent_anew), now)
    assert len(others.mailed) == 10
    again = summary.get_mailing(planned_again[0].id)
    assert (again.counts, again.excluded) == ({"accepted": 10}, {"already": 50})


def test_who_was_only_claimed_when_a_mailing_is_cancelled_is_mailed_by_the_next(
    plan: Plan, join: Join, now: datetime
) -> None:
    join(3)
    first = plan()
    freeze.freeze_next(now)
    assert claims.claim_batch(now, until=now + timedelta(minutes=5), owner="a", provider=ScriptedProvider.name)
    mailings.cancel(first.id, by="editor", now=now)
    again = plan()
    freeze.freeze_next(now)
    assert summary.get_mailing(again.id).counts == {"planned": 3}


@pytest.mark.parametrize("lost", [models.Exclusion, models.Batch])
def test_a_ledger_that_lacks_what_its_mailing_counted_holds_it(
    plan: Plan, join: Join, house: House, now: datetime, lost: Any
) -> None:
    ids = join(4)
    people.unsubscribe(ids[0], house.list.id, how="desk", by="test", now=now)
    made = plan()
    freeze.freeze_next(now)
    lost.objects.all().delete()  # as a defect of ours would leave it
    models.Mailing.objects.update(state=MailingState.FREEZING)
    freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert shown.state == MailingState.HELD
    assert "do not add up: 4 candidates" in shown.reason


def test_a_candidate_counted_as_excluded_but_stored_nowhere_holds_the_mailing(
    plan: Plan, join: Join, now: datetime
) -> None:
    join(4)
    made = plan()
    models.Mailing.objects.update(candidates=1, excluded=1)
    freeze.freeze_next(now)
    assert "5 candidates, 4 planned, 0 excluded" in summary.get_mailing(made.id).reason
    assert summary.get_mailing(made.id).state == MailingState.HELD


def test_a_mailing_cancelled_as_its_freeze_begins_is_not_frozen(
    plan: Plan, join: Join, edition: Any, now: datetime
) -> None:
    join(2)
    made = plan()
    with just_before(
        "UPDATE delivery_mailing SET state = %s, frozen_at =", lambda: mailings.cancel(made.id, by="editor", now=now)
    ):
        freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.CANCELLED
    assert edition_lookup.get_edition(edition.id).state == "approved"
    assert not models.Batch.objects.exists()


def test_a_mailing_that_takes_another_snapshot_as_its_freeze_begins_is_frozen_with_that(
    plan: Plan, join: Join, edition: Any, now: datetime
) -> None:
    join(2)
    made = plan()

    def edited_and_sent_again() -> None:
        editions.edit_edition(edition.id, now=now, subject="Another subject")
        plan()

    with just_before("UPDATE delivery_mailing SET state = %s, frozen_at =", edited_and_sent_again):
        freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.SCHEDULED
    freeze.freeze_next(now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    assert [request.envelope.subject for request in provider.requests] == ["Another subject"]


def test_a_page_that_another_process_writes_first_is_written_once(plan: Plan, join: Join, now: datetime) -> None:
    join(5)
    made = plan()
    row = models.Mailing.objects.get(id=made.id)
    freeze._start(row, now)
    row.refresh_from_db()
    page = audience.list_audience_page(row.list_id, after=0, upto=10**9, limit=5)
    ours, theirs = freeze._PageWriter(row, 10), freeze._PageWriter(row, 10)
    assert theirs.write(row, page, now)
    assert not ours.write(row, page, now)
    freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert (shown.state, shown.candidates, shown.counts) == (MailingState.SENDING, 5, {"planned": 5})


@pytest.mark.parametrize("verb", [mailings.pause, mailings.cancel])
@pytest.mark.parametrize("write", ["SET frozen_through", "SET state = %s WHERE"])
def test_a_mailing_stopped_while_it_is_frozen_stays_stopped(
    plan: Plan, join: Join, now: datetime, verb: Callable[..., None], write: str
) -> None:
    join(5)
    made = plan()
    with just_before(f"UPDATE delivery_mailing {write}", lambda: verb(made.id, by="editor", now=now)):
        freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert shown.state == {mailings.pause: MailingState.PAUSED, mailings.cancel: MailingState.CANCELLED}[verb]
    assert (shown.planned, hand_over_all(ScriptedProvider(), now)) == (0 if "frozen" in write else 5, 0)


def test_what_is_cancelled_as_it_is_about_to_be_held_stays_cancelled(plan: Plan, now: datetime) -> None:
    made = plan()
    models.Mailing.objects.update(provider="pigeon")
    with just_before("UPDATE delivery_mailing SET state", lambda: mailings.cancel(made.id, by="editor", now=now)):
        freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.CANCELLED


def test_of_two_who_send_an_edition_at_once_one_gets_a_conflict(plan: Plan, edition: Any, now: datetime) -> None:
    approval.approve(edition.id, by="test", now=now)
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
    editions.edit_edition(edition.id, now=now, subject="Another subject")
    approval.approve(edition.id, by="test", now=now)
    with (
        just_before("UPDATE delivery_mailing SET", lambda: mailings.cancel(made.id, by="editor", now=now)),
        pytest.raises(Refused),
    ):
        plan()
    assert summary.get_mailing(made.id).state == MailingState.CANCELLED


def test_a_mailing_paused_as_it_is_about_to_finish_stays_paused(frozen: Plan, edition: Any, now: datetime) -> None:
    made = frozen()
    with just_before("UPDATE delivery_mailing SET", lambda: mailings.pause(made.id, by="editor", now=now)):
        assert mailings.finish_settled(now) == 0
    assert summary.get_mailing(made.id).state == MailingState.PAUSED
    assert edition_lookup.get_edition(edition.id).state == "handed_over"


def test_a_mailing_cancelled_as_it_is_about_to_go_on_stays_cancelled(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    mailings.pause(made.id, by="editor", now=now)
    with just_before("UPDATE delivery_mailing SET", lambda: mailings.cancel(made.id, by="colleague", now=now)):
        mailings.resume(made.id, by="editor", now=now)
    assert summary.get_mailing(made.id).state == MailingState.CANCELLED


def test_a_mailing_that_finishes_as_somebody_pauses_it_is_finished(frozen: Plan, now: datetime) -> None:
    made = frozen()
    with just_before("UPDATE delivery_mailing SET", lambda: mailings.finish_settled(now)), pytest.raises(Refused):
        mailings.pause(made.id, by="editor", now=now)
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
        mailings.cancel(made.id, by="editor", now=now)
    shown = summary.get_mailing(made.id)
    assert shown.batches == {"sending": 1, "withdrawn": 1}
    assert shown.counts == {"planned": 50, "withdrawn": 10}
