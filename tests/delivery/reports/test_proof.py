"""The proof of a mailing as a file."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import pytest

from newsletter.accounts import audit_log
from newsletter.accounts.models import AuditEntry
from newsletter.delivery import models
from newsletter.delivery.reports import proof
from newsletter.delivery.reports.proof import COLUMNS, export_proof, stream_proof
from newsletter.delivery.reports.summary import Mailing
from newsletter.kernel.errors import NotAllowed, NotFound
from tests.actors import SYSTEM, act_as

pytestmark = pytest.mark.django_db


def test_every_candidate_is_in_it_once_and_who_took_it_is_recorded(sent: Mailing, now: datetime) -> None:
    out = io.StringIO()
    assert export_proof(sent.id, out, by=SYSTEM, now=now) == 121
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert tuple(rows[0]) == COLUMNS
    assert len({row["reader"] for row in rows}) == 121
    assert {row["state"] for row in rows} == {"accepted", "unknown", "unsubscribed"}
    assert {(row["state"], row["excluded"]) for row in rows if row["excluded"] or not row["batch"]} == {
        ("unsubscribed", "yes")
    }
    (entry,) = audit_log.list_entries(audit_log.AuditFilter(), limit=1)
    assert (entry.action, entry.target) == ("exported proof", f"mailing {sent.id}")


def test_no_spreadsheet_takes_a_reason_for_a_formula(sent: Mailing, now: datetime) -> None:
    batch = models.Batch.objects.earliest("id")
    models.DeliveryException.objects.create(
        mailing_id=sent.id,
        batch=batch,
        subscriber_id=batch.first_id,
        address="reader@example.com",
        kind="bounced",
        reason="=HYPERLINK(1)",
        at=now,
    )
    out = io.StringIO()
    export_proof(sent.id, out, by=SYSTEM, now=now)
    reasons = {row["reason"] for row in csv.DictReader(io.StringIO(out.getvalue()))}
    assert "=HYPERLINK(1)" not in reasons


def test_who_may_not_see_subscribers_gets_none_and_nothing_is_recorded(
    sent: Mailing, people: object, now: datetime
) -> None:
    out, before = io.StringIO(), AuditEntry.objects.count()
    with pytest.raises(NotAllowed):
        export_proof(sent.id, out, by=act_as("stranger@example.com"), now=now)
    with pytest.raises(NotFound):
        export_proof(10**6, out, by=SYSTEM, now=now)
    assert (out.getvalue(), AuditEntry.objects.count()) == ("", before)


def test_it_is_streamed_in_pieces_of_those_asked_for(
    sent: Mailing, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "ROWS_PER_PIECE", 8)
    pieces = list(stream_proof(sent.id, state=["unknown"], by=SYSTEM, now=now))
    assert [piece.count("\n") for piece in pieces] == [8, 8, 5]
    assert {row["state"] for row in csv.DictReader(io.StringIO("".join(pieces)))} == {"unknown"}


def test_whoever_may_not_have_it_is_refused_before_the_first_piece(
    sent: Mailing, people: object, now: datetime
) -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(NotAllowed):
        stream_proof(sent.id, by=act_as("stranger@example.com"), now=now)
    assert AuditEntry.objects.count() == before


def test_what_was_searched_for_is_not_in_the_log(sent: Mailing, now: datetime) -> None:
    stream_proof(sent.id, state=["unknown"], text="jane@example.com", by=SYSTEM, now=now)
    (entry,) = audit_log.list_entries(audit_log.AuditFilter(), limit=1)
    assert entry.detail == "unknown, of one search"
