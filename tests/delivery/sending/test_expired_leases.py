"""Batches whose worker died: settled by how far they were, unless somebody else is at them by then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.delivery import models
from newsletter.delivery.ledger.format import FORMAT, Outcomes
from newsletter.delivery.ledger.states import BatchState, Outcome
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import claims
from newsletter.delivery.sending.expired_leases import LEASE, recover_expired_leases
from tests.delivery.conftest import hand_over_one, shown
from tests.fakes.provider import Killed, ScriptedProvider, dies_after, dies_before
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]
LATER = LEASE + timedelta(seconds=1)


def claim(now: datetime, owner: str) -> claims.Claim | None:
    return claims.claim_batch(now, until=now + LEASE, owner=owner, provider=ScriptedProvider.name)


def test_an_answer_that_comes_while_its_lease_is_found_run_out_stands(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    with pytest.raises(Killed):
        hand_over_one(ScriptedProvider(dies_after), now)
    row = models.Batch.objects.get()

    def the_answer_comes() -> None:
        outcomes = Outcomes(row.outcomes)
        outcomes.settle(Outcome.ACCEPTED)
        changed = {"outcomes": outcomes.pack(), "lease_until": None, "version": row.version + 1}
        models.Batch.objects.filter(id=row.id).update(state=BatchState.ACCEPTED, **changed)

    with just_before("UPDATE delivery_batch SET state = %s, outcomes =", the_answer_comes):
        assert recover_expired_leases(now + LATER) == 0
    assert shown(made).batches == {"accepted": 1}
    assert shown(made).counts == {"accepted": 2}


def test_what_an_event_proves_of_an_older_attempt_while_a_lease_is_found_run_out_stands(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(2)
    made = frozen()
    with pytest.raises(Killed):
        hand_over_one(ScriptedProvider(dies_after), now)
    row = models.Batch.objects.get()

    def an_event_comes() -> None:
        outcomes = Outcomes(row.outcomes)
        outcomes.settle(Outcome.ACCEPTED)
        mine = models.Batch.objects.filter(id=row.id)
        mine.update(outcomes=outcomes.pack(), proven_attempt="before", version=row.version + 1)

    with just_before("UPDATE delivery_batch SET state = %s, outcomes =", an_event_comes):
        assert recover_expired_leases(now + LATER) == 0
    assert shown(made).counts == {"accepted": 2}
    assert recover_expired_leases(now + LATER) == 1, "the next look settles it"
    assert (shown(made).batches, shown(made).counts) == ({"accepted": 1}, {"accepted": 2})


def test_another_attempt_that_begins_while_the_lease_of_the_last_is_found_run_out_goes_on(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(2)
    made = frozen()
    with pytest.raises(Killed):
        hand_over_one(ScriptedProvider(dies_before), now)
    with just_before(
        "UPDATE delivery_batch SET state = %s, outcomes =", lambda: models.Batch.objects.update(attempt_key="another")
    ):
        assert recover_expired_leases(now + LATER) == 0
    assert shown(made).batches == {"sending": 1}


def test_what_died_in_other_hands_is_settled_each_by_how_far_it_was(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    made = frozen()
    models.Mailing.objects.update(proven_at=now)
    for _ in range(2):
        with pytest.raises(Killed):
            hand_over_one(ScriptedProvider(dies_after), now)
    assert claim(now, "worker/1") is not None
    versions = dict(models.Batch.objects.values_list("number", "version"))
    assert recover_expired_leases(now) == 0
    late = now + LATER
    assert recover_expired_leases(late) == 3
    assert recover_expired_leases(late) == 0
    error = "The process that was sending ended before the answer came."
    fields = ("state", "lease_until", "error", "submitted_at", "version")
    first, second, third, fourth = models.Batch.objects.order_by("number").values_list(*fields)
    assert first == (BatchState.UNKNOWN, None, error, late, versions[1] + 1)
    assert second == (BatchState.UNKNOWN, None, error, late, versions[2] + 1)
    assert third == fourth == (BatchState.PLANNED, None, "", None, versions[3])
    assert set(models.Batch.objects.filter(state=BatchState.PLANNED).values_list("lease_owner", flat=True)) == {""}
    assert shown(made).counts == {"unknown": 100, "planned": 100}


def test_a_batch_whose_lease_was_renewed_meanwhile_is_in_somebodys_hands(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(2)
    made = frozen()
    with pytest.raises(Killed):
        hand_over_one(ScriptedProvider(dies_before), now)

    def another_begins() -> None:
        models.Batch.objects.update(attempt_key="another", lease_until=now + 2 * LATER)

    with just_before("SELECT delivery_batch.id, delivery_batch.mailing_id", another_begins):
        assert recover_expired_leases(now + LATER) == 0
    assert shown(made).batches == {"sending": 1}


def test_a_batch_of_a_newer_ledger_is_left_to_newer_workers_and_the_others_are_settled(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(100)
    frozen()
    models.Mailing.objects.update(proven_at=now)
    for _ in range(2):
        with pytest.raises(Killed):
            hand_over_one(ScriptedProvider(dies_before), now)
    newer, ours = models.Batch.objects.order_by("id")
    models.Batch.objects.filter(id=newer.id).update(format=FORMAT + 1)
    assert recover_expired_leases(now + LATER) == 1
    assert models.Batch.objects.get(id=newer.id).state == BatchState.SENDING
    assert models.Batch.objects.get(id=ours.id).state == BatchState.UNKNOWN
    assert models.FailedItem.objects.values_list("step", "item").get() == ("Settling lost batch", newer.id)


@pytest.mark.parametrize("dies", [dies_before, dies_after])
def test_a_clock_that_was_put_back_freezes_no_batch_for_longer_than_a_lease(
    frozen: Plan, join: Join, now: datetime, dies: Any
) -> None:
    join(2)
    made = frozen()
    ahead = now + timedelta(minutes=20)
    with pytest.raises(Killed):
        hand_over_one(ScriptedProvider(dies), ahead)
    assert recover_expired_leases(now) == 0, "it may be at it still"
    assert models.Batch.objects.get().lease_until == now + LEASE
    assert recover_expired_leases(now + LATER) == 1
    assert shown(made).batches == {"unknown": 1}


def test_a_claim_of_a_clock_that_was_put_back_is_given_up_after_a_lease(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(2)
    made = frozen()
    claim(now + timedelta(minutes=20), "worker/1")
    assert recover_expired_leases(now) == 0, "its worker may be at it still"
    assert recover_expired_leases(now + LATER) == 1
    assert shown(made).batches == {"planned": 1}


def test_leases_of_a_machine_whose_clock_is_a_little_ahead_stay(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    frozen()
    ahead = now + timedelta(seconds=50)
    claim(ahead, "worker/1")
    recover_expired_leases(now)
    assert models.Batch.objects.get().lease_until == ahead + LEASE


def test_a_machine_whose_clock_is_a_day_ahead_takes_a_claimed_batch_over_and_nobody_is_mailed_twice(
    frozen: Plan, join: Join, now: datetime
) -> None:
    """Whoever lost a claim finds out before the first byte; what is in flight is not sent again."""
    join(60)
    frozen()
    models.Mailing.objects.update(proven_at=now, underway_at=now + timedelta(days=1))  # which has just sent in time
    here, there = ScriptedProvider(), ScriptedProvider()
    tomorrow = now + timedelta(days=1)

    def the_other_sends() -> None:
        while hand_over_one(there, tomorrow, "there"):
            pass

    with just_before("UPDATE delivery_batch SET state = %s, attempt = attempt + 1", the_other_sends):
        hand_over_one(here, now)
    while hand_over_one(here, now):
        pass
    assert set((here.mailed + there.mailed).values()) == {1}
    assert len(here.mailed + there.mailed) == 60
