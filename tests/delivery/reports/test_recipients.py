"""Who is in a mailing, and what became of each of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState, Outcome
from newsletter.delivery.reports import recipients
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze
from newsletter.kernel.errors import BadInput
from tests.actors import SYSTEM
from tests.delivery.conftest import hand_over_all
from tests.fakes import provider
from tests.fakes.provider import ScriptedProvider

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


def test_who_names_every_candidate_once(sent: Mailing) -> None:
    everybody = recipients.list_recipients(sent.id, limit=1_000, by=SYSTEM)
    assert len(everybody) == len({who.subscriber_id for who in everybody}) == 121
    assert [who.subscriber_id for who in everybody] == sorted(who.subscriber_id for who in everybody)


@pytest.mark.parametrize(
    ("state", "count"), [("accepted", 100), ("unknown", 20), ("excluded", 1), ("unsubscribed", 1), ("refused", 0)]
)
def test_who_answers_for_one_state(sent: Mailing, state: str, count: int) -> None:
    found = recipients.list_recipients(sent.id, state=state, limit=1_000, by=SYSTEM)
    assert len(found) == count
    assert {who.state for who in found} <= {state, "unsubscribed"}


@pytest.mark.parametrize("state", [None, "accepted"])
def test_who_is_read_page_by_page(sent: Mailing, state: str | None) -> None:
    whole = recipients.list_recipients(sent.id, state=state, limit=1_000, by=SYSTEM)
    pages, after = [], 0
    while page := recipients.list_recipients(sent.id, state=state, limit=17, after=after, by=SYSTEM):
        pages += page
        after = page[-1].subscriber_id
    assert tuple(pages) == whole


def test_who_is_asked_in_portions_a_database_takes(sent: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipients, "ROWS_PER_QUERY", 7)
    assert len(recipients.list_recipients(sent.id, limit=1_000, by=SYSTEM)) == 121


@pytest.mark.parametrize("way", ["by outcome", "by state"])
def test_whoever_is_looked_for_is_found_without_unpacking_the_others(sent: Mailing, way: str) -> None:
    others = models.Batch.objects.filter(mailing_id=sent.id, state=BatchState.ACCEPTED)
    assert others.update(members=b"") == 2  # what cannot be unpacked
    if way == "by state":
        found = recipients.list_recipients(sent.id, state="unknown", by=SYSTEM)
    else:
        found = recipients.list_members(sent.id, [Outcome.UNKNOWN, Outcome.REFUSED], limit=100, by=SYSTEM)
    assert [who.state for who in found] == ["unknown"] * 20


def test_members_are_listed_by_outcome_in_the_order_asked_for(sent: Mailing) -> None:
    wanted = [Outcome.UNKNOWN, Outcome.ACCEPTED]
    found = recipients.list_members(sent.id, wanted, limit=70, by=SYSTEM)
    assert [who.state for who in found] == ["unknown"] * 20 + ["accepted"] * 50
    assert all(who.address and who.batch for who in found)
    assert len(recipients.list_members(sent.id, wanted, limit=15, by=SYSTEM)) == 15
    assert not recipients.list_members(sent.id, [], limit=70, by=SYSTEM)


def test_a_state_there_is_not_is_refused_with_those_there_are(sent: Mailing) -> None:
    with pytest.raises(BadInput, match=r"“lost” is not a state\. It can be accepted, "):
        recipients.list_recipients(sent.id, state="lost", by=SYSTEM)


def test_the_listing_can_be_read_in_pages_though_strata_overlap(plan: Plan, tracked: list[int], now: datetime) -> None:
    made = plan()
    freeze.freeze_next(now)
    found: list[int] = []
    while page := recipients.list_recipients(made.id, limit=11, after=found[-1] if found else 0, by=SYSTEM):
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
