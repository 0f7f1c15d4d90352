"""The number that somebody confirms is the number that a freeze plans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.catalog import newsletters
from newsletter.catalog.newsletter_settings import change_newsletter
from newsletter.delivery.ledger.states import ExclusionReason
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import freeze
from newsletter.delivery.sending.audience_size import count_audience
from subscribers import models, suppressions
from tests.actors import SYSTEM
from tests.conftest import Newsroom

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("warm_up", [False, True])
def test_it_is_what_a_freeze_plans_and_excludes_for_the_same_reasons(
    newsroom: Newsroom,
    join: Callable[..., list[int]],
    plan: Callable[..., Any],
    now: datetime,
    warm_up: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = join(40)
    lists = models.Subscription.objects.filter(list_id=newsroom.list.id)
    lists.filter(subscriber_id__in=ids[:3]).update(state="unsubscribed")
    lists.filter(subscriber_id__in=ids[3:5]).update(paused_until=now.date() + timedelta(days=9))
    lists.filter(subscriber_id__in=ids[5:9]).update(frequency="weekly")
    models.List.objects.filter(id=newsroom.list.id).update(weekly_day=(now.weekday() + 1) % 7)
    suppressions.suppress("reader12@example.com", reason="manual", by=SYSTEM, now=now)
    models.Subscriber.objects.filter(id=ids[20]).update(address="not an address")
    if warm_up:
        change_newsletter(newsroom.briefing.id, seen=None, now=now, by=SYSTEM, warm_up_from=now.date(), warm_up_first=7)
    monkeypatch.setattr(freeze, "PAGE_SIZE", 6)
    mailing = plan()
    newsletter = newsletters.get_newsletter(newsroom.briefing.id)
    expected = count_audience(newsletter, mailing.edition_id, at=now, now=now)
    freeze.freeze_next(now)
    found = summary.get_mailing(mailing.id)
    assert found.state == "sending"
    assert (expected.planned, dict(expected.excluded)) == (found.planned, found.excluded)
    assert expected.candidates == found.candidates == 40
    assert len(found.excluded) >= 5


def test_who_has_the_edition_already_does_not_count_again(
    newsroom: Newsroom, sent: Callable[..., Any], join: Callable[..., list[int]], now: datetime
) -> None:
    mailing = sent(5)
    join(2, prefix="later")
    newsletter = newsletters.get_newsletter(newsroom.briefing.id)
    again = count_audience(newsletter, mailing.mailing.edition_id, at=now, now=now)
    assert (again.planned, dict(again.excluded)) == (2, {ExclusionReason.ALREADY_MAILED: 5})
