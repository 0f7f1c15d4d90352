"""Who is in a mailing, and what became of each of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState
from newsletter.delivery.models import DeliveryException
from newsletter.delivery.reports import recipients
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze
from newsletter.kernel.errors import BadInput
from subscribers.models import FormerAddress, Subscriber
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


def test_whoever_is_looked_for_is_found_without_unpacking_the_others(sent: Mailing) -> None:
    others = models.Batch.objects.filter(mailing_id=sent.id, state=BatchState.ACCEPTED)
    assert others.update(members=b"") == 2  # what cannot be unpacked
    found = recipients.list_recipients(sent.id, state=["unknown", "refused"], by=SYSTEM)
    assert [who.state for who in found] == ["unknown"] * 20


@pytest.mark.parametrize("few", [0, recipients.FEW])
@pytest.mark.parametrize("state", [None, "unknown", ["unknown", "accepted"], "excluded"])
def test_a_part_of_a_name_or_address_finds_them_whatever_is_looked_through(
    sent: Mailing, state: Any, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipients, "FEW", few)
    monkeypatch.setattr(recipients, "ROWS_PER_QUERY", 7)
    whole = recipients.list_recipients(sent.id, state=state, limit=999, by=SYSTEM)
    for text in ("11@EXAMPLE", "First1", "nobody"):
        names = {row.id: f"{row.address_key} {row.first_name}" for row in Subscriber.objects.all()}
        wanted = [who for who in whole if text.lower() in names[who.subscriber_id].lower()]
        assert recipients.list_recipients(sent.id, state=state, text=text, limit=999, by=SYSTEM) == tuple(wanted)
        behind = recipients.list_recipients(sent.id, state=state, text=text, limit=2, after=40, by=SYSTEM)
        assert behind == tuple(who for who in wanted if who.subscriber_id > 40)[:2]


def test_a_former_address_finds_them_as_well(sent: Mailing, now: datetime) -> None:
    person = recipients.list_recipients(sent.id, state="unknown", limit=1, by=SYSTEM)[0].subscriber_id
    FormerAddress.objects.create(
        subscriber_id=person, address="was@example.com", address_key="was@example.com", since=now, until=now
    )
    for state in ("unknown", None):
        found = recipients.list_recipients(sent.id, state=state, text="was@", by=SYSTEM)
        assert [who.subscriber_id for who in found] == [person]


def test_what_the_provider_said_finds_those_of_whom_it_did(sent: Mailing, now: datetime) -> None:
    people = [who.subscriber_id for who in recipients.list_recipients(sent.id, state="unknown", by=SYSTEM)][:5]
    for person in people:
        DeliveryException.objects.create(
            mailing_id=sent.id, subscriber_id=person, kind="unknown", reason="550 no such user", at=now
        )
    found = recipients.list_recipients(sent.id, state="unknown", reason="550 no such user", by=SYSTEM)
    assert [(who.subscriber_id, who.reason, who.at) for who in found] == [
        (each, "550 no such user", now) for each in people
    ]
    assert not recipients.list_recipients(sent.id, state="accepted", reason="550 no such user", by=SYSTEM)
    (said,) = recipients.list_reasons(sent.id, ["unknown"], limit=3)
    assert (said.reason, said.subscribers) == ("550 no such user", 5)
    assert not recipients.list_reasons(sent.id, ["bounced"], limit=3)


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
