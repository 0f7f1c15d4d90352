"""The recall window, cell by cell of the table in docs/recall.md: what the provider has a place for."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.catalog import newsletter_settings
from newsletter.delivery import installation, isolation, models
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import MailingState, Outcome, RecallState
from newsletter.delivery.sending import freeze, recall, recall_slots, recall_window
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.conftest import hand_over_all
from tests.delivery.sending.recall_stage import (
    DONE_AT_PROVIDER,
    FAILURES,
    LEAD,
    Stage,
    begin_call,
    fail_call,
    other_host,
)
from tests.fakes.provider import ScriptedProvider
from tests.fakes.sendgrid import MOST_STATUSES, Fault
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db


# Approving


def test_approved_before_the_lead_it_is_submitted_when_the_lead_begins(stage: Stage) -> None:
    stage.at(LEAD + 30)
    stage.plan()
    stage.work()
    assert stage.mailing.state == MailingState.SCHEDULED
    assert stage.server.requests == 0
    stage.at(LEAD)
    stage.work()
    assert (stage.mailing.state, stage.mailing.counts) == (MailingState.SENDING, {"accepted": 5})
    assert {body["send_at"] for body in stage.server.scheduled} == {int(stage.due.timestamp())}
    assert not stage.server.accepted
    stage.at(0)
    stage.work()
    assert len(stage.server.accepted) == 5
    assert stage.mailing.state == MailingState.FINISHED


def test_approved_within_the_lead_it_is_submitted_at_once_and_can_be_recalled(stage: Stage) -> None:
    stage.at(30)
    stage.plan()
    stage.work()
    assert stage.mailing.counts == {"accepted": 5}
    assert stage.recall() == recall.RecallResult(caught=5, withdrawn=0)


def test_approved_under_twelve_minutes_it_leaves_at_its_time_without_a_window(stage: Stage) -> None:
    stage.at(11)
    stage.plan()
    stage.work()
    assert stage.server.requests == 0
    stage.at(0)
    stage.work()
    assert len(stage.server.accepted) == 5
    assert "batch_id" not in stage.server.bodies[0]


def test_approved_when_its_time_is_past_it_leaves_at_once(stage: Stage) -> None:
    stage.at(-5)
    stage.plan()
    stage.work()
    assert len(stage.server.accepted) == 5
    assert "send_at" not in stage.server.bodies[0]


def test_with_a_limit_all_is_submitted_and_the_provider_sends_batch_by_batch(
    stage: Stage, join: Any, newsroom: Newsroom
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=stage.now, per_minute=20_000, seen=None, by=SYSTEM)
    join(1_000, "more")
    stage.at(LEAD)
    stage.plan()
    stage.work()
    assert stage.mailing.counts == {"accepted": 1_005}
    due = int(stage.due.timestamp())
    assert sorted(body["send_at"] for body in stage.server.scheduled) == [due, due + 3]


# The provider is down


def test_no_id_before_or_within_the_lead_is_asked_for_again_every_minute(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.server.fail_next(Fault(status=503))
    stage.work()
    assert stage.mailing.state == MailingState.SCHEDULED
    stage.at(LEAD - 0.5)
    stage.work()
    assert stage.server.requests == 1, "not yet again"
    stage.at(LEAD - 1.5)
    stage.work()
    assert stage.mailing.counts == {"accepted": 5}
    assert stage.server.scheduled


def test_no_id_in_time_is_said_before_it_starts_and_it_leaves_at_its_time(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    for minutes_left in (60, 40, 20, 16.5):
        stage.server.fail_next(Fault(status=503))
        stage.at(minutes_left)
        stage.work()
    assert "cannot be recalled" in stage.alarms
    assert stage.mailing.state == MailingState.SCHEDULED
    stage.server.pass_time()
    stage.server._faults.clear()
    stage.at(0)
    stage.work()
    assert set(stage.server.accepted.values()) == {1}


def test_no_free_place_is_said_before_it_starts_and_it_leaves_at_its_time(stage: Stage) -> None:
    stage.server.statuses = {f"others-{n}": "pause" for n in range(MOST_STATUSES)}
    stage.at(LEAD)
    stage.plan()
    stage.work()
    assert "places" in stage.alarms
    assert stage.server.bodies == []
    stage.at(0)
    stage.work()
    assert len(stage.server.accepted) == 5


def test_our_own_windows_take_places_too(stage: Stage) -> None:
    stage.server.statuses = {f"others-{n}": "pause" for n in range(MOST_STATUSES - 1)}
    stage.at(LEAD)
    stage.plan()
    stage.work()
    assert not stage.alarms
    assert recall_slots._slot_holders(stage.now, stage.provider.account).count() == 1
    stage.at(-1)
    assert recall_slots._slot_holders(stage.now, stage.provider.account).count() == 0, (
        "its time is past: nobody will need the place"
    )


# Recalling


def test_a_place_is_given_back_when_the_provider_has_thrown_everything_away(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.recall()
    assert not recall_slots.free_slots(stage.now, stage.provider)
    assert len(stage.server.statuses) == 1
    stage.at(-60 * 5)
    assert recall_slots.free_slots(stage.now, stage.provider)
    assert stage.server.statuses == {}
    assert not stage.server.accepted


# Somebody else at the same time


def opened_by_another(stage: Stage) -> None:
    mine = models.Mailing.objects.filter(id=stage.mailing_id)
    mine.update(recall=RecallState.OPEN, cancel_id="theirs", begins_at=stage.now)


def test_a_window_that_another_worker_opens_first_keeps_its_id(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    with just_before("UPDATE delivery_mailing SET recall", lambda: opened_by_another(stage)):
        recall_slots.open_next_window(stage.now, stage.provider)
    assert models.Mailing.objects.get().cancel_id == "theirs"


def test_a_window_that_another_worker_opens_while_we_have_no_answer_is_open(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.server.fail_next(Fault(status=503))
    with just_before("UPDATE delivery_mailing SET", lambda: opened_by_another(stage)):
        recall_slots.open_next_window(stage.now, stage.provider)
    assert models.Mailing.objects.get().begins_at == stage.now


def test_a_window_that_another_worker_opens_as_we_give_up_is_open(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.at(16.5)
    with just_before("UPDATE delivery_mailing SET", lambda: opened_by_another(stage)):
        recall_slots.open_next_window(stage.now, stage.provider)
    assert models.Mailing.objects.get().recall == RecallState.OPEN
    assert not stage.alarms


@pytest.mark.parametrize("opened", [False, True])
def test_when_the_last_place_was_taken_only_what_still_wants_one_is_looked_at_at_once(
    stage: Stage, trial: models.Mailing, opened: bool
) -> None:
    stage.server.statuses = {f"others-{n}": "pause" for n in range(MOST_STATUSES - 1)}
    stage.at(LEAD)
    stage.plan()
    rows, later = models.Mailing.objects, stage.now + timedelta(minutes=7)
    waiting = models.Mailing.objects.get(id=trial.id)
    waiting.pk, waiting.key, waiting.begins_at = None, "waiting", later
    waiting.save(force_insert=True)

    def another_takes_it() -> None:
        rows.filter(id=trial.id).update(recall=RecallState.OPEN, cancel_id="theirs")
        if opened:
            rows.filter(id=stage.mailing_id).update(recall=RecallState.OPEN, begins_at=later)

    installation.get_standing(stage.now)
    with just_before("SAVEPOINT", another_takes_it):
        assert recall_slots.open_next_window(stage.now, stage.provider)
    assert rows.get(id=waiting.id).begins_at == later
    assert rows.get(id=stage.mailing_id).begins_at == (later if opened else stage.now)


def test_the_last_place_is_not_taken_by_two(stage: Stage, plan: Any) -> None:
    stage.server.statuses = {f"others-{n}": "pause" for n in range(MOST_STATUSES - 1)}
    stage.at(LEAD)
    stage.plan()

    def another_takes_it() -> None:
        other = plan(kind="test", provider="sendgrid", due_at=stage.due, recall_minutes=LEAD, now=stage.now)
        models.Mailing.objects.filter(id=other.id).update(recall=RecallState.OPEN, cancel_id="theirs")

    installation.get_standing(stage.now)  # so that the first transaction is that of the place
    with just_before("SAVEPOINT", another_takes_it):
        recall_slots.open_next_window(stage.now, stage.provider)
    assert recall_slots._slot_holders(stage.now, stage.provider.account).count() == 1
    stage.work()
    assert "places" in stage.alarms


# Which mailing, and what is written down


@pytest.mark.parametrize(
    ("minutes_left", "faults", "window"),
    [(17, [], RecallState.OPEN), (29, [Fault(status=503)], RecallState.WANTED), (16.9, [], RecallState.CLOSED)],
)
def test_windows_are_decided_one_at_a_time_in_the_order_of_their_beginning(
    stage: Stage, trial: models.Mailing, minutes_left: float, faults: list[Fault], window: RecallState
) -> None:
    stage.plan()
    stage.at(minutes_left)
    stage.server.fail_next(*faults)
    assert recall_slots.open_next_window(stage.now, stage.provider)
    first = models.Mailing.objects.get(id=stage.mailing_id)
    begins_at = {
        RecallState.OPEN: stage.now,
        RecallState.WANTED: stage.now + timedelta(minutes=1),
        RecallState.CLOSED: None,
    }[window]
    assert (first.recall, first.begins_at, bool(first.cancel_id)) == (window, begins_at, window == RecallState.OPEN)
    second = models.Mailing.objects.get(id=trial.id)
    assert (second.recall, second.begins_at, second.cancel_id) == (RecallState.WANTED, trial.begins_at, "")
    assert recall_slots.open_next_window(stage.now, stage.provider), "then the second"
    assert models.Mailing.objects.get(id=trial.id).recall == RecallState.OPEN
    assert not recall_slots.open_next_window(stage.now, stage.provider)


@pytest.mark.parametrize(
    "changed",
    [
        {"state": MailingState.PAUSED},
        {"recall": RecallState.OPEN},
        {"recall": RecallState.CLOSED},
        {"provider": "outbox"},
        {"seconds": 1},
    ],
    ids=str,
)
def test_no_id_is_asked_for_where_no_window_is_to_be_opened(stage: Stage, changed: dict[str, Any]) -> None:
    stage.at(LEAD)
    stage.plan()
    if "seconds" in changed:
        changed = {"begins_at": stage.now + timedelta(**changed)}
    models.Mailing.objects.update(**changed)
    assert not recall_slots.open_next_window(stage.now, stage.provider)
    assert stage.server.requests == 0


def test_of_two_windows_that_begin_together_one_is_put_off_while_it_is_asked_for(
    stage: Stage, trial: models.Mailing
) -> None:
    stage.plan()
    stage.at(LEAD)
    begins = stage.now - timedelta(minutes=1)
    models.Mailing.objects.update(begins_at=begins)
    stage.server.fail_next(Fault(status=503))
    assert recall_slots.open_next_window(stage.now, stage.provider)
    then = stage.now + recall_window.RETRY_AFTER
    assert set(models.Mailing.objects.values_list("begins_at", flat=True)) == {begins, then}


def test_while_sending_is_held_no_window_is_opened(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    installation.check(stage.now)
    installation.hold("A backup was restored.", stage.now)
    installation.forget_standing()
    assert not recall_slots.open_next_window(stage.now, stage.provider)
    assert stage.server.requests == 0


def test_with_a_provider_that_cannot_cancel_no_window_opens_and_no_place_is_given_back(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    models.Mailing.objects.update(provider=ScriptedProvider.name)
    assert not recall_slots.open_next_window(stage.now, ScriptedProvider())
    models.Mailing.objects.update(recall=RecallState.OPEN, recalled_at=stage.now)
    assert not recall_slots.free_slots(stage.at(-60 * 9), ScriptedProvider())
    assert models.Mailing.objects.get().recall == RecallState.OPEN
    assert not isolation.list_failures()


@pytest.mark.parametrize(
    ("others", "minutes_left", "why"),
    [(0, 16.9, "the provider gave no id for it in time"), (10, 60, "all 10 places the provider has for it are taken")],
)
def test_an_alarm_says_why_there_is_no_window_and_what_can_be_done(
    stage: Stage, others: int, minutes_left: float, why: str
) -> None:
    stage.server.statuses = {f"others-{n}": "pause" for n in range(others)}
    stage.at(LEAD)
    stage.plan()
    assert recall_slots.open_next_window(stage.at(minutes_left), stage.provider)
    (alarm,) = stage.mailing.alarms
    assert alarm.message == f"It cannot be recalled: {why}. It leaves at its time and can be cancelled until then."
    assert alarm.first_at == stage.now


def test_a_window_that_has_to_wait_for_the_provider_is_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.server.fail_next(Fault(status=503))
    recall_slots.open_next_window(stage.now, stage.provider)
    ((logger, level, message),) = [record for record in caplog.record_tuples if record[0] == recall_slots.__name__]
    assert (logger, level) == (recall_slots.__name__, logging.WARNING)
    assert message.startswith(f"No recall window for mailing {stage.mailing_id} yet: ")
    assert "503" in message


@pytest.mark.parametrize(
    ("changed", "needs_a_place"),
    [
        ({}, True),
        ({"state": MailingState.PAUSED}, True),
        ({"state": MailingState.CANCELLED}, False),
        ({"state": MailingState.CANCELLED, "recalled": True}, True),
        ({"state": MailingState.CANCELLED, "recalled": True, "recall": RecallState.CLOSED}, False),
        ({"recall": RecallState.WANTED}, False),
        ({"minutes_left": 0}, False),
        ({"minutes_left": 0, "state": MailingState.CANCELLED, "recalled": True}, True),
    ],
    ids=str,
)
def test_a_place_is_needed_by_what_may_be_recalled_and_what_was_and_is_not_thrown_away(
    stage: Stage, changed: dict[str, Any], needs_a_place: bool
) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.work()
    values = dict(changed)
    stage.at(values.pop("minutes_left", 30))
    if values.pop("recalled", False):
        values["recalled_at"] = stage.now
    models.Mailing.objects.update(**values)
    assert recall_slots._slot_holders(stage.now, stage.provider.account).exists() == needs_a_place


@pytest.mark.parametrize(
    ("others", "window"), [(MOST_STATUSES - 2, RecallState.OPEN), (MOST_STATUSES - 1, RecallState.CLOSED)]
)
@pytest.mark.parametrize("recalled", [False, True])
def test_a_mailing_of_ours_takes_one_place_before_it_is_recalled_and_after(
    stage: Stage, trial: models.Mailing, others: int, recalled: bool, window: str
) -> None:
    stage.server.statuses = {f"others-{n}": "pause" for n in range(others)}
    stage.plan()
    recall_slots.open_next_window(stage.at(40), stage.provider)
    freeze.freeze_next(stage.now)
    if recalled:
        stage.recall()
    recall_slots.open_next_window(stage.at(30), stage.provider)
    assert models.Mailing.objects.get(id=trial.id).recall == window


@pytest.mark.parametrize(
    ("last_minutes", "minutes_left", "given_back"), [(0, -240, False), (0, -240.1, True), (10, -249, False)]
)
def test_the_place_of_a_recall_is_kept_for_four_hours_after_its_last_message_and_is_its_own(
    stage: Stage, trial: models.Mailing, last_minutes: int, minutes_left: float, given_back: bool
) -> None:
    stage.plan()
    stage.at(25)
    stage.work()
    stage.recall()
    recall.recall_mailing(trial.id, by=SystemActor("editor"), now=stage.now, provider=stage.provider)
    mine = models.Mailing.objects.get(id=stage.mailing_id)
    if last_minutes:
        mine.batches.update(send_at=stage.due + timedelta(minutes=last_minutes))
    assert recall_slots.free_slots(stage.at(minutes_left), stage.provider) == given_back
    other = models.Mailing.objects.get(id=trial.id)
    assert set(stage.server.statuses) == ({other.cancel_id} if given_back else {mine.cancel_id, other.cancel_id})
    mine.refresh_from_db()
    assert (mine.recall, other.recall) == (RecallState.CLOSED if given_back else RecallState.OPEN, RecallState.OPEN)
    assert not recall_slots.free_slots(stage.now, stage.provider), "it is given back once"


@pytest.mark.parametrize(
    "changed", [{"recalled_at": None}, {"provider": "outbox"}, {"recall": RecallState.CLOSED}], ids=str
)
def test_no_place_is_given_back_where_none_is_held_by_a_recall(stage: Stage, changed: dict[str, Any]) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.recall()
    models.Mailing.objects.update(**changed)
    assert not recall_slots.free_slots(stage.at(-60 * 9), stage.provider)
    assert len(stage.server.statuses) == 1


# Recalling is a state: who asked is stored before the provider is, and what the provider says counts


@pytest.mark.parametrize("failure", FAILURES)
def test_an_id_that_is_asked_for_in_vain_is_asked_for_again_and_counted(stage: Stage, failure: str) -> None:
    fail_call(stage, "new_cancel_id", failure, begin_call("new_cancel_id", stage))
    row = models.Mailing.objects.get()
    assert (row.state, row.recall, row.cancel_id) == (MailingState.SCHEDULED, RecallState.WANTED, "")
    assert len(stage.server.batches) == (failure in DONE_AT_PROVIDER)
    assert not recall_slots.open_next_window(stage.now, stage.provider), "once a minute, however often a worker dies"
    stage.at(39)
    stage.work()
    row.refresh_from_db()
    assert row.recall == RecallState.OPEN
    assert stage.mailing.cancel_ids_asked == (1 if failure == "down" else 2)
    assert len(stage.server.batches) == 1 + (failure in DONE_AT_PROVIDER), "one is of nobody, and harmless"
    assert stage.mailing.counts == {"accepted": 5}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_place_that_could_not_be_given_back_counts_as_taken_and_is_tried_again(stage: Stage, failure: str) -> None:
    decided = fail_call(stage, "release", failure, begin_call("release", stage))
    assert decided == (None if failure.startswith("killed") else 1)
    row = models.Mailing.objects.get()
    assert (row.state, row.recall) == (MailingState.CANCELLED, RecallState.OPEN)
    assert bool(stage.server.statuses) == (failure not in DONE_AT_PROVIDER)
    assert recall_slots._slot_holders(stage.now, stage.provider.account).count() == 1
    assert ("given back" in stage.alarms) == (not failure.startswith("killed"))
    assert not recall_slots.free_slots(stage.now, stage.provider), "once a minute"
    stage.at(-60 * 6)
    assert recall_slots.free_slots(stage.now, stage.provider)
    assert stage.server.statuses == {}
    row.refresh_from_db()
    assert (row.recall, row.ask_provider_at) == (RecallState.CLOSED, None)
    assert stage.mailing.counts == {"recalled": 5}
    assert not stage.server.accepted


def test_a_place_is_given_back_whatever_of_other_mailings_is_in_flight_and_by_whom_it_was_taken(
    stage: Stage, trial: models.Mailing
) -> None:
    free = begin_call("release", stage)
    models.Mailing.objects.filter(id=stage.mailing_id).update(account="")
    mine = models.Batch.objects.get(mailing_id=stage.mailing_id)
    mine.id, mine.mailing_id, mine.key, mine.state = None, trial.id, "other", "sending"
    mine.save(force_insert=True)
    assert free() == 1


def test_a_place_that_another_worker_gives_back_is_left_to_it(stage: Stage) -> None:
    free = begin_call("release", stage)
    theirs = stage.now + recall_window.RETRY_AFTER
    with just_before("UPDATE delivery_mailing SET", lambda: models.Mailing.objects.update(ask_provider_at=theirs)):
        assert free() == 0
    assert stage.server.statuses, "nobody was asked"


def test_a_place_whose_return_fails_unexpectedly_is_named_and_tried_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = begin_call("release", stage)

    def broken(cancel_id: str) -> None:
        raise ValueError(cancel_id)

    monkeypatch.setattr(stage.provider, "release", broken)
    assert free() == 0
    (failure,) = isolation.list_failures()
    assert failure.what == f"Freeing the place of mailing {stage.mailing_id}"
    assert stage.now < models.FailedItem.objects.get().next_at < stage.now + timedelta(hours=1)


def test_the_provider_is_asked_for_one_id_however_many_workers_want_one(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    theirs = stage.now + recall_window.RETRY_AFTER
    with just_before("UPDATE delivery_mailing SET", lambda: models.Mailing.objects.update(begins_at=theirs)):
        assert recall_slots.open_next_window(stage.now, stage.provider), "there may be another"
    assert stage.server.requests == 0


def test_a_place_is_not_given_back_while_a_batch_is_in_flight(stage: Stage) -> None:
    begin_call("release", stage)
    models.Batch.objects.update(state="sending")
    assert not recall_slots.free_slots(stage.now, stage.provider)
    outcomes = Outcomes.all_planned(5)
    outcomes.settle(Outcome.UNKNOWN)
    models.Batch.objects.update(state="unknown", outcomes=outcomes.pack())
    assert recall_slots.free_slots(stage.now, stage.provider)
    assert stage.mailing.counts == {"recalled": 5}, "settled first: the provider threw it away"


# Another account of the provider


def test_a_window_belongs_to_the_account_that_opened_it(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    recall_slots.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now, account="host another key")
    assert stage.mailing.account == stage.provider.account
    assert hand_over_all(other_host(stage), stage.now) == 0


def test_places_taken_at_another_account_are_not_counted(stage: Stage) -> None:
    row = models.Mailing.objects.get(id=stage.plan().id)
    for number in range(MOST_STATUSES):
        row.pk, row.key, row.kind = None, f"former-{number}", "test"
        row.recall, row.account, row.recalled_at = RecallState.OPEN, "host former", stage.now
        row.state = MailingState.CANCELLED
        row.save(force_insert=True)
    stage.at(LEAD)
    stage.work()
    assert stage.mailing.recall == RecallState.OPEN
