"""What would leave later than its newsletter allows is held wherever mail leaves, and somebody is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings
from newsletter.delivery import installation, isolation, models
from newsletter.delivery.ledger.states import BatchState, MailingState
from newsletter.delivery.providers.base import AnswerKind
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, hand_over, late_mailings, mailings, repair
from newsletter.kernel.errors import Refused
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.conftest import hand_over_all, hand_over_one, shown
from tests.fakes.provider import ScriptedProvider, refuses_for_good, refuses_for_now

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]
TEN_HOURS = timedelta(hours=10)
IN_TIME, LATE = timedelta(minutes=30), timedelta(minutes=31)


def reads(*instants: datetime) -> Callable[[], datetime]:
    """A clock that shows these instants, and then the last one for good."""
    left: Iterator[datetime] = iter(instants)
    return lambda: next(left, instants[-1])


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(hours=2)])
def test_a_mailing_whose_worker_comes_back_too_late_is_not_even_frozen(
    plan: Plan, join: Join, now: datetime, ahead: timedelta
) -> None:
    join(3)
    made = plan(due_at=now + ahead)
    assert freeze.freeze_next(now + ahead + TEN_HOURS)
    held = shown(made)
    assert (held.state, held.planned) == (MailingState.PAUSED, 0)
    assert "10 hours late: nothing of it was sent" in held.reason
    assert held.alarms == (), "the reason says it, for as long as it is paused"
    assert not freeze.freeze_next(now + ahead + TEN_HOURS), "it is asked once"


@pytest.mark.parametrize(("after", "state"), [(IN_TIME, MailingState.SENDING), (LATE, MailingState.PAUSED)])
def test_the_limit_is_that_of_the_newsletter(
    plan: Plan, join: Join, now: datetime, after: timedelta, state: MailingState
) -> None:
    join(3)
    made = plan()
    freeze.freeze_next(now + after)
    assert shown(made).state == state


def test_a_freeze_that_broke_off_goes_on_only_in_time(plan: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = plan()
    models.Mailing.objects.update(state=MailingState.FREEZING, frozen_at=now, frozen_upto=9)
    freeze.freeze_next(now + TEN_HOURS)
    assert shown(made).state == MailingState.PAUSED


def test_in_mid_mailing_the_rest_is_held_and_what_was_sent_is_said(frozen: Plan, join: Join, now: datetime) -> None:
    join(120)
    made, provider = frozen(), ScriptedProvider()
    hand_over_one(provider, now)
    hand_over_all(provider, now + TEN_HOURS)
    held = shown(made)
    assert len(provider.mailed) == 50
    assert held.state == MailingState.PAUSED
    assert "50 of 120 were sent by Tue 24 Nov 2026, 06:00 GMT; the rest was due Tue 24 Nov 2026, 06:00" in held.reason
    assert held.alarms == ()


def test_a_long_mailing_is_not_late_as_long_as_it_moves(frozen: Plan, join: Join, now: datetime) -> None:
    join(250)
    made, provider = frozen(), ScriptedProvider()
    for minutes in range(0, 125, 25):
        hand_over_one(provider, now + timedelta(minutes=minutes))
    mailings.finish_settled(now)
    assert len(provider.mailed) == 250
    assert shown(made).state == MailingState.FINISHED


def test_a_mailing_spread_by_its_limit_is_not_late_at_the_times_it_was_planned_for(
    newsroom: Newsroom, frozen: Plan, join: Join, now: datetime
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, per_minute=1, seen=None, by=SYSTEM)
    join(40)
    made, provider = frozen(), ScriptedProvider()
    models.Mailing.objects.update(proven_at=now)
    hand_over_one(provider, now)
    models.Batch.objects.filter(due_at__lt=now + timedelta(minutes=35), state=BatchState.PLANNED).delete()
    hand_over_one(provider, now + timedelta(minutes=36))
    assert shown(made).state == MailingState.SENDING
    assert len(provider.mailed) == 2


def test_after_an_outage_that_was_too_long_the_retry_is_held(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = frozen()
    provider = ScriptedProvider(refuses_for_now)
    hand_over_one(provider, now)
    models.Batch.objects.update(due_at=now + timedelta(hours=2))
    hand_over_one(provider, now + timedelta(hours=2))
    assert shown(made).state == MailingState.PAUSED
    assert not provider.mailed


def test_resumed_too_late_it_goes_on_only_when_somebody_says_so(frozen: Plan, join: Join, now: datetime) -> None:
    join(120)
    made, provider = frozen(), ScriptedProvider()
    hand_over_one(provider, now)
    mailings.pause(made.id, by=SYSTEM, now=now)
    later = now + TEN_HOURS
    assert late_mailings.is_paused_late(made.id, later)
    assert not late_mailings.is_paused_late(made.id, now + IN_TIME)
    with pytest.raises(Refused, match="50 of 120 were sent") as refused:
        mailings.resume(made.id, by=SYSTEM, now=later)
    assert f"resume {made.id} --late" in refused.value.command_hint
    assert shown(made).state == MailingState.PAUSED
    mailings.resume(made.id, late=True, by=SYSTEM, now=later)
    freeze.freeze_next(later)
    hand_over_all(provider, later + IN_TIME)
    assert len(provider.mailed) == 120, "a decision is good for as long as the time it was planned for"


def test_resumed_in_time_nobody_is_asked(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = frozen()
    mailings.pause(made.id, by=SYSTEM, now=now)
    mailings.resume(made.id, by=SYSTEM, now=now + IN_TIME)
    assert shown(made).state == MailingState.FREEZING


def test_where_nothing_is_left_to_send_resuming_is_never_late(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = frozen()
    hand_over_all(ScriptedProvider(), now)
    models.Mailing.objects.update(state=MailingState.PAUSED)
    mailings.resume(made.id, by=SYSTEM, now=now + TEN_HOURS)


def test_a_repair_is_a_decision(frozen: Plan, join: Join, now: datetime) -> None:
    join(60)
    made = frozen()
    provider = ScriptedProvider(refuses_for_good)
    models.Mailing.objects.update(proven_at=now)
    models.Batch.objects.filter(number=2).update(state=BatchState.ACCEPTED)
    hand_over_all(provider, now)
    assert repair.repair_mailing(made.id, by=SYSTEM, now=now + TEN_HOURS) == 50
    hand_over_all(provider, now + TEN_HOURS)
    assert len(provider.mailed) == 50


def test_a_repair_that_does_not_leave_at_once_counts_from_when_it_was_asked_for(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(60)
    made = frozen()
    models.Mailing.objects.update(proven_at=now)
    models.Batch.objects.filter(number=2).update(state=BatchState.ACCEPTED)
    hand_over_all(ScriptedProvider(refuses_for_good), now)
    then, provider = now + TEN_HOURS, ScriptedProvider()
    repair.repair_mailing(made.id, by=SYSTEM, now=then)
    again = models.Batch.objects.filter(repair=True)
    again.update(size=51)  # it cannot be prepared
    hand_over_all(provider, then)
    again.update(size=50)
    hand_over_all(provider, then + timedelta(minutes=2))
    assert len(provider.mailed) == 50


def test_trying_again_what_failed_is_a_decision(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = frozen()
    batch = models.Batch.objects.get()
    later = now + TEN_HOURS
    again = isolation.note_failure(isolation.PREPARE_BATCH, batch.id, ValueError("broken"), now, mailing_id=made.id)
    models.Batch.objects.update(due_at=again, error="broken")
    isolation.retry_failed(by=SYSTEM, now=later)
    provider = ScriptedProvider()
    hand_over_all(provider, later)
    assert len(provider.mailed) == 3


def test_a_batch_that_could_be_prepared_only_hours_later_is_held(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    made, provider = frozen(), ScriptedProvider()
    models.Batch.objects.update(due_at=now + TEN_HOURS, error="It could not be prepared.")
    hand_over_all(provider, now + TEN_HOURS)
    assert shown(made).state == MailingState.PAUSED
    assert not provider.mailed


def test_a_worker_that_slept_between_claim_and_hand_over_looks_at_the_clock_again(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(3)
    made, provider = frozen(), ScriptedProvider()
    assert hand_over.hand_over_next(now, owner="worker/1", provider=provider, clock=lambda: now + TEN_HOURS)
    assert not provider.mailed
    assert shown(made).state == MailingState.PAUSED
    assert models.Batch.objects.get().state == BatchState.PLANNED


@pytest.mark.parametrize("slept", ["by the clock", "by the time that passed"])
def test_a_worker_that_slept_before_the_first_byte_sends_nothing(
    frozen: Plan, join: Join, now: datetime, monkeypatch: pytest.MonkeyPatch, slept: str
) -> None:
    """By then its lease may be over, and somebody may have sent the batch again."""
    join(3)
    frozen()
    provider = ScriptedProvider()
    clock: Any = lambda: now  # noqa: E731
    if slept == "by the clock":
        clock = reads(now, now + timedelta(minutes=6))
    else:  # the clock was put back meanwhile
        passed = iter([0.0, 360.0])
        monkeypatch.setattr(hand_over, "time", SimpleNamespace(monotonic=lambda: next(passed, 360.0)))
    hand_over.hand_over_next(now, owner="worker/1", provider=provider, clock=clock)
    assert not provider.mailed
    batch = models.Batch.objects.get()
    assert (batch.state, batch.attempt) == (BatchState.PLANNED, 1)
    assert batch.error == "The process slept before the request left: nothing was sent."
    (note,) = installation.get_state_folder().list_attempts(installation.get_standing(now).identity, now)
    assert (note.attempt, note.answer) == (batch.attempt_key, AnswerKind.REFUSED), "nobody looks for it later"


@pytest.mark.parametrize(("seconds", "leaves"), [(30, True), (30.5, False)])
def test_a_worker_may_take_half_a_minute_to_begin(
    frozen: Plan, join: Join, now: datetime, seconds: float, leaves: bool
) -> None:
    join(3)
    frozen()
    provider, clock = ScriptedProvider(), reads(now, now + timedelta(seconds=seconds))
    hand_over.hand_over_next(now, owner="worker/1", provider=provider, clock=clock)
    assert bool(provider.mailed) == leaves


def test_progress_is_noted_once_a_minute(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    made, provider = frozen(), ScriptedProvider()
    noted = []
    for seconds in (0, 61, 90, 130):
        hand_over_one(provider, now + timedelta(seconds=seconds))
        noted.append(models.Mailing.objects.values_list("underway_at", flat=True).get(id=made.id))
    at = now + timedelta(seconds=61)
    assert noted == [None, at, at, now + timedelta(seconds=130)]


def test_progress_noted_by_a_clock_that_was_put_back_since_is_noted_again(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(3)
    made = frozen()
    models.Mailing.objects.update(underway_at=now + timedelta(hours=1))
    later = now + timedelta(minutes=2)
    hand_over_one(ScriptedProvider(), later)
    assert models.Mailing.objects.values_list("underway_at", flat=True).get(id=made.id) == later
