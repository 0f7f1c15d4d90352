"""Opens and clicks, folded down once an hour to those who ask for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from newsletter.curator.editions import edition_lookup
from newsletter.delivery.events import engagement
from subscribers import models, subscriber_lookup
from tests.conftest import Newsroom
from tests.delivery.conftest import Sent
from tests.interleaving import just_before

HOUR = timedelta(hours=1)


def seen(person: int, newsroom: Newsroom) -> Any:
    (mine,) = (s for s in subscriber_lookup.get_subscriber(person).subscriptions if s.list_id == newsroom.list.id)
    return mine


def test_opens_and_clicks_by_people_reach_subscribers_and_those_by_machines_do_not(
    sent: Callable[..., Sent], take: Callable[..., None], newsroom: Newsroom, now: datetime
) -> None:
    mailing = sent(4)
    take(mailing.event("open", 0), mailing.event("click", 1, url="https://paper.example.org/1"))
    take(mailing.event("open", 2, sg_machine_open=True))
    assert engagement.roll_up(now, owner="test") == 2
    first, second, third, _ = mailing.readers
    assert (seen(first, newsroom).opened_at, seen(first, newsroom).clicked_at) == (now, None)
    assert (seen(second, newsroom).opened_at, seen(second, newsroom).clicked_at) == (None, now)
    assert seen(second, newsroom).engagement_as_of == now
    assert seen(third, newsroom).engagement_as_of is None
    row = models.Engagement.objects.get(subscription__subscriber_id=first)
    assert (row.newest, row.opened, row.clicked) == (1, 1, 0)


def test_folding_again_changes_nothing(
    sent: Callable[..., Sent], take: Callable[..., None], newsroom: Newsroom, now: datetime
) -> None:
    mailing = sent(2)
    take(mailing.event("open", 0))
    engagement.roll_up(now, owner="test")
    before = list(models.Engagement.objects.values())
    assert engagement.roll_up(now + HOUR, owner="test") == 0
    take(mailing.event("open", 0, seconds=9))
    assert engagement.roll_up(now + 2 * HOUR, owner="test") == 0
    assert list(models.Engagement.objects.values()) == before


def test_it_is_done_once_an_hour_by_one_of_many(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2)
    take(mailing.event("open", 0))
    assert engagement.roll_up(now, owner="one") == 1
    take(mailing.event("open", 1))
    assert engagement.roll_up(now + timedelta(minutes=59), owner="two") == 0
    assert engagement.roll_up(now + HOUR, owner="two") == 1


def test_the_clicks_of_each_story_reach_the_curator(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(3)
    (story, *_) = edition_lookup.get_edition(mailing.mailing.edition_id).picks
    url = f"https://paper.example.org/1?nl={story.key}"
    take(mailing.event("click", 0, url=url), mailing.event("click", 1, url=url))
    engagement.roll_up(now, owner="test")
    reported = edition_lookup.list_story_clicks(mailing.mailing.edition_id)
    assert (reported[0].headline, reported[0].people, reported[0].as_of) == (story.headline, 2, now)
    assert [each.people for each in reported[1:]] == [0, 0]


def test_an_open_that_comes_while_its_batch_is_folded_counts_the_next_time(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2)
    take(mailing.event("open", 0))
    with just_before("UPDATE delivery_batch SET folded", lambda: take(mailing.event("open", 1))):
        assert engagement.roll_up(now, owner="test") == 1
    assert engagement.roll_up(now + HOUR, owner="test") == 1
