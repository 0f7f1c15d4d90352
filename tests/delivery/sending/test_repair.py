"""Those who did not get it: planned once more in the same mailing, exactly they, and nobody is counted twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.delivery import models
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.reports import history, recipients
from newsletter.delivery.sending import freeze, ledger_rows, mailings, repair
from newsletter.kernel.errors import Conflict, Refused
from subscribers import people
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.conftest import Sent, hand_over_all
from tests.fakes import provider
from tests.fakes.provider import ScriptedProvider
from tests.interleaving import just_before

QUOTA = "Recipient List over Package Quota"


def go_on(mailing: Sent) -> ScriptedProvider:
    """Works the repair off."""
    provider = ScriptedProvider()
    hand_over_all(provider, mailing.now)
    mailings.finish_settled(mailing.now)
    return provider


def test_who_was_dropped_for_the_quota_gets_it_by_a_repair(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(3)
    take(mailing.event("delivered", 0), mailing.event("dropped", 1, reason=QUOTA), mailing.event("bounce", 2))
    assert repair.count_repairable(mailing.id) == 1
    assert repair.repair_mailing(mailing.id, by=SYSTEM, now=now) == 1
    assert repair.count_repairable(mailing.id) == 0
    assert mailing.mailing.state == MailingState.SENDING
    assert dict(go_on(mailing).mailed) == {"reader1@example.com": 1}
    after = mailing.mailing
    assert after.state == MailingState.FINISHED
    assert after.counts == {"delivered": 1, "accepted": 1, "bounced": 1}
    assert after.adds_up
    assert [who.state for who in recipients.list_recipients(mailing.id, by=SYSTEM)] == [
        "delivered",
        "accepted",
        "bounced",
    ]
    assert [each.state for each in history.list_deliveries(mailing.readers[1], by=SYSTEM)] == ["accepted"]


def test_a_repair_done_twice_plans_nobody_twice(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2)
    take(mailing.event("dropped", 1, reason=QUOTA))
    assert repair.repair_mailing(mailing.id, by=SYSTEM, now=now) == 1
    assert repair.repair_mailing(mailing.id, by=SYSTEM, now=now) == 0


def test_a_batch_refused_as_a_whole_is_repaired_but_not_who_was_refused_by_name(
    sent: Callable[..., Sent], now: datetime
) -> None:
    mailing = sent(120, provider.accepts, provider.refuses_for_good, provider.names(0))
    assert mailing.mailing.counts == {"accepted": 69, "refused": 51}
    assert repair.repair_mailing(mailing.id, by=SYSTEM, now=now) == 50
    assert len(go_on(mailing).mailed) == 50
    assert mailing.mailing.counts == {"accepted": 119, "refused": 1}
    assert mailing.mailing.adds_up


def test_what_is_unknown_is_not_repaired_unless_somebody_takes_it_upon_themselves(
    sent: Callable[..., Sent], now: datetime
) -> None:
    mailing = sent(3, provider.loses_the_request)
    assert repair.repair_mailing(mailing.id, by=SYSTEM, now=now) == 0
    assert mailing.mailing.batches == {"unknown": 1}
    assert repair.repair_mailing(mailing.id, unknown=True, by=SYSTEM, now=now) == 3
    assert len(go_on(mailing).mailed) == 3
    assert mailing.mailing.counts == {"accepted": 3}
    assert mailing.mailing.batches == {"accepted": 1, "repaired": 1}


def test_an_event_that_shows_that_a_repaired_subscriber_had_it_is_an_alarm(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2, provider.loses_the_answer)
    late = mailing.event("delivered", 1)
    repair.repair_mailing(mailing.id, unknown=True, by=SYSTEM, now=now)
    go_on(mailing)
    take(late)
    assert mailing.mailing.twice == 2, "the proof of an attempt covers all its members"
    assert len(mailing.mailing.alarms) == 1
    assert mailing.mailing.adds_up


def test_an_operators_word_settles_what_is_unknown(sent: Callable[..., Sent], now: datetime) -> None:
    mailing = sent(3, provider.loses_the_answer)
    assert repair.settle_unknown(mailing.id, by=SYSTEM, now=now) == 3
    assert mailing.mailing.counts == {"accepted": 3}
    assert mailing.mailing.batches == {"accepted": 1}


def test_who_left_since_is_withdrawn_from_the_repair(
    sent: Callable[..., Sent], take: Callable[..., None], newsroom: Newsroom, now: datetime
) -> None:
    mailing = sent(2)
    take(mailing.event("dropped", 0, reason=QUOTA), mailing.event("dropped", 1, reason=QUOTA))
    people.unsubscribe(mailing.readers[0], newsroom.list.id, by=SYSTEM, now=now)
    repair.repair_mailing(mailing.id, by=SYSTEM, now=now)
    assert dict(go_on(mailing).mailed) == {"reader1@example.com": 1}
    assert mailing.mailing.counts == {"withdrawn": 1, "accepted": 1}


def test_a_paused_mailing_stays_paused_and_repairs_when_it_is_resumed(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2)
    take(mailing.event("dropped", 1, reason=QUOTA))
    repair.repair_mailing(mailing.id, by=SYSTEM, now=now)
    mailings.pause(mailing.id, by=SystemActor("editor"), now=now)
    assert not go_on(mailing).mailed
    mailings.resume(mailing.id, by=SystemActor("editor"), now=now)
    freeze.freeze_next(now)  # the reconciliation: a repair changes no count
    assert len(go_on(mailing).mailed) == 1


@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_what_was_stopped_before_its_time_is_no_case_for_a_repair(
    frozen: Callable[..., Any], join: Callable[..., list[int]], verb: str, now: datetime
) -> None:
    join(2)
    mailing = frozen()
    getattr(mailings, verb)(mailing.id, by=SYSTEM, now=now)
    if verb == "cancel":
        with pytest.raises(Refused, match="cancelled"):
            repair.repair_mailing(mailing.id, by=SYSTEM, now=now)
    else:
        assert repair.repair_mailing(mailing.id, by=SYSTEM, now=now) == 0
    assert models.Batch.objects.count() == 1


@pytest.mark.parametrize("verb", ["repair", "settle_unknown"])
def test_an_event_that_comes_as_somebody_decides_about_its_batch_is_kept_and_said(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime, verb: str
) -> None:
    mailing = sent(3, provider.loses_the_answer)
    decide = {
        "repair": lambda: repair.repair_mailing(mailing.id, unknown=True, by=SYSTEM, now=now),
        "settle_unknown": lambda: repair.settle_unknown(mailing.id, by=SYSTEM, now=now),
    }[verb]
    with (
        just_before("UPDATE delivery_batch SET", lambda: take(mailing.event("delivered", 1))),
        pytest.raises(Conflict, match="changed at the same moment"),
    ):
        decide()
    assert models.Batch.objects.count() == 1, "nothing of the decision is left"


def test_of_two_repairs_at_once_one_gets_a_conflict(sent: Callable[..., Sent], now: datetime) -> None:
    mailing = sent(3, provider.loses_the_request)
    theirs = ledger_rows.build_batch(mailing.mailing, 2, mailing.readers, now, 0, repair=True)
    with (
        just_before("INSERT INTO delivery_batch", theirs.save),
        pytest.raises(Conflict, match="changed at the same moment"),
    ):
        repair.repair_mailing(mailing.id, unknown=True, by=SYSTEM, now=now)


def test_a_repair_of_a_paused_mailing_does_not_set_it_going(sent: Callable[..., Sent], now: datetime) -> None:
    mailing = sent(120, provider.accepts, provider.refuses_for_good, provider.wants_another_key)
    assert mailing.mailing.state == MailingState.PAUSED
    assert repair.repair_mailing(mailing.id, by=SYSTEM, now=now) == 50
    assert mailing.mailing.state == MailingState.PAUSED
    assert not go_on(mailing).mailed


def test_an_event_that_comes_as_its_batch_is_repaired_is_kept_and_the_repair_conflicts(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2)
    take(mailing.event("dropped", 1, reason=QUOTA))
    with (
        just_before("UPDATE delivery_batch SET", lambda: take(mailing.event("delivered", 0))),
        pytest.raises(Conflict, match="changed at the same moment"),
    ):
        repair.repair_mailing(mailing.id, by=SYSTEM, now=now)
