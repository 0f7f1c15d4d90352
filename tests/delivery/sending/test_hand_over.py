from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import edition_lookup
from newsletter.delivery import installation, isolation, models
from newsletter.delivery.ledger.format import FORMAT, Outcomes, pack_members
from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome
from newsletter.delivery.providers.base import Answer, AnswerKind
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import claims, expired_leases, freeze, hand_over, mailings, prepared_batches
from newsletter.delivery.state_folder import AttemptNote
from subscribers import audience
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.conftest import Sent, hand_over_all, hand_over_one, shown
from tests.fakes.provider import (
    Killed,
    ScriptedProvider,
    Situation,
    accepts,
    breaks_off,
    dies_after,
    dies_before,
    does_not_know_the_key,
    loses_the_answer,
    names,
    refuses_for_good,
    refuses_for_now,
    wants_another_key,
)
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]
LATER = expired_leases.LEASE + timedelta(seconds=1)


def test_everybody_is_mailed_once_in_batches_the_provider_takes(frozen: Plan, join: Join, now: datetime) -> None:
    join(120)
    made = frozen()
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    assert len(provider.mailed) == 120
    assert set(provider.mailed.values()) == {1}
    assert [len(request.recipients) for request in provider.requests] == [50, 50, 20]
    assert shown(made).counts == {"accepted": 120}
    assert shown(made).started_at == now


def test_the_ledger_says_sending_before_the_first_byte_leaves(frozen: Plan, join: Join, now: datetime) -> None:
    join(1)
    frozen()
    seen: list[str] = []

    def looks(provider: ScriptedProvider, request: Any, now: datetime) -> Answer:
        seen.append(models.Batch.objects.get().state)
        return accepts(provider, request, now)

    hand_over_all(ScriptedProvider(looks), now)
    assert seen == [BatchState.SENDING]


def claim(now: datetime, owner: str) -> claims.Claim | None:
    return claims.claim_batch(now, until=now + expired_leases.LEASE, owner=owner, provider=ScriptedProvider.name)


