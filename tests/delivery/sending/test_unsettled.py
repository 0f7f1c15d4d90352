"""A mailing of which too many are unknown is not finished, until they are settled or somebody closes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts import audit_log
from newsletter.accounts.audit_log import AuditFilter
from newsletter.curator.editions import edition_lookup
from newsletter.delivery import models
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import mailings, repair, unsettled
from newsletter.kernel.errors import BadInput, Refused
from tests.actors import SYSTEM
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import ScriptedProvider, accepts, loses_the_answer, refuses_for_good
from tests.fakes.sendgrid_events import event
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


@pytest.fixture
def lost(frozen: Plan, join: Join, now: datetime) -> Mailing:
    """A mailing to 60, of which the answer for the first 50 was lost."""
    join(60)
    made = frozen()
    hand_over_all(ScriptedProvider(loses_the_answer), now)
    assert mailings.finish_settled(now) == 0
    return made


def get_state(mailing: Mailing) -> MailingState:
    return summary.get_mailing(mailing.id).state


def test_it_stays_sending_with_one_alarm_and_its_edition_is_not_sent(
    lost: Mailing, edition: Any, now: datetime
) -> None:
    mailings.finish_settled(now)
    assert get_state(lost) == MailingState.SENDING
    assert [(alarm.message, alarm.count) for alarm in summary.get_mailing(lost.id).alarms] == [(unsettled.ALARM, 1)]
    assert edition_lookup.get_edition(edition.id).state != "sent"


def test_one_in_a_hundred_is_an_accident(frozen: Plan, join: Join, now: datetime) -> None:
    join(200)
    made = frozen()
    hand_over_all(ScriptedProvider(), now)
    batch = models.Batch.objects.filter(mailing_id=made.id).first()
    assert batch
    for unknown, finished in ((3, 0), (2, 1)):
        outcomes = bytes([10, 0]) * unknown + bytes([40, 0]) * (batch.size - unknown)
        batch.version += 1
        models.Batch.objects.filter(id=batch.id).update(state="unknown", outcomes=outcomes, version=batch.version)
        assert mailings.finish_settled(now) == finished


def test_it_finishes_when_an_event_settles_it(lost: Mailing, edition: Any, now: datetime, take: Any) -> None:
    batch = models.Batch.objects.get(mailing_id=lost.id, number=1)
    ids = {"nl_batch": batch.key, "nl_attempt": batch.attempt_key, "nl_delivery": f"{batch.key}.0"}
    take(event("delivered", ids, "reader00@example.com", int(now.timestamp())))
    assert mailings.finish_settled(now) == 1
    assert not summary.get_mailing(lost.id).alarms, "what it said is no longer so"
    assert edition_lookup.get_edition(edition.id).state == "sent"


def test_it_finishes_when_somebody_settles_it(lost: Mailing, now: datetime) -> None:
    assert repair.settle_unknown(lost.id, by=SYSTEM, now=now) == 50
    assert mailings.finish_settled(now) == 1


def test_it_finishes_when_it_is_repaired(lost: Mailing, now: datetime) -> None:
    repair.repair_mailing(lost.id, unknown=True, by=SYSTEM, now=now)
    hand_over_all(ScriptedProvider(accepts), now)
    assert mailings.finish_settled(now) == 1


def test_what_is_repaired_as_it_is_about_to_finish_is_sent_before_it_does(lost: Mailing, now: datetime) -> None:
    def repair_it() -> None:
        assert repair.repair_mailing(lost.id, unknown=True, by=SYSTEM, now=now) == 50

    with just_before("SELECT COUNT(delivery_batch.id) AS n", repair_it):
        assert mailings.finish_settled(now) == 0
    assert get_state(lost) == MailingState.SENDING
    hand_over_all(ScriptedProvider(accepts), now)
    assert mailings.finish_settled(now) == 1


def test_somebody_closes_it_with_a_reason_that_is_recorded(lost: Mailing, edition: Any, now: datetime) -> None:
    mailings.close(lost.id, reason="The provider says they were delivered.", by=SYSTEM, now=now)
    assert get_state(lost) == MailingState.FINISHED
    assert "The provider says" in summary.get_mailing(lost.id).reason
    assert edition_lookup.get_edition(edition.id).state == "sent"
    entry = audit_log.list_entries(AuditFilter(), limit=1)[0]
    assert (entry.action, "50 subscribers unknown" in entry.detail) == ("closed", True)


def test_nobody_closes_it_without_a_reason(lost: Mailing, now: datetime) -> None:
    with pytest.raises(BadInput, match="Say why"):
        mailings.close(lost.id, reason="  ", by=SYSTEM, now=now)
    assert get_state(lost) == MailingState.SENDING


def test_only_what_waits_for_unknown_outcomes_is_closed(frozen: Plan, join: Join, now: datetime) -> None:
    join(60)
    made = frozen()
    with pytest.raises(Refused, match="nothing to close"):
        mailings.close(made.id, reason="Enough.", by=SYSTEM, now=now)
    hand_over_all(ScriptedProvider(), now)
    with pytest.raises(Refused, match="nothing to close"):
        mailings.close(made.id, reason="Enough.", by=SYSTEM, now=now)


def test_another_batch_that_is_lost_when_the_first_is_settled_is_counted_for_itself(lost: Mailing) -> None:
    row = models.Mailing.objects.get(id=lost.id)
    assert unsettled.count_unknown(row) == 50
    first, second = models.Batch.objects.order_by("number")
    models.Batch.objects.filter(id=first.id).update(state=BatchState.ACCEPTED, version=first.version + 1)
    outcomes = Outcomes.all_planned(second.size)
    outcomes.settle(Outcome.UNKNOWN)
    models.Batch.objects.filter(id=second.id).update(
        state=BatchState.UNKNOWN, outcomes=outcomes.pack(), version=first.version
    )
    assert unsettled.count_unknown(row) == 10


@pytest.mark.parametrize(("lost_again", "state"), [(False, MailingState.FINISHED), (True, MailingState.SENDING)])
def test_one_that_was_closed_and_is_repaired_is_settled_by_itself(
    frozen: Plan, join: Join, now: datetime, lost_again: bool, state: MailingState
) -> None:
    join(120)
    made = frozen()
    hand_over_all(ScriptedProvider(accepts, loses_the_answer, refuses_for_good), now)
    mailings.finish_settled(now)
    mailings.close(made.id, reason="the provider was away", by=SYSTEM, now=now)
    assert repair.repair_mailing(made.id, by=SYSTEM, now=now) == 20, "those refused, not the unknown"
    assert get_state(made) == MailingState.SENDING
    hand_over_all(ScriptedProvider(loses_the_answer if lost_again else accepts), now)
    mailings.finish_settled(now)
    shown = summary.get_mailing(made.id)
    assert (shown.state, "the provider was away" in shown.reason) == (state, True)
    assert bool(shown.alarms) is lost_again


def test_one_that_was_closed_and_sent_to_the_unknown_again_is_open_when_they_are_lost_again(
    lost: Mailing, now: datetime
) -> None:
    mailings.close(lost.id, reason="the provider was away", by=SYSTEM, now=now)
    repair.repair_mailing(lost.id, unknown=True, by=SYSTEM, now=now)
    hand_over_all(ScriptedProvider(loses_the_answer), now)
    assert mailings.finish_settled(now) == 0
    assert summary.get_mailing(lost.id).alarms


@pytest.mark.parametrize("verb", ["close", "cancel"])
def test_once_it_is_over_no_alarm_says_that_it_is_not(lost: Mailing, now: datetime, verb: str) -> None:
    assert [alarm.message for alarm in summary.get_mailing(lost.id).alarms] == [unsettled.ALARM]
    if verb == "close":
        mailings.close(lost.id, reason="the provider was away", by=SYSTEM, now=now)
    else:
        mailings.cancel(lost.id, by=SYSTEM, now=now)
    assert not summary.get_mailing(lost.id).alarms
