"""A bounce that was the sender's fault is withdrawn: what it did is undone, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from subscribers import bounces_complaints, models, withdrawn_bounces
from subscribers.bounces_complaints import ProviderReport
from subscribers.states import ReportKind
from subscribers.values import List
from subscribers.withdrawn_bounces import WrongBounce

pytestmark = pytest.mark.django_db
ADDRESS, REASON, HOUR = "ada@example.com", "5.7.1 550 5.7.1 your network is blocked", timedelta(hours=1)


def report(kind: ReportKind, at: datetime, reason: str = REASON, address: str = ADDRESS) -> None:
    made = ProviderReport(kind, address, None, reason, at)
    bounces_complaints.apply_reports([made], source="provider", now=at)


def withdraw(person: int, list_id: int, at: datetime, now: datetime, *, soft: bool = False, undo: bool = True) -> bool:
    bounce = WrongBounce(person, ADDRESS, REASON, at, soft)
    return withdrawn_bounces.withdraw_bounce(
        bounce, undo=undo, list_id=list_id, origin="mailing 1", actor="ada", now=now
    )


def states(person: int) -> dict[int, str]:
    return dict(models.Subscription.objects.filter(subscriber=person).values_list("list_id", "state"))


@pytest.fixture
def person(active: Callable[..., int]) -> int:
    return active(ADDRESS)


def test_every_list_is_as_it_was_before_and_says_who_withdrew_the_bounce(
    person: int, morning: List, evening: List, now: datetime
) -> None:
    models.Subscription.objects.create(list_id=evening.id, subscriber_id=person, state="pending", since=now)
    report(ReportKind.HARD, now + HOUR)
    assert states(person) == {morning.id: "bounced", evening.id: "bounced"}
    assert withdraw(person, morning.id, now + HOUR, now + 2 * HOUR)
    assert states(person) == {morning.id: "active", evening.id: "pending"}
    assert not models.Suppression.objects.exists()
    event = models.ConsentEvent.objects.filter(list_id=morning.id).latest("id")
    assert (event.how, event.by, event.origin, event.before) == ("bounce withdrawn", "ada", "mailing 1", "bounced")
    assert not withdraw(person, evening.id, now + HOUR, now + 2 * HOUR), "pending is not to be mailed"


@pytest.mark.parametrize("since", [timedelta(hours=-1), timedelta(hours=3)])
def test_a_report_counts_only_when_it_is_newer_than_the_withdrawal(
    person: int, morning: List, now: datetime, since: timedelta
) -> None:
    report(ReportKind.HARD, now + HOUR)
    withdraw(person, morning.id, now + HOUR, now + 2 * HOUR)
    report(ReportKind.HARD, now + HOUR + since, "5.1.1 no such user")
    assert states(person) == {morning.id: "active" if since < timedelta() else "bounced"}


def test_a_complaint_counts_however_old_it_is(person: int, morning: List, now: datetime) -> None:
    report(ReportKind.HARD, now + HOUR)
    withdraw(person, morning.id, now + HOUR, now + 2 * HOUR)
    report(ReportKind.COMPLAINED, now)
    assert states(person) == {morning.id: "complained"}
    assert not withdraw(person, morning.id, now + HOUR, now + 2 * HOUR)


def test_the_last_of_some_soft_bounces_is_taken_back_alone(person: int, morning: List, now: datetime) -> None:
    for days in range(5):
        report(ReportKind.SOFT, now + timedelta(days=days))
    assert states(person) == {morning.id: "bounced"}
    assert withdraw(person, morning.id, now + timedelta(days=4), now + timedelta(days=5), soft=True)
    assert models.Subscriber.objects.get(id=person).soft_bounces == 4
    report(ReportKind.SOFT, now + timedelta(days=6))
    assert states(person) == {morning.id: "bounced"}


def test_what_the_providers_own_list_said_first_without_the_code_is_the_same_bounce(
    person: int, morning: List, now: datetime
) -> None:
    report(ReportKind.HARD, now + HOUR, REASON.removeprefix("5.7.1 "))
    assert withdraw(person, morning.id, now + HOUR, now + 2 * HOUR)


def test_what_another_bounce_did_stands(person: int, morning: List, now: datetime) -> None:
    report(ReportKind.HARD, now + HOUR, "5.1.1 no such user")
    assert not withdraw(person, morning.id, now + HOUR, now + 2 * HOUR)
    assert states(person) == {morning.id: "bounced"}
    assert models.Suppression.objects.exists()


def test_without_undoing_it_only_says_who_may_be_mailed(person: int, morning: List, now: datetime) -> None:
    assert withdraw(person, morning.id, now, now, undo=False)
    report(ReportKind.HARD, now + HOUR)
    assert not withdraw(person, morning.id, now + HOUR, now + HOUR, undo=False)


def test_a_suppression_there_was_before_stays(person: int, morning: List, now: datetime) -> None:
    models.Suppression.objects.create(address_key=ADDRESS, reason="bounced", source="provider", created_at=now)
    report(ReportKind.HARD, now + HOUR)
    withdraw(person, morning.id, now + HOUR, now + 2 * HOUR)
    assert models.Suppression.objects.exists()
