"""After a restore that nothing on this machine remembers, the provider's events say who has an edition already."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.curator.editions.models import Edition
from newsletter.curator.editions.states import EditionState
from newsletter.delivery import installation, models
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import freeze, mailings, witnessed_requests
from subscribers import people
from tests.actors import SYSTEM
from tests.delivery.conftest import Sent, hand_over_all
from tests.fakes.provider import ScriptedProvider
from tests.fakes.sendgrid_events import event


@pytest.fixture
def lose(sent: Callable[..., Sent], take: Callable[..., None], settings: Any) -> Callable[..., Sent]:
    """Sends to some readers, loses the ledger, and then takes events of these places, as they come after a restore."""

    def make(count: int, places: Sequence[int]) -> Sent:
        mailing = sent(count)
        events = [mailing.event("delivered", place) for place in places]
        models.Mailing.objects.all().delete()
        models.Installation.objects.all().delete()
        Edition.objects.update(state=EditionState.APPROVED)
        shutil.rmtree(settings.CONFIG.state_dir)
        installation.forget_standing()
        take(*events)
        return mailing

    return make


def send_again(plan: Callable[..., Any], now: datetime) -> tuple[Any, ScriptedProvider]:
    """Sends the edition that nobody knows to have been sent; the mailing, and who got it by that."""
    mailing, provider = plan(), ScriptedProvider()
    assert freeze.freeze_next(now)
    hand_over_all(provider, now)
    mailings.finish_settled(now)
    return summary.get_mailing(mailing.id), provider


def test_one_event_is_enough_for_a_batch_of_the_same_people(
    lose: Callable[..., Sent], plan: Callable[..., Any], now: datetime
) -> None:
    lose(5, [3])
    found = witnessed_requests.find_witnessed()
    assert found is not None
    assert (found.requests, found.people) == (1, 1)

    mailing, provider = send_again(plan, now)

    assert not provider.mailed
    assert mailing.counts == {"accepted": 5}
    assert "Subscribers have it already" in mailing.alarms[0].message


def test_where_others_are_in_it_by_now_whoever_an_event_names_is_not_mailed_again(
    lose: Callable[..., Sent], plan: Callable[..., Any], newsroom: Any, now: datetime
) -> None:
    lost = lose(5, [0, 1, 3])
    people.unsubscribe(lost.readers[0], newsroom.list.id, by=SYSTEM, now=now)

    mailing, provider = send_again(plan, now)

    assert sorted(provider.mailed) == ["reader2@example.com", "reader4@example.com"]
    assert mailing.counts == {"accepted": 4}


def test_events_of_another_edition_say_nothing_of_this_one(
    lose: Callable[..., Sent], plan: Callable[..., Any], now: datetime
) -> None:
    lose(2, [0])
    models.WitnessedRequest.objects.update(mailing="another")

    _, provider = send_again(plan, now)

    assert provider.mailed.total() == 2


def test_more_events_of_a_request_add_to_it_and_no_address_is_kept(
    lose: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    lost = lose(3, [0])
    batch = models.WitnessedRequest.objects.get()
    ids = {"nl_mailing": batch.mailing, "nl_batch": batch.batch, "nl_attempt": batch.attempt}
    for place, kind in ((0, "open"), (1, "delivered")):
        of = ids | {"nl_delivery": f"{batch.batch}.{place}"}
        take(event(kind, of, f"reader{place}@example.com", int(lost.now.timestamp()) + 60))
    batch.refresh_from_db()
    assert batch.size == 2
    assert batch.last_at - batch.first_at == timedelta(minutes=1)
    assert b"reader" not in bytes(batch.people)
    witnessed_requests.delete_old_requests(now + timedelta(days=5))
    assert witnessed_requests.find_witnessed() is None
