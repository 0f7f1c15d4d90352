"""Sums of ledgers: right at any time, and kept so that no ledger is unpacked to show them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db.models import F

from newsletter.delivery import models
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, Outcome
from newsletter.delivery.reports import ledger_sums, summary
from newsletter.delivery.reports.ledger_sums import SumsDifference
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import ledger_stand

pytestmark = pytest.mark.django_db
UNREADABLE = b"\xff\xff"  # what cannot be counted


def spoil(mailing_id: int) -> None:
    """Whoever unpacks the ledger from now on fails."""
    models.Batch.objects.filter(mailing_id=mailing_id).update(outcomes=UNREADABLE)
    ledger_stand.forget_all()


def settle_unknown(mailing_id: int) -> None:
    """As a process of the version before does it, which knows of no sums."""
    outcomes = Outcomes.all_planned(20)
    outcomes.settle(Outcome.DELIVERED)
    unknown = models.Batch.objects.filter(mailing_id=mailing_id, state=BatchState.UNKNOWN)
    unknown.update(outcomes=outcomes.pack(), state=BatchState.ACCEPTED, version=F("version") + 1)


def test_kept_sums_are_shown_without_a_look_at_the_ledger(sent: Mailing, now: datetime) -> None:
    assert ledger_sums.refresh(now) == 1
    assert ledger_sums.refresh(now) is None
    spoil(sent.id)
    assert summary.get_mailing(sent.id) == sent
    assert summary.list_mailings() == (sent,)


def test_what_changed_since_they_were_kept_is_counted(sent: Mailing, now: datetime) -> None:
    ledger_sums.refresh(now)
    settle_unknown(sent.id)
    ledger_stand.forget_all()
    shown = summary.get_mailing(sent.id)
    assert shown.counts == {"accepted": 100, "delivered": 20}
    assert shown.batches == {"accepted": 3}
    assert ledger_sums.refresh(now) == 1
    spoil(sent.id)
    assert summary.get_mailing(sent.id) == shown


def test_only_the_part_of_a_ledger_that_changed_is_counted_anew(sent: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_sums, "BATCHES_PER_PART", 1)
    assert summary.get_mailing(sent.id).counts == {"accepted": 100, "unknown": 20}
    unknown = models.Batch.objects.filter(mailing_id=sent.id, state=BatchState.UNKNOWN)
    models.Batch.objects.exclude(id=unknown.get().id).update(outcomes=UNREADABLE)
    settle_unknown(sent.id)
    assert summary.get_mailing(sent.id).counts == {"accepted": 100, "delivered": 20}


def test_sums_of_long_ago_are_kept_little_by_little_and_then_left_alone(sent: Mailing, now: datetime) -> None:
    models.Mailing.objects.filter(id=sent.id).update(due_at=now - timedelta(days=400))
    assert ledger_sums.refresh(now) == 1
    settle_unknown(sent.id)
    assert ledger_sums.refresh(now) is None
    assert summary.get_mailing(sent.id).counts == {"accepted": 100, "delivered": 20}


def test_an_audience_that_is_being_planned_is_not_summed_up(sent: Mailing, now: datetime) -> None:
    models.Mailing.objects.filter(id=sent.id).update(state="freezing")
    assert ledger_sums.refresh(now) is None


def test_a_recount_says_which_sums_were_wrong_and_corrects_them(sent: Mailing, now: datetime) -> None:
    assert ledger_sums.recount_ledgers() == ()
    kept = models.LedgerSums.objects.get(mailing_id=sent.id)
    kept.sums[""][0] = {str(int(Outcome.ACCEPTED)): 7}
    kept.save()
    assert summary.get_mailing(sent.id).counts == {"accepted": 7}
    assert ledger_sums.recount_ledgers() == (
        SumsDifference(sent.id, {"accepted": 7}, {"accepted": 100, "unknown": 20}),
    )
    assert summary.get_mailing(sent.id) == sent
    assert ledger_sums.recount_ledgers() == ()


def test_a_mailing_without_a_ledger_has_empty_sums(sent: Mailing) -> None:
    models.Batch.objects.filter(mailing_id=sent.id).delete()
    found = ledger_sums.read_sums([sent.id])[sent.id]
    assert found.by_variant == {}
    assert found.batches == {}
    assert Counter(summary.get_mailing(sent.id).counts) == Counter()
