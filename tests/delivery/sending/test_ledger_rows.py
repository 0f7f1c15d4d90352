"""New rows of the ledger as they are built."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter.delivery import models
from newsletter.delivery.ledger.audience_index import find_index_entry
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import BatchState, Outcome
from newsletter.delivery.sending import ledger_rows

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
MEMBERS = [3, 7, 500]
MAILING = models.Mailing(id=1, key="mailing")


def test_a_batch_is_planned_with_all_of_its_members() -> None:
    batch = ledger_rows.build_batch(MAILING, 4, MEMBERS, NOW, 2, variant="b", repair=True)
    assert (batch.mailing_id, batch.number, batch.stratum, batch.variant, batch.repair) == (1, 4, 2, "b", True)
    assert (batch.state, batch.due_at) == (BatchState.PLANNED, NOW)
    assert (batch.size, batch.first_id, batch.last_id) == (3, 3, 500)
    assert list(unpack_members(batch.members, batch.format)) == MEMBERS
    outcomes = Outcomes(batch.outcomes, batch.format)
    assert [outcomes[place] for place in range(3)] == [Outcome.PLANNED] * 3
    assert batch.key != ledger_rows.build_batch(MAILING, 5, MEMBERS, NOW, 2).key


def test_the_key_of_a_batch_says_who_is_in_it_and_is_the_same_when_it_is_made_anew() -> None:
    key = ledger_rows.build_batch(MAILING, 4, MEMBERS, NOW, 2).key
    assert len(key) == 12
    assert key == ledger_rows.build_batch(models.Mailing(id=9, key="mailing"), 4, MEMBERS, NOW, 0).key
    assert key != ledger_rows.build_batch(models.Mailing(id=1, key="other"), 4, MEMBERS, NOW, 2).key
    assert key != ledger_rows.build_batch(MAILING, 4, MEMBERS[:2], NOW, 2).key


def test_exclusions_are_kept_by_reason() -> None:
    row = ledger_rows.build_exclusion(1, "unsubscribed", MEMBERS)
    assert (row.mailing_id, row.reason, row.size, row.first_id, row.last_id) == (1, "unsubscribed", 3, 3, 500)
    assert list(unpack_members(row.members, row.format)) == MEMBERS


def test_the_audience_index_says_where_everybody_is() -> None:
    row = ledger_rows.build_audience_index(1, [(3, 0), (7, 1), (500, 2)])
    assert (row.mailing_id, row.first_id, row.last_id) == (1, 3, 500)
    assert [find_index_entry(row.places, person, row.format) for person in (3, 7, 500, 8)] == [0, 1, 2, None]


def test_an_exception_belongs_to_its_batch_and_its_mailing() -> None:
    row = ledger_rows.build_exception(
        models.Batch(id=9, mailing_id=1), 7, address="ann@example.com", kind="bounced", reason="550", at=NOW
    )
    assert (row.mailing_id, row.batch_id, row.subscriber_id) == (1, 9, 7)
    assert (row.address, row.kind, row.reason, row.at) == ("ann@example.com", "bounced", "550", NOW)
