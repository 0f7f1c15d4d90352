"""The recall window, cell by cell of the table in docs/recall.md: time left × what happens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from newsletter.accounts import audit_log
from newsletter.accounts.actors import SystemActor
from newsletter.accounts.audit_log import AuditFilter
from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import approval, edition_lookup, editions
from newsletter.delivery import models
from newsletter.delivery.ledger.format import FORMAT, Outcomes, UnknownFormat
from newsletter.delivery.ledger.states import MailingState, Outcome, RecallState
from newsletter.delivery.providers.base import ProviderError
from newsletter.delivery.providers.sendgrid import SendGrid
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, mailings, recall, reconsider, repair
from newsletter.kernel.errors import Refused
from subscribers.models import Subscriber
from tests.actors import SYSTEM
from tests.approving import approve
from tests.conftest import Newsroom
from tests.delivery.chaos import serving
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import Killed, ScriptedProvider, dies
from tests.fakes.sendgrid import KEY, MOST_STATUSES, Fault, SendGridServer
from tests.fakes.sendgrid_events import event
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
LEAD = 60


class Stage:
    """A mailing with a window of an hour, the provider, and a clock that both go by."""

    def __init__(self, server: SendGridServer, plan: Callable[..., Mailing], now: datetime) -> None:
        self.server, self.provider, self.due = server, SendGrid(KEY, server.url), now + timedelta(hours=3)
        self._plan, self.now = plan, now
        server.clock = lambda: self.now.timestamp()

    def at(self, minutes_left: float) -> datetime:
        """Lets the time come when so many minutes are left."""
        self.now = self.due - timedelta(minutes=minutes_left)
        self.server.pass_time()
        return self.now

    def plan(self) -> Mailing:
        self.mailing_id = self._plan(provider="sendgrid", due_at=self.due, recall_minutes=LEAD, now=self.now).id
        return self.mailing

    def work(self) -> None:
        """What a worker does at this time."""
        for _ in range(100):
            if not (
                hand_over_all(self.provider, self.now)
                or recall.open_next_window(self.now, self.provider)
                or freeze.freeze_next(self.now)
            ):
                break
        else:
            pytest.fail("it never rests")
        mailings.finish_settled(self.now)

    def recall(self) -> recall.RecallResult:
        return recall.recall_mailing(self.mailing_id, by=SystemActor("editor"), now=self.now, provider=self.provider)

    def complete(self) -> int:
        """What workers do about recalls of which nobody knows. Returns how often they asked the provider."""
        asked = 0
        while recall.complete_next_recall(self.now, self.provider, by=SYSTEM):
            asked += 1
            assert asked < 100, "it never rests"
        return asked

    def resume(self) -> None:
        recall.resume_mailing(self.mailing_id, by=SystemActor("editor"), now=self.now, provider=self.provider)

    @property
    def mailing(self) -> Mailing:
        return summary.get_mailing(self.mailing_id)

    @property
    def alarms(self) -> str:
        return " ".join(alarm.message for alarm in self.mailing.alarms)


@pytest.fixture
def stage(plan: Any, join: Any, now: datetime) -> Iterator[Stage]:
    join(5)
    with serving(delay=0) as server:
        yield Stage(server, plan, now)


def edit(mailing: Mailing, now: datetime) -> None:
    editions.edit_edition(mailing.edition_id, now=now, subject="Fixed", seen=None, by=SYSTEM)


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
    recall.open_next_window(stage.now, stage.provider)
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
    recall.open_next_window(stage.now, stage.provider)
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
    recall.open_next_window(stage.now, stage.provider)
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
    recall.open_next_window(stage.now, stage.provider)
    stage.server.fail_next(Fault(status=503))
    stage.work()
    stage.at(minutes_left)
    stage.work()
    assert stage.mailing.counts == {"unknown": 5}
    assert len(stage.server.bodies) == 0


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
    assert recall._slot_holders(stage.now, stage.provider.account).count() == 1
    stage.at(-1)
    assert recall._slot_holders(stage.now, stage.provider.account).count() == 0, (
        "its time is past: nobody will need the place"
    )


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


def test_what_is_not_submitted_yet_is_withdrawn_with_the_recall(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    recall.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    assert stage.recall() == recall.RecallResult(caught=0, withdrawn=5)


def test_what_was_in_flight_at_the_recall_is_settled_as_recalled(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    recall.open_next_window(stage.now, stage.provider)
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


def test_whoever_was_in_flight_at_the_recall_is_sent_the_edition_when_it_is_sent_again(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    recall.open_next_window(stage.now, stage.provider)
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
    recall.open_next_window(stage.now, stage.provider)
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


def test_a_place_is_given_back_when_the_provider_has_thrown_everything_away(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.recall()
    assert not recall.free_slots(stage.now, stage.provider)
    assert len(stage.server.statuses) == 1
    stage.at(-60 * 5)
    assert recall.free_slots(stage.now, stage.provider)
    assert stage.server.statuses == {}
    assert not stage.server.accepted


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


def opened_by_another(stage: Stage) -> None:
    mine = models.Mailing.objects.filter(id=stage.mailing_id)
    mine.update(recall=RecallState.OPEN, cancel_id="theirs", begins_at=stage.now)


def test_a_window_that_another_worker_opens_first_keeps_its_id(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    with just_before("UPDATE delivery_mailing SET recall", lambda: opened_by_another(stage)):
        recall.open_next_window(stage.now, stage.provider)
    assert models.Mailing.objects.get().cancel_id == "theirs"


def test_a_window_that_another_worker_opens_while_we_have_no_answer_is_open(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.server.fail_next(Fault(status=503))
    with just_before("UPDATE delivery_mailing SET", lambda: opened_by_another(stage)):
        recall.open_next_window(stage.now, stage.provider)
    assert models.Mailing.objects.get().begins_at == stage.now


def test_a_window_that_another_worker_opens_as_we_give_up_is_open(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.at(16.5)
    with just_before("UPDATE delivery_mailing SET", lambda: opened_by_another(stage)):
        recall.open_next_window(stage.now, stage.provider)
    assert models.Mailing.objects.get().recall == RecallState.OPEN
    assert not stage.alarms


def test_the_last_place_is_not_taken_by_two(stage: Stage, plan: Any) -> None:
    stage.server.statuses = {f"others-{n}": "pause" for n in range(MOST_STATUSES - 1)}
    stage.at(LEAD)
    stage.plan()

    def another_takes_it() -> None:
        other = plan(kind="test", provider="sendgrid", due_at=stage.due, recall_minutes=LEAD, now=stage.now)
        models.Mailing.objects.filter(id=other.id).update(recall=RecallState.OPEN, cancel_id="theirs")

    with just_before("SAVEPOINT", another_takes_it):
        recall.open_next_window(stage.now, stage.provider)
    assert recall._slot_holders(stage.now, stage.provider.account).count() == 1
    stage.work()
    assert "places" in stage.alarms


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


@pytest.fixture
def trial(stage: Stage, plan: Any) -> models.Mailing:
    """A test of the edition with a window of its own, due half an hour later."""
    made = plan(
        kind="test", provider="sendgrid", due_at=stage.due + timedelta(minutes=30), recall_minutes=LEAD, now=stage.now
    )
    return models.Mailing.objects.get(id=made.id)


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
    assert recall.open_next_window(stage.now, stage.provider)
    first = models.Mailing.objects.get(id=stage.mailing_id)
    begins_at = {
        RecallState.OPEN: stage.now,
        RecallState.WANTED: stage.now + timedelta(minutes=1),
        RecallState.CLOSED: None,
    }[window]
    assert (first.recall, first.begins_at, bool(first.cancel_id)) == (window, begins_at, window == RecallState.OPEN)
    second = models.Mailing.objects.get(id=trial.id)
    assert (second.recall, second.begins_at, second.cancel_id) == (RecallState.WANTED, trial.begins_at, "")
    assert recall.open_next_window(stage.now, stage.provider), "then the second"
    assert models.Mailing.objects.get(id=trial.id).recall == RecallState.OPEN
    assert not recall.open_next_window(stage.now, stage.provider)


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
    assert not recall.open_next_window(stage.now, stage.provider)
    assert stage.server.requests == 0


def test_with_a_provider_that_cannot_cancel_no_window_opens_and_no_place_is_given_back(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    models.Mailing.objects.update(provider=ScriptedProvider.name)
    assert not recall.open_next_window(stage.now, ScriptedProvider())
    models.Mailing.objects.update(recall=RecallState.OPEN, recalled_at=stage.now)
    assert not recall.free_slots(stage.at(-60 * 9), ScriptedProvider())
    assert models.Mailing.objects.get().recall == RecallState.OPEN


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
    assert recall.open_next_window(stage.at(minutes_left), stage.provider)
    (alarm,) = stage.mailing.alarms
    assert alarm.message == f"It cannot be recalled: {why}. It leaves at its time and can be cancelled until then."
    assert alarm.first_at == stage.now


def test_a_window_that_has_to_wait_for_the_provider_is_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.at(LEAD)
    stage.plan()
    stage.server.fail_next(Fault(status=503))
    recall.open_next_window(stage.now, stage.provider)
    ((logger, level, message),) = [record for record in caplog.record_tuples if record[0] == recall.__name__]
    assert (logger, level) == (recall.__name__, logging.WARNING)
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
    assert recall._slot_holders(stage.now, stage.provider.account).exists() == needs_a_place


@pytest.mark.parametrize(
    ("others", "window"), [(MOST_STATUSES - 2, RecallState.OPEN), (MOST_STATUSES - 1, RecallState.CLOSED)]
)
@pytest.mark.parametrize("recalled", [False, True])
def test_a_mailing_of_ours_takes_one_place_before_it_is_recalled_and_after(
    stage: Stage, trial: models.Mailing, others: int, recalled: bool, window: str
) -> None:
    stage.server.statuses = {f"others-{n}": "pause" for n in range(others)}
    stage.plan()
    recall.open_next_window(stage.at(40), stage.provider)
    freeze.freeze_next(stage.now)
    if recalled:
        stage.recall()
    recall.open_next_window(stage.at(30), stage.provider)
    assert models.Mailing.objects.get(id=trial.id).recall == window


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
    seen: list[tuple[str, str]] = []

    def looks(cancel_id: str) -> None:
        seen.append((stage.mailing.state, stage.mailing.reason))
        cancel(cancel_id)

    stage.provider.cancel = looks  # type: ignore[method-assign]
    stage.recall()
    assert seen == [(MailingState.RECALLING, "being recalled by editor")]


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
    recall.open_next_window(stage.now, stage.provider)
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
    assert recall.free_slots(stage.at(minutes_left), stage.provider) == given_back
    other = models.Mailing.objects.get(id=trial.id)
    assert set(stage.server.statuses) == ({other.cancel_id} if given_back else {mine.cancel_id, other.cancel_id})
    mine.refresh_from_db()
    assert (mine.recall, other.recall) == (RecallState.CLOSED if given_back else RecallState.OPEN, RecallState.OPEN)
    assert not recall.free_slots(stage.now, stage.provider), "it is given back once"


@pytest.mark.parametrize(
    "changed", [{"recalled_at": None}, {"provider": "outbox"}, {"recall": RecallState.CLOSED}], ids=str
)
def test_no_place_is_given_back_where_none_is_held_by_a_recall(stage: Stage, changed: dict[str, Any]) -> None:
    stage.at(40)
    stage.plan()
    stage.work()
    stage.recall()
    models.Mailing.objects.update(**changed)
    assert not recall.free_slots(stage.at(-60 * 9), stage.provider)
    assert len(stage.server.statuses) == 1


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


# Recalling is a state: who asked is stored before the provider is, and what the provider says counts


LOST = (Fault(drop=True, accept_first=True), Fault(drop=True))  # a call's answer, and that of looking after it


def begin(call: str, stage: Stage) -> Callable[[], object]:
    """Brings a mailing to the point where a call is due, and returns what makes it."""
    stage.at(40)
    stage.plan()
    if call == "new_cancel_id":
        return lambda: recall.open_next_window(stage.now, stage.provider)
    stage.work()
    if call == "cancel":
        return stage.recall
    stage.recall()
    stage.at(-60 * 5)
    return lambda: recall.free_slots(stage.now, stage.provider)


FAILURES: dict[str, tuple[Fault, ...]] = {
    "killed before": (),
    "killed after": (),
    "answer lost": LOST,
    "refused": (Fault(status=403), Fault(status=403)),
    "down": (Fault(status=503), Fault(status=503)),
}
_DONE_AT_PROVIDER = {"killed after", "answer lost"}


def fail(stage: Stage, call: str, failure: str, make: Callable[[], object]) -> None:
    """Makes a call that goes wrong."""
    looks_first = {"new_cancel_id": 1, "release": 1}.get(call, 0)  # at the list of ids, which is not what fails
    faults = [*[None] * (looks_first if failure != "down" else 0), *FAILURES[failure]]
    if failure.startswith("killed"):
        dies(stage.provider, call, after=failure == "killed after")
    else:
        stage.server.weather = lambda: faults.pop(0) if faults else None
    with suppress(Killed, ProviderError):
        make()
    faults.clear()


@pytest.mark.parametrize("failure", FAILURES)
def test_a_cancellation_that_goes_wrong_is_completed_by_a_sweep(stage: Stage, failure: str) -> None:
    fail(stage, "cancel", failure, begin("cancel", stage))
    assert (stage.mailing.state, stage.mailing.recalling_by) == (MailingState.RECALLING, "editor")
    assert stage.mailing.recalling_since == stage.now
    assert bool(stage.server.statuses) == (failure in _DONE_AT_PROVIDER)
    assert stage.complete() == 0, "whoever began it has a minute"
    stage.at(39)
    assert stage.complete() == 1
    assert (stage.mailing.state, stage.mailing.reason) == (MailingState.CANCELLED, "recalled by editor")
    assert stage.mailing.counts == {"recalled": 5}
    assert edition_lookup.get_edition(stage.mailing.edition_id).state == "open"
    stage.at(-60)
    assert not stage.server.accepted


@pytest.mark.parametrize("failure", FAILURES)
def test_an_id_that_is_asked_for_in_vain_is_asked_for_again_and_counted(stage: Stage, failure: str) -> None:
    fail(stage, "new_cancel_id", failure, begin("new_cancel_id", stage))
    row = models.Mailing.objects.get()
    assert (row.state, row.recall, row.cancel_id) == (MailingState.SCHEDULED, RecallState.WANTED, "")
    assert len(stage.server.batches) == (failure in _DONE_AT_PROVIDER)
    assert not recall.open_next_window(stage.now, stage.provider), "once a minute, however often a worker dies"
    stage.at(39)
    stage.work()
    row.refresh_from_db()
    assert row.recall == RecallState.OPEN
    assert stage.mailing.cancel_ids_asked == (1 if failure == "down" else 2)
    assert len(stage.server.batches) == 1 + (failure in _DONE_AT_PROVIDER), "one is of nobody, and harmless"
    assert stage.mailing.counts == {"accepted": 5}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_place_that_could_not_be_given_back_counts_as_taken_and_is_tried_again(stage: Stage, failure: str) -> None:
    fail(stage, "release", failure, begin("release", stage))
    row = models.Mailing.objects.get()
    assert (row.state, row.recall) == (MailingState.CANCELLED, RecallState.OPEN)
    assert bool(stage.server.statuses) == (failure not in _DONE_AT_PROVIDER)
    assert recall._slot_holders(stage.now, stage.provider.account).count() == 1
    assert ("given back" in stage.alarms) == (not failure.startswith("killed"))
    assert not recall.free_slots(stage.now, stage.provider), "once a minute"
    stage.at(-60 * 6)
    assert recall.free_slots(stage.now, stage.provider)
    assert stage.server.statuses == {}
    row.refresh_from_db()
    assert row.recall == RecallState.CLOSED
    assert stage.mailing.counts == {"recalled": 5}
    assert not stage.server.accepted


def fail_to_recall(stage: Stage, failure: str) -> None:
    fail(stage, "cancel", failure, begin("cancel", stage))


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
        assert recall._slot_holders(stage.now, stage.provider.account).count() == 1
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
    recall.open_next_window(stage.now, stage.provider)
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
    recall.open_next_window(stage.now, stage.provider)
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


def test_the_provider_is_asked_for_one_id_however_many_workers_want_one(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    theirs = stage.now + recall.RETRY_AFTER
    with just_before("UPDATE delivery_mailing SET", lambda: models.Mailing.objects.update(begins_at=theirs)):
        recall.open_next_window(stage.now, stage.provider)
    assert stage.server.requests == 0


def test_what_a_worker_submits_as_its_mailing_is_recalled_is_withdrawn_or_settled_but_not_counted_twice(
    stage: Stage,
) -> None:
    stage.at(40)
    stage.plan()
    recall.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    taken = models.Batch.objects.all()
    with just_before("UPDATE delivery_batch SET state", lambda: taken.update(state="sending", attempt_key="theirs")):
        assert stage.recall() == recall.RecallResult(caught=0, withdrawn=0, in_flight=5)
    assert stage.mailing.counts == {"planned": 5}


def test_a_batch_that_an_event_changes_as_it_is_withdrawn_keeps_what_the_event_said(stage: Stage) -> None:
    stage.at(40)
    stage.plan()
    recall.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now)
    outcomes = Outcomes.all_planned(5)
    outcomes.mark([0], Outcome.DELIVERED)
    changed = models.Batch.objects.all()
    with just_before(
        "UPDATE delivery_batch SET state", lambda: changed.update(outcomes=outcomes.pack(), version=F("version") + 1)
    ):
        assert stage.recall() == recall.RecallResult(caught=0, withdrawn=4)
    assert stage.mailing.counts == {"withdrawn": 4, "delivered": 1}


def test_a_place_is_not_given_back_while_a_batch_is_in_flight(stage: Stage) -> None:
    begin("release", stage)
    models.Batch.objects.update(state="sending")
    assert not recall.free_slots(stage.now, stage.provider)
    outcomes = Outcomes.all_planned(5)
    outcomes.settle(Outcome.UNKNOWN)
    models.Batch.objects.update(state="unknown", outcomes=outcomes.pack())
    assert recall.free_slots(stage.now, stage.provider)
    assert stage.mailing.counts == {"recalled": 5}, "settled first: the provider threw it away"


# Another account of the provider


def other_host(stage: Stage) -> SendGrid:
    """A provider whose server knows nothing of what the stage's has: it would say yes to cancelling any id."""
    return SendGrid(KEY, stage.server.url.replace("127.0.0.1", "localhost"))


def test_a_window_belongs_to_the_account_that_opened_it(stage: Stage) -> None:
    stage.at(LEAD)
    stage.plan()
    recall.open_next_window(stage.now, stage.provider)
    freeze.freeze_next(stage.now, account="host another key")
    assert stage.mailing.account == stage.provider.account
    assert hand_over_all(other_host(stage), stage.now) == 0


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
        assert not recall.free_slots(stage.now, stage.provider)
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
    with pytest.raises(Refused, match="add --accept-account"):
        stage.recall()
    assert stage.mailing.state == MailingState.SENDING
    spared = recall.recall_mailing(
        stage.mailing_id, by=SYSTEM, now=stage.now, provider=stage.provider, accept_account=True
    )
    assert spared.caught == 5
    assert stage.server.statuses
    entries = audit_log.list_entries(AuditFilter(target=f"mailing {stage.mailing_id}"))
    accepted = next(each for each in entries if each.action == "accepted account")
    assert accepted.detail == f"with the account {stage.provider.account} in place of {stage.server.url} former"


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
