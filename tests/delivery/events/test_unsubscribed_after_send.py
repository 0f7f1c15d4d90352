"""Who left while their message was on its way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from newsletter.accounts.actors import SystemActor
from newsletter.delivery import models
from newsletter.delivery.events import unsubscribed_after_send
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.reports import recipients, summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, hand_over, mailings
from newsletter.kernel import clock
from subscribers import people, subscriber_lookup
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.conftest import Sent, hand_over_all
from tests.fakes.provider import ScriptedProvider
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


def test_who_left_while_the_mail_was_on_its_way_is_noted_as_too_late(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    early, late, much_later = join(3)
    made = plan()
    freeze.freeze_next(now)

    def leave(person: int, at: datetime) -> None:
        people.unsubscribe(person, newsroom.list.id, by=SYSTEM, now=at)

    leave(early, now)
    hand_over_all(ScriptedProvider(), now + timedelta(seconds=5))
    leave(late, now + timedelta(minutes=1))
    leave(much_later, now + timedelta(hours=1))
    assert unsubscribed_after_send.mark_members(now + timedelta(hours=1)) == 1
    assert unsubscribed_after_send.mark_members(now + timedelta(hours=1)) == 0
    assert summary.get_mailing(made.id).unsubscribed_after_send == 1
    assert summary.get_mailing(made.id).counts == {"withdrawn": 1, "accepted": 2}


def test_cancelling_the_rest_of_a_mailing_does_not_stop_what_was_submitted_from_arriving(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    join(60)
    made = plan()
    freeze.freeze_next(now)
    hand_over.hand_over_next(now, owner="w", provider=ScriptedProvider(), clock=lambda: now)
    mailings.cancel(made.id, by=SystemActor("ann"), now=now)
    reached, withdrawn = (
        recipients.list_recipients(made.id, state=state, by=SYSTEM)[0].subscriber_id
        for state in ("accepted", "withdrawn")
    )
    shortly = now + timedelta(minutes=1)
    assert unsubscribed_after_send.find_arrival(reached, [newsroom.list.id], shortly) == now
    assert unsubscribed_after_send.find_arrival(withdrawn, [newsroom.list.id], shortly) is None
    for person in (reached, withdrawn):
        people.unsubscribe(person, newsroom.list.id, by=SYSTEM, now=shortly)
    assert unsubscribed_after_send.mark_members(shortly) == 1


def test_a_recalled_mailing_does_not_arrive_even_where_its_batch_came_back_accepted(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    person, *_ = join(2)
    made = plan()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(), now)
    shortly = now + timedelta(minutes=1)
    assert unsubscribed_after_send.find_arrival(person, [newsroom.list.id], shortly) == now
    models.Mailing.objects.filter(id=made.id).update(state=MailingState.CANCELLED, recalled_at=now)
    assert unsubscribed_after_send.find_arrival(person, [newsroom.list.id], shortly) is None


def test_who_unsubscribes_on_the_page_learns_of_the_edition_on_its_way_to_them(
    plan: Plan, join: Join, newsroom: Newsroom
) -> None:
    now = clock.now()
    sent_to, left_before = join(2)
    plan(due_at=now, now=now)
    freeze.freeze_next(now)
    people.unsubscribe(left_before, newsroom.list.id, by=SYSTEM, now=now)
    hand_over_all(ScriptedProvider(), now)
    links = [
        f"/u/{subscriber_lookup.get_signer().sign_footer(newsroom.list.id, person)}"
        for person in (sent_to, left_before)
    ]
    page = Client().post(links[0], {"via": "page", "do": "leave"}).content.decode()
    assert "One last edition had left before you pressed" in page
    assert "One last edition" not in Client().get(links[1]).content.decode()
    assert unsubscribed_after_send.find_arrival(sent_to, [newsroom.list.id], now + timedelta(minutes=11)) is None


def test_an_event_that_comes_as_a_late_leaver_is_noted_is_kept(
    sent: Callable[..., Sent], take: Callable[..., None], newsroom: Newsroom, now: datetime
) -> None:
    mailing = sent(2)
    people.unsubscribe(mailing.readers[1], newsroom.list.id, by=SYSTEM, now=now)
    with just_before("UPDATE delivery_batch SET outcomes", lambda: take(mailing.event("delivered", 0))):
        assert unsubscribed_after_send.mark_members(now) == 0
    assert mailing.mailing.counts == {"accepted": 1, "delivered": 1}
    assert unsubscribed_after_send.mark_members(now) == 1, "the next time"
    assert mailing.mailing.unsubscribed_after_send == 1
