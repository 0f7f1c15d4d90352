"""Limits a mailing is planned under: by due times, across newsletters, and a day's ceiling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import editions, picks
from newsletter.delivery import models
from newsletter.delivery.ledger.states import MailingKind, RecallState
from newsletter.delivery.reports import history, summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, hand_over, mailings, repair
from newsletter.kernel.errors import NotFound
from subscribers import people
from subscribers.attributes import change_profile
from subscribers.models import Subscription
from subscribers.segments.service import create_segment
from tests.actors import SYSTEM
from tests.approving import approve
from tests.conftest import Newsroom
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import ScriptedProvider, accepts, loses_the_request, refuses_for_good, refuses_for_now

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


def due_times(mailing_id: int, now: datetime) -> list[float]:
    """Seconds from now until each batch is due, in order."""
    rows = models.Batch.objects.filter(mailing_id=mailing_id).order_by("number")
    return [(at - now).total_seconds() for at in rows.values_list("due_at", flat=True)]


def sizes(mailing_id: int) -> list[int]:
    rows = models.Batch.objects.filter(mailing_id=mailing_id).order_by("number")
    return list(rows.values_list("size", flat=True))


def near(*seconds: float) -> Any:
    """These times, or up to a fiftieth later: what leaves is a little slower than the limit."""
    return pytest.approx([1.01 * each for each in seconds], rel=0.01)


def test_a_newsletter_with_a_limit_leaves_batch_by_batch(
    newsroom: Newsroom, plan: Plan, join: Join, now: datetime
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, per_minute=200, seen=None, by=SYSTEM)
    join(35)
    made = plan()
    freeze.freeze_next(now)
    assert sizes(made.id) == [10, 10, 10, 5]
    assert due_times(made.id, now) == near(0, 3, 6, 9)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    assert len(provider.mailed) == 10, "the others wait for their time"
    hand_over_all(provider, now + timedelta(seconds=4))
    assert len(provider.mailed) == 20


def test_the_account_has_a_limit_for_all_newsletters_together(
    newsroom: Newsroom, plan: Plan, join: Join, articles: Any, now: datetime, settings: Any
) -> None:
    settings.CONFIG = replace(settings.CONFIG, per_minute=1_000)
    join(100)
    first = plan()
    freeze.freeze_next(now)
    other = editions.create_edition(newsroom.other.id, now.date(), now=now, by=SYSTEM)
    picks.add_pick(other.id, articles(1)[0], reason="Another paper.", now=now, by=SYSTEM)
    editions.edit_edition(other.id, now=now, subject="Evening", seen=None, by=SYSTEM)
    snapshot = approve(other.id, by=SYSTEM, now=now)
    for n in range(60):
        people.add_subscriber(
            f"evening{n}@example.com", newsroom.other_list.id, by=SYSTEM, now=now, reason="asked in person"
        )
    second = mailings.create_mailing(
        snapshot_id=snapshot.id,
        edition_id=other.id,
        newsletter_id=newsroom.other.id,
        list_id=newsroom.other_list.id,
        kind=MailingKind.EDITION,
        due_at=now,
        provider=ScriptedProvider.name,
        by=SYSTEM,
        now=now,
    )
    freeze.freeze_next(now)
    assert due_times(first.id, now) == near(0, 3)
    assert due_times(second, now) == near(6, 9), "behind the first, though both are due now"


def test_going_on_after_a_pause_keeps_to_the_limit(newsroom: Newsroom, plan: Plan, join: Join, now: datetime) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, per_minute=1_000, seen=None, by=SYSTEM)
    join(150)
    made = plan()
    freeze.freeze_next(now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    mailings.pause(made.id, by=SystemActor("editor"), now=now)
    later = now + timedelta(hours=1)
    mailings.resume(made.id, late=True, by=SystemActor("editor"), now=later)
    freeze.freeze_next(later)
    assert due_times(made.id, later)[1:] == near(0, 3)


def test_a_repair_keeps_to_the_limit(newsroom: Newsroom, plan: Plan, join: Join, now: datetime) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, per_minute=1_000, seen=None, by=SYSTEM)
    join(150)
    made = plan()
    freeze.freeze_next(now)
    provider = ScriptedProvider(accepts, refuses_for_good, refuses_for_good)
    for seconds in (0, 4, 8):
        hand_over_all(provider, now + timedelta(seconds=seconds))
    later = now + timedelta(hours=1)
    assert repair.repair_mailing(made.id, by=SYSTEM, now=later) == 100
    assert due_times(made.id, later)[3:] == near(0, 3)


def test_a_limit_that_was_lowered_while_a_mailing_was_paused_splits_what_is_left(
    newsroom: Newsroom, plan: Plan, join: Join, now: datetime
) -> None:
    readers = join(130)
    made = plan()
    freeze.freeze_next(now)
    provider = ScriptedProvider(accepts, refuses_for_now)
    for _ in range(2):
        hand_over.hand_over_next(now, owner="worker/1", provider=provider, clock=lambda: now)
    mailings.pause(made.id, by=SYSTEM, now=now)
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, per_minute=400, seen=None, by=SYSTEM)
    later = now + timedelta(hours=1)
    mailings.resume(made.id, late=True, by=SYSTEM, now=later)
    freeze.freeze_next(later)
    assert sizes(made.id) == [50, 50, 20, 20, 20, 10, 10], "one was tried already, and keeps its places for events"
    for seconds in range(0, 60, 4):
        hand_over_all(provider, later + timedelta(seconds=seconds))
    assert (summary.get_mailing(made.id).counts, len(provider.mailed)) == ({"accepted": 130}, 130)
    for reader in readers:
        assert [delivery.state for delivery in history.list_deliveries(reader, by=SYSTEM)] == ["accepted"]


def test_within_a_recall_window_the_provider_spreads_the_sending(
    newsroom: Newsroom, plan: Plan, join: Join, now: datetime
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, per_minute=20_000, seen=None, by=SYSTEM)
    join(2_500)
    due = now + timedelta(hours=1)
    made = plan(provider="sendgrid", due_at=due, recall_minutes=60)
    models.Mailing.objects.filter(id=made.id).update(recall=RecallState.OPEN, cancel_id="an id")
    freeze.freeze_next(now)
    batches = models.Batch.objects.filter(mailing_id=made.id).order_by("number")
    assert {batch.due_at for batch in batches} == {now}, "all is handed over at once"
    assert [(batch.send_at - due).total_seconds() for batch in batches if batch.send_at] == near(0, 3, 6)


def test_a_warm_up_leaves_out_who_is_beyond_the_ceiling_of_the_day(
    newsroom: Newsroom, plan: Plan, join: Join, now: datetime
) -> None:
    newsletter_settings.change_newsletter(
        newsroom.briefing.id, now=now, warm_up_from=str(now.date()), warm_up_first=30, seen=None, by=SYSTEM
    )
    join(50)
    made = plan()
    freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert (shown.planned, shown.excluded) == (30, {"ceiling": 20})
    assert shown.adds_up


def test_the_ceiling_doubles_with_every_day(newsroom: Newsroom, plan: Plan, join: Join, now: datetime) -> None:
    start = now.date() - timedelta(days=1)
    newsletter_settings.change_newsletter(
        newsroom.briefing.id, now=now, warm_up_from=str(start), warm_up_first=20, seen=None, by=SYSTEM
    )
    join(50)
    made = plan()
    freeze.freeze_next(now)
    assert summary.get_mailing(made.id).planned == 40


def test_unknown_is_sent_again_after_silence_only_where_the_newsletter_says_so(
    newsroom: Newsroom, plan: Plan, join: Join, now: datetime
) -> None:
    join(60)
    made = plan()
    freeze.freeze_next(now)
    provider = ScriptedProvider(accepts, loses_the_request)
    hand_over_all(provider, now)
    mailings.finish_settled(now)
    late = now + timedelta(hours=2)
    assert repair.repair_silent(late) == 0
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, repair_after_minutes=90, seen=None, by=SYSTEM)
    assert repair.repair_silent(now + timedelta(minutes=89)) == 0
    assert repair.repair_silent(late) == 10
    hand_over_all(provider, late)
    assert summary.get_mailing(made.id).counts == {"accepted": 60}
    assert set(provider.mailed.values()) == {1}


def test_old_silence_is_left_to_people(newsroom: Newsroom, plan: Plan, join: Join, now: datetime) -> None:
    join(3)
    plan()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(loses_the_request), now)
    mailings.finish_settled(now)
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, repair_after_minutes=90, seen=None, by=SYSTEM)
    for late in (timedelta(minutes=90 + 31), timedelta(days=3)):
        assert repair.repair_silent(now + late) == 0


def test_a_newsletter_for_a_segment_leaves_the_others_out(
    newsroom: Newsroom, join: Callable[..., list[int]], plan: Callable[..., Mailing], now: datetime
) -> None:
    ids = join(10)
    for person in ids[::3]:
        change_profile(person, tier="paid", seen=None, by=SYSTEM, now=now)
    create_segment("payers", "Payers", {"about": "tier", "op": "is", "value": "paid"}, by=SYSTEM, now=now)
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, segment="payers", seen=None, by=SYSTEM)
    made = plan()
    freeze.freeze_next(now)
    seen = summary.get_mailing(made.id)
    assert (seen.excluded, seen.adds_up) == ({"segment": 6}, True)
    assert seen.counts == {"planned": 4}
    with pytest.raises(NotFound, match="no segment “gone”"):
        newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, segment="gone", seen=None, by=SYSTEM)


@pytest.mark.parametrize(("newsletter", "account"), [(1_000, 2_000), (2_000, 1_000)])
def test_of_two_limits_the_smaller_one_holds(
    newsroom: Newsroom, plan: Plan, join: Join, now: datetime, settings: Any, newsletter: int, account: int
) -> None:
    settings.CONFIG = replace(settings.CONFIG, per_minute=account)
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, per_minute=newsletter, seen=None, by=SYSTEM)
    join(130)
    made = plan()
    freeze.freeze_next(now)
    assert due_times(made.id, now) == near(0, 3, 6)


@pytest.mark.parametrize(
    ("zone", "until", "excluded"),
    [
        ("Europe/London", date(2026, 11, 25), {"paused": 1}),
        ("Europe/London", date(2026, 11, 24), {}),
        ("Pacific/Auckland", date(2026, 11, 25), {}),  # where it is the 25th already
    ],
)
def test_a_pause_ends_with_the_edition_of_its_day_where_the_newsletter_is_at_home(
    newsroom: Newsroom, plan: Plan, join: Join, now: datetime, zone: str, until: date, excluded: dict[str, int]
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, zone=zone, seen=None, by=SYSTEM)
    ids = join(2)
    Subscription.objects.filter(subscriber_id=ids[0]).update(paused_until=until)
    evening = now.replace(hour=18)
    made = plan(due_at=evening)
    freeze.freeze_next(evening)
    seen = summary.get_mailing(made.id)
    assert (seen.excluded, seen.counts) == (excluded, {"planned": 2 - len(excluded)})


def test_a_pause_is_of_editions_alone(plan: Plan, join: Join, now: datetime) -> None:
    join(2)
    Subscription.objects.update(paused_until=now.date() + timedelta(days=9))
    made = plan(kind="test")
    freeze.freeze_next(now)
    assert summary.get_mailing(made.id).counts == {"planned": 2}
