"""The number that somebody confirms is the number that a freeze plans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

import pytest

from newsletter.catalog import newsletters
from newsletter.catalog.newsletter_settings import change_newsletter
from newsletter.delivery.ledger.states import ExclusionReason
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import freeze, hand_over, mailings
from newsletter.delivery.sending.audience_size import count_audience
from subscribers import audience
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.fakes.provider import ScriptedProvider, accepts, loses_the_answer
from tests.subscribers.audiences import fill_list

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("seed", "changes", "is_sent_before"),
    [
        (0, {}, False),
        (1, {"warm_up_first": 7}, False),
        (2, {"segment": "payers"}, False),
        (3, {}, True),
        (4, {"segment": "payers"}, True),
        (5, {"segment": "payers", "warm_up_first": 7}, True),
    ],
    ids=str,
)
def test_it_is_what_a_freeze_plans_and_excludes_for_the_same_reasons(
    newsroom: Newsroom,
    plan: Callable[..., Any],
    now: datetime,
    seed: int,
    changes: dict[str, Any],
    is_sent_before: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill_list(newsroom.list.id, Random(seed), now, people=420)
    if "warm_up_first" in changes:
        changes = changes | {"warm_up_from": now.date()}
    if changes:
        change_newsletter(newsroom.briefing.id, seen=None, now=now, by=SYSTEM, **changes)
    monkeypatch.setattr(freeze, "PAGE_SIZE", 60)
    monkeypatch.setattr(audience, "PEOPLE_AT_ONCE", 100)
    if is_sent_before:
        send_some_of_it(plan().id, now)
    mailing = plan()
    newsletter = newsletters.get_newsletter(newsroom.briefing.id)
    expected = count_audience(newsletter, mailing.edition_id, at=now, now=now)
    freeze.freeze_next(now)
    found = summary.get_mailing(mailing.id)
    assert found.state == "sending"
    assert (expected.planned, dict(expected.excluded)) == (found.planned, found.excluded)
    assert expected.candidates == found.candidates == 420
    met = {"suppressed", "invalid", "paused", "frequency", "unsubscribed"}
    met |= {"segment"} if "segment" in changes else set()
    met |= {"already", "undecided"} if is_sent_before and "warm_up_first" not in changes else set()
    assert met <= {*found.excluded}


def send_some_of_it(mailing_id: int, now: datetime) -> None:
    """Hands two batches over, loses the answer to the second, and cancels."""
    freeze.freeze_next(now)
    provider = ScriptedProvider(accepts, loses_the_answer)
    for _ in range(2):
        hand_over.hand_over_next(now, owner="test", provider=provider, clock=lambda: now)
    mailings.cancel(mailing_id, by=SYSTEM, now=now)


def test_who_has_the_edition_already_does_not_count_again(
    newsroom: Newsroom, sent: Callable[..., Any], join: Callable[..., list[int]], now: datetime
) -> None:
    mailing = sent(5)
    join(2, prefix="later")
    newsletter = newsletters.get_newsletter(newsroom.briefing.id)
    again = count_audience(newsletter, mailing.mailing.edition_id, at=now, now=now)
    assert (again.planned, dict(again.excluded)) == (2, {ExclusionReason.ALREADY_MAILED: 5})
