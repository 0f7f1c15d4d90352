"""A mailing that more than one in twenty bounce or block is paused, once there are enough to say so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings
from newsletter.delivery import models
from newsletter.delivery.ledger.format import unpack_members
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, hand_over, mailings
from subscribers.models import Subscriber
from tests.actors import SYSTEM
from tests.fakes.provider import ScriptedProvider
from tests.fakes.sendgrid_events import event

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


def hand_over_some(batches: int, now: datetime) -> None:
    for _ in range(batches):
        assert hand_over.hand_over_next(now, owner="worker/1", provider=ScriptedProvider(), clock=lambda: now)


def build_bounces(mailing: Mailing, count: int, now: datetime, *, skip: int = 0) -> list[dict[str, Any]]:
    """Bounces of so many members, from the batches that were accepted last, the newest first."""
    found = []
    batches = models.Batch.objects.filter(mailing_id=mailing.id, state="accepted").order_by("-submitted_at", "number")
    addresses = dict(Subscriber.objects.values_list("id", "address"))
    for batch in batches:
        for place, member in enumerate(unpack_members(batch.members, batch.format)):
            ids = {"nl_batch": batch.key, "nl_attempt": batch.attempt_key, "nl_delivery": f"{batch.key}.{place}"}
            at = int(now.timestamp())
            found.append(event("bounce", ids, addresses[member], at, reason="550 blocked", type="blocked"))
    return found[skip : skip + count]


@pytest.fixture
def half_way(frozen: Plan, join: Join, now: datetime) -> Mailing:
    """A mailing to 1,100 of which 500 were handed over."""
    join(1_100)
    made = frozen()
    hand_over_some(10, now)
    return made


def test_more_than_one_in_twenty_pauses_it(half_way: Mailing, now: datetime, take: Any) -> None:
    take(*build_bounces(half_way, 25, now))
    assert summary.get_mailing(half_way.id).state == MailingState.SENDING
    take(*build_bounces(half_way, 1, now, skip=25))
    found = summary.get_mailing(half_way.id)
    assert found.state == MailingState.PAUSED
    assert found.reason.startswith("26 of 500 were bounced or blocked by the receiving servers.")


def test_few_say_nothing(frozen: Plan, join: Join, now: datetime, take: Any) -> None:
    join(1_100)
    made = frozen()
    hand_over_some(9, now)
    take(*build_bounces(made, 100, now))
    assert summary.get_mailing(made.id).state == MailingState.SENDING


def test_after_a_resume_only_what_was_sent_since_counts(half_way: Mailing, now: datetime, take: Any) -> None:
    take(*build_bounces(half_way, 26, now))
    later = now + timedelta(hours=1)
    mailings.resume(half_way.id, late=True, by=SYSTEM, now=later)
    freeze.freeze_next(later)
    hand_over_some(10, later)
    take(*build_bounces(half_way, 20, later), at=later)
    assert summary.get_mailing(half_way.id).state == MailingState.SENDING, "20 of the 500 since"
    take(*build_bounces(half_way, 6, later, skip=20), at=later)
    assert summary.get_mailing(half_way.id).state == MailingState.PAUSED


def test_the_limit_is_that_of_the_newsletter(half_way: Mailing, newsroom: Any, now: datetime, take: Any) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, bounce_limit=10, seen=None, by=SYSTEM)
    take(*build_bounces(half_way, 50, now))
    assert summary.get_mailing(half_way.id).state == MailingState.SENDING
    take(*build_bounces(half_way, 1, now, skip=50))
    assert summary.get_mailing(half_way.id).state == MailingState.PAUSED