def test_a_worker_killed_before_sending_loses_nobody(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    frozen()
    claimed = claim(now, "worker/1")
    assert claimed is not None
    provider = ScriptedProvider()
    assert not hand_over_one(provider, now, "worker/2"), "the claim is another's"
    assert hand_over_one(provider, now + LATER, "worker/2")
    assert set(provider.mailed.values()) == {1}


@pytest.mark.parametrize("situation", [dies_before, dies_after])
def test_a_worker_killed_while_sending_leaves_unknown_behind(
    frozen: Plan, join: Join, now: datetime, situation: Situation
) -> None:
    join(2)
    made = frozen()
    provider = ScriptedProvider(situation)
    with pytest.raises(Killed):
        hand_over_one(provider, now)
    assert hand_over_all(provider, now) == 0, "until the lease is over nobody touches it"
    hand_over_all(provider, now + LATER)
    assert shown(made).counts == {"unknown": 2}
    assert len(provider.requests) == 1
    assert "ended before the answer came" in models.Batch.objects.get().error


def test_a_worker_that_slept_through_its_claim_sends_nothing(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    claimed = claim(now, "worker/1")
    assert claimed is not None
    prepared = prepared_batches.prepare_batch(claimed, now)
    assert prepared is not None
    other = ScriptedProvider()
    hand_over_all(other, now + LATER, "worker/2")
    assert hand_over._begin_attempt(prepared, "attempt", now + LATER, installation.check(now)) is None
    assert shown(made).counts == {"accepted": 2}
    assert set(other.mailed.values()) == {1}


def test_a_pause_between_claim_and_sending_gives_the_batch_back(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    claimed = claim(now, "worker/1")
    assert claimed is not None
    prepared = prepared_batches.prepare_batch(claimed, now)
    assert prepared is not None
    mailings.pause(made.id, by=SYSTEM, now=now)
    assert hand_over._begin_attempt(prepared, "attempt", now, installation.check(now)) is None
    assert shown(made).batches == {"planned": 1}


def test_a_worker_that_gives_one_batch_back_keeps_another_it_holds(frozen: Plan, join: Join, now: datetime) -> None:
    join(60)
    made = frozen()
    first, second = (claim(now, "worker/1") for _ in range(2))
    assert first is not None
    assert second is not None
    prepared = prepared_batches.prepare_batch(first, now)
    assert prepared is not None
    mailings.pause(made.id, by=SYSTEM, now=now)
    assert hand_over._begin_attempt(prepared, "attempt", now, installation.check(now)) is None
    claimed = models.Batch.objects.filter(state=BatchState.CLAIMED)
    assert list(claimed.values_list("id", flat=True)) == [second.id]


def test_a_batch_is_claimed_once(frozen: Plan, join: Join, now: datetime) -> None:
    join(60)
    frozen()
    claimed = [claim(now, f"worker/{n}") for n in range(3)]
    assert claimed[2] is None
    assert claimed[0] is not None
    assert claimed[1] is not None
    assert claimed[0].id != claimed[1].id


def test_batches_of_another_provider_are_left_alone(frozen: Plan, join: Join, now: datetime) -> None:
    join(1)
    frozen(provider="outbox")
    assert hand_over_all(ScriptedProvider(), now) == 0


def test_a_newer_ledger_is_left_to_newer_workers(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    models.Batch.objects.update(format=FORMAT + 1)
    provider = ScriptedProvider()
    assert not hand_over_one(provider, now), "the worker goes on with other work meanwhile"
    assert not provider.requests
    models.Batch.objects.update(format=FORMAT)
    hand_over_all(provider, now)
    assert shown(made).counts == {Outcome.ACCEPTED.key: 2}


def test_a_worker_that_lost_its_claim_leaves_the_batch_to_the_one_that_has_it(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(2)
    frozen()
    provider = ScriptedProvider()
    later = now + LATER

    def another_takes_over() -> None:
        expired_leases.recover_expired_leases(later)
        assert claim(later, "worker/2") is not None

    with just_before("UPDATE delivery_batch SET state = %s, attempt =", another_takes_over):
        assert hand_over_one(provider, now, "worker/1")
    batch = models.Batch.objects.get()
    assert (batch.state, batch.lease_owner, batch.lease_until) == (
        BatchState.CLAIMED,
        "worker/2",
        later + expired_leases.LEASE,
    )
    assert not provider.requests


def test_a_claimed_batch_is_not_sent_when_an_event_shows_that_it_went_before(
    frozen: Plan, join: Join, take: Callable[..., None], now: datetime
) -> None:
    ids = join(2)
    mailing = Sent(frozen().id, ids, now)
    provider = ScriptedProvider(refuses_for_now)
    hand_over_all(provider, now)
    later = now + timedelta(minutes=1)
    with just_before("UPDATE delivery_batch SET state = %s, attempt =", lambda: take(mailing.event("processed"))):
        hand_over_one(provider, later)
    assert len(provider.requests) == 1
    assert mailing.mailing.batches == {"accepted": 1}
    assert hand_over_all(provider, later + LATER) == 0


def test_a_mailing_started_with_its_first_try_though_that_was_in_vain(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    hand_over_all(ScriptedProvider(wants_another_key), now)
    later = now + timedelta(hours=1)
    mailings.resume(made.id, late=True, by=SYSTEM, now=later)
    freeze.freeze_next(later)
    hand_over_all(ScriptedProvider(), later)
    assert shown(made).started_at == now


def test_claim_and_attempt_are_held_for_five_minutes(frozen: Plan, join: Join, now: datetime) -> None:
    join(1)
    frozen()
    held: list[tuple[str, str, datetime | None]] = []

    def look() -> None:
        batch = models.Batch.objects.get()
        held.append((batch.state, batch.lease_owner, batch.lease_until))

    def answers(provider: ScriptedProvider, request: Any, at: datetime) -> Answer:
        look()
        return accepts(provider, request, at)

    with pytest.raises(Killed):
        hand_over_one(ScriptedProvider(dies_before), now)
    models.Batch.objects.update(state=BatchState.CLAIMED)  # killed before it began
    later = now + timedelta(minutes=6)
    with just_before("UPDATE delivery_batch SET state = %s, attempt =", look):
        assert hand_over_one(ScriptedProvider(answers), later, "worker/2")
    until = later + timedelta(minutes=5)
    assert held == [(BatchState.CLAIMED, "worker/2", until), (BatchState.SENDING, "worker/2", until)]
    look()
    assert held[-1] == (BatchState.ACCEPTED, "", None)


def test_of_a_mailing_only_its_first_attempt_is_noted(frozen: Plan, plan: Plan, join: Join, now: datetime) -> None:
    """The row of a mailing is everybody's: if hundreds of workers wrote to it for each batch, they would queue up."""
    join(120)
    made = frozen()
    other = plan(kind="test", due_at=now + timedelta(hours=1))
    with CaptureQueriesContext(connection) as queries:
        hand_over_all(ScriptedProvider(refuses_for_now), now)
        hand_over_all(ScriptedProvider(), now + timedelta(minutes=1))
    assert shown(made).counts == {"accepted": 120}
    written = [each["sql"] for each in queries if each["sql"].startswith('UPDATE "delivery_mailing"')]
    assert len(written) == 2, "that it began, and that the provider accepts it"
    assert (shown(made).started_at, shown(other).started_at) == (now, None)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"size": 4}, "4 were planned, 3 are members, 3 have an outcome"),
        ({"outcomes": Outcomes.all_planned(2).pack()}, "3 were planned, 3 are members, 2 have an outcome"),
        ({"members": pack_members([1, 2])}, "3 were planned, 2 are members, 3 have an outcome"),
    ],
    ids=["size", "outcomes", "members"],
)
def test_a_damaged_batch_is_kept_aside_and_the_others_are_sent(
    frozen: Plan, join: Join, now: datetime, changed: dict[str, Any], why: str
) -> None:
    join(53)
    made = frozen()
    models.Batch.objects.filter(size=3).update(**changed)
    provider = ScriptedProvider()
    for hours in range(isolation.MAX_FAILURES):
        hand_over_all(provider, now + timedelta(hours=hours))
        mailings.finish_settled(now + timedelta(hours=hours))
    assert len(provider.mailed) == 50
    assert (shown(made).state, shown(made).batches) == (MailingState.SENDING, {"accepted": 1, "planned": 1})
    (failure,) = isolation.list_failures()
    assert (failure.what, failure.failures, failure.aside) == (f"Preparing batch 2 of mailing {made.id}", 5, True)
    assert why in failure.error
    assert [alarm.message.partition(" and is")[0] for alarm in shown(made).alarms] == [
        f"Preparing batch 2 of mailing {made.id} fails again and again"
    ]
    batch = models.Batch.objects.get(number=2)
    assert (batch.state, batch.lease_until) == (BatchState.PLANNED, None)
    assert batch.due_at == now + timedelta(hours=5)
    assert batch.failing_since == now
    assert why in batch.error


def test_of_a_long_reason_why_a_batch_cannot_be_prepared_the_beginning_is_kept(
    frozen: Plan, join: Join, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(1)
    frozen()

    def broken(*_: Any, **__: Any) -> Any:
        raise ValueError("x" * 3_000)

    monkeypatch.setattr(audience, "get_audience_addresses", broken)
    assert hand_over_one(ScriptedProvider(), now)
    assert models.Batch.objects.get().error == "x" * 2_000


def test_what_cannot_be_noted_outside_the_database_does_not_leave_and_is_tried_again(
    frozen: Plan, join: Join, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    join(60)
    made, provider = frozen(), ScriptedProvider()
    assert hand_over_one(provider, now)
    folder = Path(settings.CONFIG.state_dir)
    folder.rename(folder.with_name("aside"))
    folder.write_text("in the way")
    at = iter([now, now + timedelta(minutes=6)])  # it sleeps besides: that is not what stopped it
    hand_over.hand_over_next(now, owner="a", provider=provider, clock=lambda: next(at, now))
    assert len(provider.requests) == 1
    assert shown(made).batches == {"accepted": 1, "planned": 1}
    assert f"Batch 2 of mailing {made.id}: refused, The state folder" in caplog.text
    folder.unlink()
    folder.with_name("aside").rename(folder)
    assert hand_over_all(provider, now + timedelta(minutes=1)) == 1
    assert shown(made).counts == {"accepted": 60}


@pytest.mark.parametrize(
    ("situation", "noted"),
    [
        (accepts, AnswerKind.ACCEPTED),
        (refuses_for_now, AnswerKind.REFUSED),
        (loses_the_answer, ""),
        (breaks_off, ""),
        (names(0), ""),
        (lambda *_: Answer(AnswerKind.REFUSED, "Busy.", accepted_places=(0,)), ""),
        (lambda *_: Answer(AnswerKind.REFUSED, "Busy.", unknown_places=(0,)), ""),
    ],
)
def test_an_answer_that_is_sure_of_all_is_noted_outside_the_database(
    frozen: Plan, join: Join, now: datetime, situation: Situation, noted: str
) -> None:
    join(4)
    frozen()
    assert hand_over_one(ScriptedProvider(situation), now)
    (note,) = installation.get_state_folder().list_attempts(installation.get_standing(now).identity, now)
    assert note.answer == noted


@pytest.mark.parametrize(("per_minute", "seconds", "leaves"), [(50, 6, False), (50, 5, True), (0, 6, True)])
def test_what_was_prepared_slowly_under_a_limit_waits_for_its_turn_again(
    frozen: Plan, join: Join, now: datetime, per_minute: int, seconds: int, leaves: bool
) -> None:
    """What leaves later than it took its allowance for leaves together with what comes next: a burst."""
    join(2)
    frozen()
    models.Mailing.objects.update(per_minute=per_minute)
    provider, later = ScriptedProvider(), now + timedelta(seconds=seconds)
    assert hand_over.hand_over_next(now, owner="worker/1", provider=provider, clock=lambda: later)
    assert bool(provider.requests) == leaves
    batch = models.Batch.objects.get()
    assert (batch.state, batch.attempt) == ((BatchState.ACCEPTED, 1) if leaves else (BatchState.PLANNED, 0))


def test_the_mark_rises_with_the_first_attempt_of_a_mailing_alone(frozen: Plan, join: Join, now: datetime) -> None:
    join(120)
    frozen()
    installation.check(now)
    provider = ScriptedProvider(refuses_for_now)
    marks = []
    for minutes in range(4):
        marks.append(models.Installation.objects.get().mark)
        hand_over_one(provider, now + timedelta(minutes=minutes))
    assert marks == [marks[0], marks[0] + 1, marks[0] + 1, marks[0] + 1]


def test_what_died_in_other_hands_waits_for_what_is_due(frozen: Plan, join: Join, now: datetime) -> None:
    join(150)
    made = frozen()
    models.Mailing.objects.update(proven_at=now)
    models.Batch.objects.filter(number=1).update(state=BatchState.CLAIMED, lease_until=now - LATER, lease_owner="dead")
    assert hand_over_one(ScriptedProvider(), now)
    assert shown(made).batches == {"claimed": 1, "accepted": 1, "planned": 1}
    assert models.Batch.objects.get(state=BatchState.CLAIMED).lease_owner == "dead"


def test_while_sending_is_held_nothing_is_looked_at(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    models.Batch.objects.update(state=BatchState.CLAIMED, lease_until=now - LATER, lease_owner="dead")
    installation.hold("A backup was restored.", now)
    installation.forget_standing()  # as another process finds it
    assert not hand_over_one(ScriptedProvider(), now)
    assert shown(made).batches == {"claimed": 1}


def test_without_another_key_one_that_is_refused_stops_the_mailing(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    hand_over_one(ScriptedProvider(does_not_know_the_key), now)
    assert shown(made).state == MailingState.PAUSED


def test_another_key_does_not_make_good_what_is_wrong_with_the_mail(frozen: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = frozen()
    provider = ScriptedProvider(refuses_for_good)
    hand_over.hand_over_next(now, owner="a", provider=provider, clock=lambda: now, has_new_key=lambda account: True)
    assert shown(made).state == MailingState.PAUSED


def test_all_that_a_restored_ledger_may_lack_of_an_attempt_is_noted(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, tracking="on", seen=None, by=SYSTEM)
    join(2)
    made = frozen()
    models.Batch.objects.update(stratum=7, language="de", begun=3)
    later = now + timedelta(minutes=1)
    assert hand_over_one(ScriptedProvider(), later)
    batch, standing = models.Batch.objects.get(), installation.get_standing(later)
    (note,) = installation.get_state_folder().list_attempts(standing.identity, later)
    assert note == AttemptNote(
        history=standing.history,
        at=later.isoformat(),
        mailing=made.key,
        kind=made.kind,
        newsletter_id=newsroom.briefing.id,
        edition_id=made.edition_id,
        edition_date=edition_lookup.get_edition(made.edition_id).date.isoformat(),
        snapshot_id=models.Mailing.objects.get().snapshot_id,
        batch=batch.key,
        number=1,
        begun=4,
        attempt=batch.attempt_key,
        stratum=7,
        variant=batch.variant,
        language="de",
        tracking=True,
        format=FORMAT,
        members=bytes(batch.members),
        places=None,
        answer=AnswerKind.ACCEPTED,
    )


def test_which_members_were_in_an_attempt_is_noted_outside_the_database(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(4)
    frozen()
    provider = ScriptedProvider(breaks_off)
    assert hand_over_one(provider, now)
    assert hand_over_one(provider, now + timedelta(minutes=1))
    notes = installation.get_state_folder().list_attempts(installation.get_standing(now).identity, now)
    assert [each.places for each in notes] == [None, (2, 3)]


def test_a_batch_that_was_mended_is_sent_at_once_when_somebody_says_so(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = frozen()
    models.Batch.objects.update(size=4)
    for hours in range(isolation.MAX_FAILURES):
        hand_over_one(ScriptedProvider(), now + timedelta(hours=hours))
    models.Batch.objects.update(size=3)
    later = now + timedelta(hours=4, minutes=1)
    assert not hand_over_one(ScriptedProvider(), later)
    assert isolation.retry_failed(by=SYSTEM, now=later) == 1
    assert hand_over_one(ScriptedProvider(), later)
    assert shown(made).counts == {"accepted": 3}
    assert hand_over.forget_prepared() == 1
    assert not isolation.list_failures()


@pytest.mark.parametrize("waiting", [BatchState.PLANNED, BatchState.CLAIMED])
def test_a_failure_is_forgotten_once_its_own_batch_was_prepared_and_no_sooner(
    frozen: Plan, join: Join, now: datetime, waiting: BatchState
) -> None:
    join(103)
    made = frozen()
    models.Batch.objects.filter(number__gt=1).update(size=99)
    hand_over_all(ScriptedProvider(), now)
    assert len(isolation.list_failures()) == 2
    models.Batch.objects.filter(number=2).update(state=BatchState.ACCEPTED)
    models.Batch.objects.filter(number=3).update(state=waiting)
    assert hand_over.forget_prepared() == 1
    assert [each.what for each in isolation.list_failures()] == [f"Preparing batch 3 of mailing {made.id}"]


def test_a_mail_that_cannot_be_read_holds_up_its_own_mailing_alone(frozen: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = frozen()
    models.Mailing.objects.filter(id=made.id).update(frozen_at=None)
    other = frozen(kind="test")
    hand_over_all(ScriptedProvider(), now)
    assert (shown(made).counts, shown(other).counts) == ({"planned": 3}, {"accepted": 3})


def test_a_batch_whose_mailing_was_paused_before_it_was_sent_is_nobodys(
    frozen: Plan, join: Join, now: datetime
) -> None:
    join(2)
    made = frozen()
    provider = ScriptedProvider()
    with just_before(
        "UPDATE delivery_batch SET state = %s, attempt =",
        lambda: mailings.pause(made.id, by=SYSTEM, now=now),
    ):
        assert hand_over_one(provider, now)
    assert not provider.requests
    batch = models.Batch.objects.get()
    assert (batch.state, batch.lease_until, batch.attempt) == (BatchState.PLANNED, None, 0)


@pytest.mark.parametrize("changed", [True, False])
def test_a_key_that_was_changed_in_mid_send_loses_nobody_and_asks_whether_it_is_the_same_account(
    plan: Plan, join: Join, now: datetime, changed: bool
) -> None:
    join(60)
    made = plan()
    freeze.freeze_next(now, account="host key1")
    old, new = ScriptedProvider(accepts, does_not_know_the_key), ScriptedProvider()
    old.account, new.account = "host key1", "host key2"
    for _ in range(2):
        hand_over.hand_over_next(
            now,
            owner="worker/1",
            provider=old,
            clock=lambda: now,
            has_new_key=lambda account: changed and account == old.account,
        )
    found = shown(made)
    assert found.state == (MailingState.SENDING if changed else MailingState.PAUSED)
    later = now + timedelta(minutes=1)
    if changed:
        assert hand_over_all(new, later) == 0
        mailings.pause_other_providers(new.name, later, account=new.account)
        assert "planned for another key" in shown(made).reason
    mailings.resume(made.id, account="host key2", accept_account=True, by=SYSTEM, now=later)
    freeze.freeze_next(later, account="host key2")
    hand_over_all(new, later)
    assert len(old.mailed + new.mailed) == 60
    assert set((old.mailed + new.mailed).values()) == {1}
