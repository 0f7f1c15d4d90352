"""Candidates excluded for a reason that ends: each is mailed by one mailing, or excluded for good, or shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from newsletter.catalog import newsletter_settings
from newsletter.delivery import models
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, ExclusionReason, MailingState, MemberFlag, Outcome
from newsletter.delivery.reports import history, recipients, summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, hand_over, mailings, reconsider, repair
from newsletter.delivery.sending.expired_leases import recover_expired_leases
from newsletter.kernel.errors import Refused
from subscribers import people
from subscribers.models import Subscriber
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import (
    Killed,
    ScriptedProvider,
    Situation,
    accepts,
    dies_after,
    dies_before,
    loses_the_answer,
    loses_the_request,
    refuses_for_good,
    refuses_for_now,
)
from tests.fakes.sendgrid_events import event
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


class Twice:
    """An edition whose mailing is cancelled with a batch in flight, and which is sent again meanwhile."""

    def __init__(self, plan: Plan, readers: list[int], now: datetime) -> None:
        self.plan, self.readers, self.now = plan, readers, now
        self.provider = ScriptedProvider()

    def send(self, answer: Situation, **given: Any) -> None:
        """The first batch is accepted; the second has this answer, which comes when the second mailing is frozen."""
        self.first_id = self.plan(**given).id
        freeze.freeze_next(self.now)

        def meanwhile(provider: ScriptedProvider, request: Any, now: datetime) -> Any:
            mailings.cancel(self.first_id, by=SYSTEM, now=now)
            self.second_id = self.plan(**given).id
            freeze.freeze_next(now)
            assert self.second.excluded == {"already": 50, "undecided": 50}
            assert self.second.waits_for == (self.first_id,)
            return answer(provider, request, now)

        self.provider.script = [accepts, meanwhile]
        try:
            self.work()
        except Killed:
            recover_expired_leases(self.now + hand_over.LEASE + timedelta(seconds=1))
            self.work()

    def work(self) -> None:
        hand_over_all(self.provider, self.now)
        mailings.finish_settled(self.now)

    def look_again(self) -> int:
        planned = reconsider.plan_settled(self.now)
        self.work()
        return planned

    @property
    def first(self) -> Mailing:
        return summary.get_mailing(self.first_id)

    @property
    def second(self) -> Mailing:
        return summary.get_mailing(self.second_id)

    def check(self) -> None:
        """Each candidate is exactly once in the second mailing, everywhere alike, and was mailed once at most."""
        row = models.Mailing.objects.get(id=self.second_id)
        assert self.second.adds_up
        assert (row.planned, row.excluded) == (self.second.planned, sum(self.second.excluded.values()))
        numbers = models.Batch.objects.filter(mailing_id=row.id).order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(1, len(numbers) + 1))
        before = {
            each.subscriber_id: each.state for each in recipients.list_recipients(self.first_id, by=SYSTEM, limit=999)
        }
        found = recipients.list_recipients(self.second_id, by=SYSTEM, limit=999)
        listed = {each.subscriber_id: each.state for each in found}
        assert [each.subscriber_id for each in found] == self.readers
        assert Counter(listed.values()) == Counter(self.second.counts) + Counter(self.second.excluded)
        for person, state in listed.items():
            shown = {each.mailing_id: each.state for each in history.list_deliveries(person, by=SYSTEM)}
            assert (shown[self.first_id], shown[self.second_id]) == (before[person], state)
        assert max(self.provider.mailed.values()) == 1


@pytest.fixture
def twice(plan: Plan, join: Join, now: datetime) -> Twice:
    return Twice(plan, join(120), now)


@pytest.mark.parametrize("answer", [refuses_for_now, refuses_for_good])
def test_whom_the_first_mailing_did_not_reach_after_all_the_second_mails(twice: Twice, answer: Situation) -> None:
    twice.send(answer)
    assert twice.second.excluded == {"already": 50, "undecided": 50}
    assert (twice.second.state, twice.second.counts) == (MailingState.FINISHED, {"accepted": 20})
    assert twice.look_again() == 50
    assert (twice.second.state, twice.second.counts) == (MailingState.FINISHED, {"accepted": 70})
    assert (twice.second.excluded, twice.second.waits_for) == ({"already": 50}, ())
    twice.check()
    assert len(twice.provider.mailed) == 120
    assert twice.look_again() == 0


def test_those_planned_later_are_found_among_the_others_whose_numbers_lie_between_theirs(
    twice: Twice, newsroom: Newsroom, now: datetime
) -> None:
    """Every third does not accept tracking: these are a batch of their own, and the one in flight."""
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, tracking="on", seen=None, by=SYSTEM)
    Subscriber.objects.filter(id__in=twice.readers[::3]).update(tracked=False)
    twice.first_id = twice.plan().id
    freeze.freeze_next(now)
    models.Batch.objects.filter(tracking=True).update(due_at=now + timedelta(hours=1))

    def meanwhile(provider: ScriptedProvider, request: Any, now: datetime) -> Any:
        mailings.cancel(twice.first_id, by=SYSTEM, now=now)
        twice.second_id = twice.plan().id
        freeze.freeze_next(now)
        return refuses_for_now(provider, request, now)

    twice.provider.script = [meanwhile]
    twice.work()
    assert twice.second.excluded == {"undecided": 40}
    assert twice.look_again() == 40
    twice.check()
    mine = models.Batch.objects.filter(mailing_id=twice.second_id)
    assert sorted(mine.values_list("size", "tracking")) == [(30, True), (40, False), (50, True)]
    assert len(twice.provider.mailed) == 120


def test_whom_it_reached_has_it_already(twice: Twice) -> None:
    twice.send(accepts)
    assert twice.look_again() == 0
    assert (twice.second.excluded, twice.second.planned) == ({"already": 100}, 20)
    twice.check()
    assert len(twice.provider.mailed) == 120


LOST = [loses_the_answer, loses_the_request, dies_before, dies_after]


@pytest.mark.parametrize("answer", LOST)
def test_of_whom_nobody_knows_stays_undecided_and_shown_until_somebody_settles_it(
    twice: Twice, answer: Situation
) -> None:
    twice.send(answer)
    assert twice.look_again() == 0
    assert (twice.second.excluded, twice.second.waits_for) == ({"already": 50, "undecided": 50}, (twice.first_id,))
    twice.check()
    reached = answer in (loses_the_answer, dies_after)
    if reached:
        assert repair.settle_unknown(twice.first_id, by=SYSTEM, now=twice.now) == 50
        assert twice.look_again() == 0
        assert twice.second.excluded == {"already": 100}
    else:
        assert repair.repair_mailing(twice.first_id, unknown=True, by=SYSTEM, now=twice.now) == 50
        assert twice.first.counts == {"accepted": 50, "withdrawn": 70}
        twice.work()
        assert twice.second.counts == {"accepted": 70}
    twice.check()
    assert len(twice.provider.mailed) == 120


def test_an_event_about_the_first_mailing_settles_who_is_undecided(twice: Twice, take: Any) -> None:
    twice.send(loses_the_answer)
    batch = models.Batch.objects.get(mailing_id=twice.first_id, state=BatchState.UNKNOWN)
    ids = {"nl_mailing": twice.first.key, "nl_batch": batch.key, "nl_attempt": batch.attempt_key}
    take(event("processed", ids | {"nl_delivery": f"{batch.key}.0"}, "reader050@example.com", 1))
    assert twice.look_again() == 0
    assert twice.second.excluded == {"already": 100}


def test_who_is_dropped_for_a_used_up_plan_after_the_second_was_frozen_gets_that_by_a_repair_of_the_first(
    twice: Twice,
) -> None:
    twice.send(accepts)
    twice.look_again()
    assert twice.second.excluded == {"already": 100}
    batch = models.Batch.objects.filter(mailing_id=twice.first_id, state=BatchState.ACCEPTED).latest("number")
    outcomes = Outcomes(batch.outcomes, batch.format)
    outcomes.mark([0, 1], Outcome.DROPPED)
    outcomes.set_flag(1, MemberFlag.STILL_OWED)
    models.Batch.objects.filter(id=batch.id).update(outcomes=outcomes.pack(), version=batch.version + 1)
    assert repair.repair_mailing(twice.first_id, by=SYSTEM, now=twice.now) == 1
    twice.work()
    assert (twice.second.excluded, twice.second.counts) == ({"already": 99}, {"accepted": 21})
    assert twice.second.adds_up


def test_a_cancelled_mailing_mails_nobody_and_says_what_does(twice: Twice, plan: Plan, now: datetime) -> None:
    made = plan()
    twice.first_id = made.id
    freeze.freeze_next(now)
    twice.provider.script = [loses_the_request]
    hand_over.hand_over_next(now, owner="a", provider=twice.provider, clock=lambda: now)
    mailings.cancel(made.id, by=SYSTEM, now=now)
    with pytest.raises(Refused, match="when it is sent again") as refused:
        repair.repair_mailing(made.id, by=SYSTEM, now=now)
    assert refused.value.command_hint == f"Use: newsletter editions send {made.edition_id}"
    assert repair.repair_mailing(made.id, unknown=True, by=SYSTEM, now=now) == 50
    assert summary.get_mailing(made.id).counts == {"withdrawn": 120}
    assert summary.get_mailing(made.id).state == MailingState.CANCELLED
    twice.second_id = plan().id
    freeze.freeze_next(now)
    twice.work()
    assert twice.second.counts == {"accepted": 120}
    twice.check()


def test_whoever_left_the_list_meanwhile_is_excluded_for_that(twice: Twice, newsroom: Newsroom) -> None:
    twice.send(refuses_for_now)
    undecided = [
        each.subscriber_id for each in recipients.list_recipients(twice.second_id, state="undecided", by=SYSTEM)
    ]
    people.unsubscribe(undecided[0], newsroom.list.id, by=SYSTEM, now=twice.now)
    assert twice.look_again() == 49
    assert twice.second.excluded == {"already": 50, "unsubscribed": 1}
    twice.check()


def test_an_edition_of_days_ago_is_sent_to_more_people_only_when_somebody_asks(twice: Twice) -> None:
    twice.send(refuses_for_now)
    later = twice.now + reconsider.OLDEST_MAILING + timedelta(seconds=1)
    assert reconsider.plan_settled(later) == 0
    assert repair.repair_mailing(twice.second_id, by=SYSTEM, now=later) == 50


@pytest.mark.parametrize("state", [MailingState.CANCELLED, MailingState.HELD, MailingState.RECALLING])
def test_in_a_mailing_that_was_stopped_nobody_is_planned(twice: Twice, state: MailingState) -> None:
    twice.send(refuses_for_now)
    row = models.Mailing.objects.get(id=twice.second_id)
    models.Mailing.objects.filter(id=row.id).update(state=state)
    assert reconsider.plan_excluded(row, ExclusionReason.UNDECIDED, twice.now) == 0
    assert reconsider.plan_settled(twice.now) == 0
    assert twice.second.excluded == {"already": 50, "undecided": 50}


def test_of_two_processes_that_look_at_the_same_people_one_plans_them(twice: Twice) -> None:
    twice.send(refuses_for_now)
    row = models.Mailing.objects.get(id=twice.second_id)

    def look() -> int:
        return reconsider.plan_excluded(row, ExclusionReason.UNDECIDED, twice.now)

    with just_before("DELETE FROM delivery_exclusion", look):
        assert look() == 0
    twice.work()
    twice.check()
    assert twice.second.counts == {"accepted": 70}


def test_a_mailing_that_cannot_be_looked_at_does_not_keep_others_waiting(twice: Twice, plan: Plan) -> None:
    twice.send(refuses_for_now)
    trial = plan(kind="test", due_at=twice.now - timedelta(minutes=1))
    models.Mailing.objects.filter(id=trial.id).update(state=MailingState.SENDING, provider="pigeon")
    models.Exclusion.objects.filter(mailing_id=twice.second_id, reason="already").update(
        mailing_id=trial.id, reason="undecided"
    )
    assert reconsider.plan_settled(twice.now) == 50
    assert models.FailedItem.objects.values_list("step", "item").get() == ("Reconsidering mailing", trial.id)


@pytest.mark.parametrize("page", [33, 51])  # the first, or the last, of the undecided is alone in a row of the index
def test_who_is_planned_later_is_found_in_every_row_of_the_index(
    twice: Twice, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freeze, "PAGE_SIZE", page)
    twice.send(refuses_for_now)
    assert twice.look_again() == 50
    twice.check()


def test_a_mailing_that_is_finished_goes_on_and_a_paused_one_stays_so(twice: Twice, plan: Plan) -> None:
    twice.send(refuses_for_now)
    other = plan(kind="test")
    models.Mailing.objects.filter(id=other.id).update(state=MailingState.FINISHED, finished_at=twice.now)
    assert reconsider.plan_settled(twice.now) == 50
    states = dict(models.Mailing.objects.values_list("id", "state"))
    assert (states[twice.second_id], states[other.id]) == (MailingState.SENDING, MailingState.FINISHED)
    assert models.Mailing.objects.get(id=twice.second_id).finished_at is None


def test_in_a_paused_mailing_people_are_planned_and_wait(twice: Twice) -> None:
    twice.send(refuses_for_now)
    mine = models.Mailing.objects.filter(id=twice.second_id)
    mine.update(state=MailingState.PAUSED, finished_at=None, started_at=twice.now)
    assert twice.look_again() == 50
    assert (twice.second.state, twice.second.counts["planned"]) == (MailingState.PAUSED, 50)


def test_who_is_planned_later_is_sent_it_no_faster_than_the_limit_allows(twice: Twice, newsroom: Newsroom) -> None:
    twice.send(refuses_for_now)
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=twice.now, per_minute=10, seen=None, by=SYSTEM)
    first = models.Batch.objects.filter(mailing_id=twice.second_id).latest("number").number
    other = reconsider.plan_settled(twice.now)
    assert other == 50
    sizes = models.Batch.objects.filter(mailing_id=twice.second_id, number__gt=first).values_list("size", "due_at")
    assert sum(size for size, _ in sizes) == 50
    assert max(due for _, due in sizes) >= twice.now + timedelta(minutes=4)


def test_where_all_are_undecided_the_mailing_begins_with_them(plan: Plan, join: Join, now: datetime) -> None:
    join(20)
    twice = Twice(plan, [], now)
    twice.first_id = plan().id
    freeze.freeze_next(now)

    def meanwhile(provider: ScriptedProvider, request: Any, now: datetime) -> Any:
        mailings.cancel(twice.first_id, by=SYSTEM, now=now)
        twice.second_id = plan().id
        freeze.freeze_next(now)
        assert twice.second.excluded == {"undecided": 20}
        return refuses_for_now(provider, request, now)

    twice.provider.script = [meanwhile]
    twice.work()
    assert twice.look_again() == 20
    assert twice.second.counts == {"accepted": 20}
    batch = models.Batch.objects.get(mailing_id=twice.second_id)
    assert (batch.number, batch.stratum) == (1, 0)


def test_a_recall_that_was_given_up_settles_who_was_undecided(
    frozen: Plan, join: Join, plan: Plan, now: datetime
) -> None:
    join(20)
    made = frozen()
    hand_over_all(ScriptedProvider(), now)
    models.Mailing.objects.filter(id=made.id).update(state=MailingState.RECALLING)
    correction = plan(kind="correction")
    freeze.freeze_next(now)
    assert summary.get_mailing(correction.id).excluded == {"undecided": 20}
    assert reconsider.plan_settled(now) == 0
    models.Mailing.objects.filter(id=made.id).update(state=MailingState.FINISHED)
    assert reconsider.plan_settled(now) == 20


def test_what_follows_a_mailing_is_a_frozen_one_of_its_edition_and_kind_and_of_a_correction_its_words(
    frozen: Plan, plan: Plan, join: Join, now: datetime
) -> None:
    join(1)
    made = frozen()
    mailings.cancel(made.id, by=SYSTEM, now=now)
    row = models.Mailing.objects.get(id=made.id)

    def follows(**changes: Any) -> bool:
        other = models.Mailing.objects.get(id=frozen().id)
        models.Mailing.objects.filter(id=other.id).update(**changes)
        found = reconsider.find_successor(row)
        models.Mailing.objects.filter(id=other.id).delete()
        assert found is None or found.id == other.id
        return found is not None

    assert follows()
    assert follows(snapshot_id=row.snapshot_id + 1), "it was edited before it was sent again"
    assert not follows(edition_id=row.edition_id + 1)
    assert not follows(state=MailingState.SCHEDULED)
    assert not follows(kind="correction")
    row.kind = "correction"
    assert follows(kind="correction")
    assert not follows(kind="correction", snapshot_id=row.snapshot_id + 1)
    row.kind, row.state = "edition", MailingState.FINISHED
    models.Mailing.objects.filter(id=row.id).update(state=MailingState.FINISHED)
    assert reconsider.find_successor(row) is None, "not itself"


def test_a_correction_goes_to_the_undecided_when_it_is_known_that_they_had_the_edition(
    frozen: Plan, join: Join, plan: Plan, now: datetime
) -> None:
    join(150)
    made = frozen()
    provider = ScriptedProvider(accepts, loses_the_answer, refuses_for_good)
    hand_over_all(provider, now)
    mailings.finish_settled(now)
    correction = plan(kind="correction")
    freeze.freeze_next(now)
    assert summary.get_mailing(correction.id).excluded == {"not_sent": 50, "undecided": 50}
    repair.settle_unknown(made.id, by=SYSTEM, now=now)
    assert reconsider.plan_settled(now) == 50
    hand_over_all(provider, now)
    shown = summary.get_mailing(correction.id)
    assert (shown.excluded, shown.counts, shown.adds_up) == ({"not_sent": 50}, {"accepted": 100}, True)


def test_a_correction_waits_for_those_to_whom_the_edition_is_still_to_be_sent(
    frozen: Plan, join: Join, plan: Plan, now: datetime
) -> None:
    join(60)
    frozen()
    provider = ScriptedProvider()
    hand_over.hand_over_next(now, owner="a", provider=provider, clock=lambda: now)
    correction = plan(kind="correction")
    freeze.freeze_next(now)
    assert summary.get_mailing(correction.id).excluded == {"undecided": 10}
    hand_over_all(provider, now)
    assert reconsider.plan_settled(now) == 10
    hand_over_all(provider, now)
    assert summary.get_mailing(correction.id).counts == {"accepted": 60}


def test_a_correction_that_was_cancelled_and_is_sent_again_reaches_nobody_twice(
    frozen: Plan, join: Join, plan: Plan, now: datetime
) -> None:
    join(120)
    frozen()
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    provider.mailed.clear()
    first = plan(kind="correction")
    freeze.freeze_next(now)
    hand_over.hand_over_next(now, owner="a", provider=provider, clock=lambda: now)
    mailings.cancel(first.id, by=SYSTEM, now=now)
    second = plan(kind="correction")
    freeze.freeze_next(now)
    hand_over_all(provider, now)
    assert summary.get_mailing(second.id).excluded == {"already": 50}
    assert set(provider.mailed.values()) == {1}
    assert len(provider.mailed) == 120


def test_those_beyond_a_ceiling_are_sent_it_on_later_days_as_many_as_these_allow(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    newsletter_settings.change_newsletter(
        newsroom.briefing.id, now=now, warm_up_from=str(now.date()), warm_up_first=30, seen=None, by=SYSTEM
    )
    join(120)
    made, provider = plan(), ScriptedProvider()
    freeze.freeze_next(now)
    hand_over_all(provider, now)
    mailings.finish_settled(now)
    seen = []
    for at in (now, now + timedelta(days=1), now + timedelta(days=1, minutes=1), now + timedelta(days=2)):
        planned = repair.repair_mailing(made.id, over_ceiling=True, by=SYSTEM, now=at)
        hand_over_all(provider, at)
        mailings.finish_settled(at)
        seen.append((planned, summary.get_mailing(made.id).excluded.get("ceiling", 0)))
    assert seen == [(0, 90), (60, 30), (0, 30), (30, 0)]
    assert (len(provider.mailed), set(provider.mailed.values())) == (120, {1})
    assert summary.get_mailing(made.id).state == MailingState.FINISHED


def test_what_is_planned_again_is_never_taken_from_what_an_earlier_mailing_may_still_send(twice: Twice) -> None:
    """Of the second batch one subscriber is undecided, one was refused, and the others have it."""
    twice.send(accepts)
    batch = models.Batch.objects.filter(mailing_id=twice.first_id, size=50).last()
    assert batch is not None
    outcomes = Outcomes.all_planned(50)
    outcomes.mark([0], Outcome.UNKNOWN)
    outcomes.mark([1], Outcome.REFUSED)
    outcomes.mark(range(2, 50), Outcome.ACCEPTED)
    mine = models.Batch.objects.filter(id=batch.id)
    mine.update(outcomes=outcomes.pack(), state=BatchState.UNKNOWN, version=batch.version + 1)
    assert twice.look_again() == 1
    assert twice.second.excluded == {"already": 98, "undecided": 1}


def test_who_is_settled_while_the_mailing_is_resumed_is_planned_by_the_next_look(twice: Twice, now: datetime) -> None:
    twice.send(loses_the_request)
    models.Mailing.objects.filter(id=twice.second_id).update(state=MailingState.PAUSED, started_at=now)
    models.Mailing.objects.update(version=7)
    first = models.Batch.objects.filter(mailing_id=twice.first_id, state=BatchState.UNKNOWN)
    outcomes = Outcomes.all_planned(50)
    outcomes.settle(Outcome.WITHDRAWN)
    first.update(state=BatchState.WITHDRAWN, outcomes=outcomes.pack(), version=9)
    with just_before("SAVEPOINT", lambda: mailings.resume(twice.second_id, by=SYSTEM, now=now)):
        reconsider.plan_settled(now)
    freeze.freeze_next(now)
    reconsider.plan_settled(now)
    assert twice.second.excluded == {"already": 50}


def test_nothing_is_read_again_until_something_is_settled(twice: Twice, plan: Plan) -> None:
    """A mailing, and a correction, wait for another mailing."""
    twice.send(loses_the_request)
    plan(kind="correction")
    freeze.freeze_next(twice.now)

    def count_readings() -> int:
        with CaptureQueriesContext(connection) as seen:
            reconsider.plan_settled(twice.now)
        return sum('"delivery_exclusion"."members"' in each["sql"] for each in seen)

    assert count_readings() == 2
    assert count_readings() == 0
    models.Batch.objects.filter(state=BatchState.UNKNOWN).update(version=F("version") + 1)
    assert count_readings() == 2


def test_whom_it_would_reach_too_late_somebody_is_asked_about(twice: Twice) -> None:
    twice.send(refuses_for_good)
    mailed = len(twice.provider.mailed)
    twice.now += timedelta(hours=10)
    assert twice.look_again() == 50
    assert twice.second.state == MailingState.PAUSED
    assert "10 hours late" in twice.second.reason
    assert len(twice.provider.mailed) == mailed
    mailings.resume(twice.second_id, late=True, by=SYSTEM, now=twice.now)
    freeze.freeze_next(twice.now)
    twice.work()
    assert len(twice.provider.mailed) == mailed + 50
    twice.check()
