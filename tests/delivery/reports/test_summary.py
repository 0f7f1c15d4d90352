from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.delivery.reports import history, recipients, summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import mailings
from newsletter.kernel.errors import BadInput, NotFound
from subscribers import people
from tests.conftest import House
from tests.delivery.conftest import hand_over_all
from tests.fakes import provider
from tests.fakes.provider import ScriptedProvider

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


@pytest.fixture
def sent(frozen: Plan, join: Join, house: House, now: datetime) -> Mailing:
    """Of 121 readers one was left out, 100 were accepted, and for 20 nobody knows."""
    ids = join(121)
    people.unsubscribe(ids[60], house.list.id, how="desk", by="test", now=now)
    made = frozen()
    hand_over_all(ScriptedProvider(provider.accepts, provider.accepts, provider.loses_the_answer), now)
    mailings.finish_settled(now)
    return summary.get_mailing(made.id)


def test_a_mailing_counts_every_candidate(sent: Mailing) -> None:
    assert sent.candidates == 121
    assert sent.planned == 120
    assert sent.excluded == {"unsubscribed": 1}
    assert sent.counts == {"accepted": 100, "unknown": 20}
    assert sent.batches == {"accepted": 2, "unknown": 1}
    assert sent.excluded_total == 1
    assert sent.adds_up


def test_who_names_every_candidate_once(sent: Mailing) -> None:
    everybody = recipients.list_recipients(sent.id, limit=1_000)
    assert len(everybody) == len({who.subscriber_id for who in everybody}) == 121
    assert [who.subscriber_id for who in everybody] == sorted(who.subscriber_id for who in everybody)


@pytest.mark.parametrize(
    ("state", "count"), [("accepted", 100), ("unknown", 20), ("excluded", 1), ("unsubscribed", 1), ("refused", 0)]
)
def test_who_answers_for_one_state(sent: Mailing, state: str, count: int) -> None:
    found = recipients.list_recipients(sent.id, state=state, limit=1_000)
    assert len(found) == count
    assert {who.state for who in found} <= {state, "unsubscribed"}


@pytest.mark.parametrize("state", [None, "accepted"])
def test_who_is_read_page_by_page(sent: Mailing, state: str | None) -> None:
    whole = recipients.list_recipients(sent.id, state=state, limit=1_000)
    pages, after = [], 0
    while page := recipients.list_recipients(sent.id, state=state, limit=17, after=after):
        pages += page
        after = page[-1].subscriber_id
    assert tuple(pages) == whole


def test_who_is_asked_in_portions_a_database_takes(sent: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipients, "ROWS_PER_QUERY", 7)
    assert len(recipients.list_recipients(sent.id, limit=1_000)) == 121


def test_a_state_there_is_not_is_refused_with_those_there_are(sent: Mailing) -> None:
    with pytest.raises(BadInput, match=r"“lost” is no state\. It can be accepted, "):
        recipients.list_recipients(sent.id, state="lost")


def test_a_mailing_there_is_not_is_named(db: None) -> None:
    with pytest.raises(NotFound, match="There is no mailing 5"):
        summary.get_mailing(5)
    with pytest.raises(NotFound, match="There is no mailing 5"):
        recipients.list_recipients(5)


def test_a_person_sees_what_became_of_each_edition(sent: Mailing) -> None:
    (left_out,) = recipients.list_recipients(sent.id, state="excluded")
    first, last = (
        recipients.list_recipients(sent.id, limit=1)[0],
        recipients.list_recipients(sent.id, state="unknown", limit=1_000)[-1],
    )
    assert [each.state for each in history.list_deliveries(first.subscriber_id)] == ["accepted"]
    assert [each.state for each in history.list_deliveries(last.subscriber_id)] == ["unknown"]
    assert [each.state for each in history.list_deliveries(left_out.subscriber_id)] == ["unsubscribed"]
    assert history.list_deliveries(10**9) == ()


def test_mailings_are_listed_for_the_newsletters_asked_for(sent: Mailing, house: House) -> None:
    assert summary.list_mailings() == (sent,)
    assert summary.list_mailings(newsletter_ids=[house.briefing.id]) == (sent,)
    assert summary.list_mailings(newsletter_ids=[house.other.id]) == ()


def test_an_edition_knows_its_mailing_unless_it_was_cancelled(plan: Plan, now: datetime) -> None:
    made = plan()
    assert summary.find_mailing_of_edition(made.edition_id) == made
    mailings.cancel(made.id, by="editor", now=now)
    assert summary.find_mailing_of_edition(made.edition_id) is None
