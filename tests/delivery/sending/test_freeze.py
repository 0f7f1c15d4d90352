"""Batches of one stratum each, and one person found among all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from newsletter.catalog import newsletter_settings
from newsletter.delivery import models
from newsletter.delivery.events import unsubscribed_after_send
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.reports import history, recipients, summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, hand_over, mailings
from newsletter.kernel import clock
from subscribers import people, subscriber_lookup
from subscribers.models import Subscriber
from tests.conftest import House
from tests.delivery.conftest import Sent, hand_over_all
from tests.fakes import provider
from tests.fakes.provider import ScriptedProvider
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


@pytest.fixture
def tracked(house: House, join: Join, now: datetime) -> list[int]:
    """Of 130 readers of a newsletter that tracks, every third does not want it, and every thirteenth has left."""
    newsletter_settings.change_newsletter(house.briefing.id, now=now, click_tracking="on", open_tracking="on")
    ids = join(130)
    Subscriber.objects.filter(id__in=ids[::3]).update(tracked=False)
    for person in ids[::13]:
        people.unsubscribe(person, house.list.id, how="desk", by="test", now=now)
    return ids


@pytest.mark.parametrize("page", [7, 40, 5_000])
def test_a_batch_holds_one_stratum_and_is_full_however_small_the_pages(
    plan: Plan, tracked: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(freeze, "PAGE_SIZE", page)
    made = plan()
    freeze.freeze_next(now)
    batches = models.Batch.objects.filter(mailing_id=made.id)
    assert sorted(batches.values_list("tracking", "size")) == [(False, 40), (True, 30), (True, 50)]
    assert summary.get_mailing(made.id).adds_up
    assert [who.subscriber_id for who in recipients.list_recipients(made.id, limit=999)] == tracked


def test_who_does_not_want_tracking_has_none(plan: Plan, tracked: list[int], now: datetime) -> None:
    plan()
    freeze.freeze_next(now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    for request in provider.requests:
        cover = request.envelope
        for person in request.recipients:
            wants = int(person.address.removeprefix("reader").partition("@")[0]) % 3 != 0
            assert (cover.click_tracking, cover.open_tracking) == (wants, wants)


def test_a_newsletter_that_tracks_nobody_has_one_stratum(plan: Plan, join: Join, now: datetime) -> None:
    ids = join(60)
    Subscriber.objects.filter(id__in=ids[::2]).update(tracked=False)
    made = plan()
    freeze.freeze_next(now)
    assert set(models.Batch.objects.filter(mailing_id=made.id).values_list("stratum", flat=True)) == {0}


def test_everybody_is_found_where_they_are(plan: Plan, tracked: list[int], now: datetime) -> None:
    made = plan()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(provider.accepts, provider.loses_the_answer), now)
    became = {who.subscriber_id: who.state for who in recipients.list_recipients(made.id, limit=999)}
    assert set(became.values()) == {"accepted", "unknown", "unsubscribed"}
    for person in tracked:
        (delivery,) = history.list_deliveries(person)
        assert (delivery.mailing_id, delivery.state) == (made.id, became[person])
    assert history.list_deliveries(max(tracked) + 1) == ()


def test_the_listing_can_be_read_in_pages_though_strata_overlap(plan: Plan, tracked: list[int], now: datetime) -> None:
    made = plan()
    freeze.freeze_next(now)
    found: list[int] = []
    while page := recipients.list_recipients(made.id, limit=11, after=found[-1] if found else 0):
        found += [who.subscriber_id for who in page]
    assert found == tracked


def test_a_report_accounts_for_every_candidate_with_its_reason(plan: Plan, tracked: list[int], now: datetime) -> None:
    made = plan()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(provider.names(0), provider.accepts, provider.loses_the_answer), now)
    lines = recipients.count_by_reason(made.id)
    assert sum(line.subscribers for line in lines) == len(tracked)
    assert ("refused", "no such mailbox", 1, False) in [
        (line.state, line.reason, line.subscribers, line.excluded) for line in lines
    ]
    assert ("unsubscribed", "", 10, True) in [
        (line.state, line.reason, line.subscribers, line.excluded) for line in lines
    ]


def test_who_left_while_the_mail_was_on_its_way_is_noted_as_too_late(
    plan: Plan, join: Join, house: House, now: datetime
) -> None:
    early, late, much_later = join(3)
    made = plan()
    freeze.freeze_next(now)
    leave: Any = lambda person, at: people.unsubscribe(person, house.list.id, how="desk", by="test", now=at)  # noqa: E731
    leave(early, now)
    hand_over_all(ScriptedProvider(), now + timedelta(seconds=5))
    leave(late, now + timedelta(minutes=1))
    leave(much_later, now + timedelta(hours=1))
    assert unsubscribed_after_send.mark_members(now + timedelta(hours=1)) == 1
    assert unsubscribed_after_send.mark_members(now + timedelta(hours=1)) == 0
    assert summary.get_mailing(made.id).unsubscribed_after_send == 1
    assert summary.get_mailing(made.id).counts == {"withdrawn": 1, "accepted": 2}


def test_cancelling_the_rest_of_a_mailing_does_not_stop_what_was_handed_over_from_arriving(
    plan: Plan, join: Join, house: House, now: datetime
) -> None:
    join(60)
    made = plan()
    freeze.freeze_next(now)
    hand_over.hand_over_next(now, owner="w", provider=ScriptedProvider(), clock=lambda: now)
    mailings.cancel(made.id, by="ann", now=now)
    reached, withdrawn = (
        recipients.list_recipients(made.id, state=state)[0].subscriber_id for state in ("accepted", "withdrawn")
    )
    shortly = now + timedelta(minutes=1)
    assert unsubscribed_after_send.find_arrival(reached, [house.list.id], shortly) == now
    assert unsubscribed_after_send.find_arrival(withdrawn, [house.list.id], shortly) is None
    for person in (reached, withdrawn):
        people.unsubscribe(person, house.list.id, how="desk", by="test", now=shortly)
    assert unsubscribed_after_send.mark_members(shortly) == 1


def test_a_recalled_mailing_does_not_arrive_even_where_its_batch_came_back_accepted(
    plan: Plan, join: Join, house: House, now: datetime
) -> None:
    person, *_ = join(2)
    made = plan()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(), now)
    shortly = now + timedelta(minutes=1)
    assert unsubscribed_after_send.find_arrival(person, [house.list.id], shortly) == now
    models.Mailing.objects.filter(id=made.id).update(state=MailingState.CANCELLED, recalled_at=now)
    assert unsubscribed_after_send.find_arrival(person, [house.list.id], shortly) is None


def test_who_leaves_by_the_page_is_told_of_the_edition_that_is_on_its_way_to_them(
    plan: Plan, join: Join, house: House
) -> None:
    now = clock.now()
    sent_to, left_before = join(2)
    plan(due_at=now, now=now)
    freeze.freeze_next(now)
    people.unsubscribe(left_before, house.list.id, how="desk", by="test", now=now)
    hand_over_all(ScriptedProvider(), now)
    links = [
        f"/u/{subscriber_lookup.get_signer().sign_footer(house.list.id, person)}" for person in (sent_to, left_before)
    ]
    page = Client().post(links[0], {"via": "page", "do": "leave"}).content.decode()
    assert "One last edition had left before you pressed" in page
    assert "One last edition" not in Client().get(links[1]).content.decode()
    assert unsubscribed_after_send.find_arrival(sent_to, [house.list.id], now + timedelta(minutes=11)) is None


def test_mailings_of_before_there_was_a_directory_are_entered_in_it(
    plan: Plan, tracked: list[int], now: datetime
) -> None:
    made = plan()
    freeze.freeze_next(now)
    models.AudienceIndex.objects.all().delete()
    assert history.list_deliveries(tracked[1]) == ()
    then = MigrationLoader(connection).project_state(("delivery", "0006_directory_of_former_mailings")).apps
    import_module("newsletter.delivery.migrations.0006_directory_of_former_mailings").enter(then, None)
    became = {who.subscriber_id: who.state for who in recipients.list_recipients(made.id, limit=999)}
    for person in tracked[:20]:
        assert [each.state for each in history.list_deliveries(person)] == [became[person]]


def test_an_event_that_comes_as_a_late_leaver_is_noted_is_kept(
    sent: Callable[..., Sent], take: Callable[..., None], house: House, now: datetime
) -> None:
    mailing = sent(2)
    people.unsubscribe(mailing.readers[1], house.list.id, how="page", by="", now=now)
    with just_before("UPDATE delivery_batch SET outcomes", lambda: take(mailing.event("delivered", 0))):
        assert unsubscribed_after_send.mark_members(now) == 0
    assert mailing.mailing.counts == {"accepted": 1, "delivered": 1}
    assert unsubscribed_after_send.mark_members(now) == 1, "the next time"
    assert mailing.mailing.unsubscribed_after_send == 1
