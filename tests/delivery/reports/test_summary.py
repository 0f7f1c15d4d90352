from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db.models import F

from newsletter.accounts.actors import SystemActor
from newsletter.delivery import models
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, Outcome
from newsletter.delivery.reports import recipients, summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import mailings
from newsletter.kernel.errors import NotFound
from tests.actors import SYSTEM
from tests.conftest import Newsroom

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


def test_a_mailing_counts_every_candidate(sent: Mailing) -> None:
    assert sent.candidates == 121
    assert sent.planned == 120
    assert sent.excluded == {"unsubscribed": 1}
    assert sent.counts == {"accepted": 100, "unknown": 20}
    assert sent.batches == {"accepted": 2, "unknown": 1}
    assert sent.excluded_total == 1
    assert sent.adds_up


def test_only_the_part_of_a_ledger_that_changed_is_counted_anew(sent: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "BATCHES_PER_PART", 1)
    assert summary.get_mailing(sent.id).counts == {"accepted": 100, "unknown": 20}
    unknown = models.Batch.objects.filter(mailing_id=sent.id, state=BatchState.UNKNOWN)
    models.Batch.objects.exclude(id=unknown.get().id).update(outcomes=b"\xff")  # what cannot be counted
    outcomes = Outcomes.all_planned(20)
    outcomes.settle(Outcome.DELIVERED)
    unknown.update(outcomes=outcomes.pack(), version=F("version") + 1)
    assert summary.get_mailing(sent.id).counts == {"accepted": 100, "delivered": 20}


def test_a_mailing_there_is_not_is_named(db: None) -> None:
    with pytest.raises(NotFound, match="There is no mailing 5"):
        summary.get_mailing(5)
    with pytest.raises(NotFound, match="There is no mailing 5"):
        recipients.list_recipients(5, by=SYSTEM)


def test_mailings_are_listed_for_the_newsletters_asked_for(sent: Mailing, newsroom: Newsroom) -> None:
    assert summary.list_mailings() == (sent,)
    assert summary.list_mailings(newsletter_ids=[newsroom.briefing.id]) == (sent,)
    assert summary.list_mailings(newsletter_ids=[newsroom.other.id]) == ()


def test_an_edition_knows_its_mailing_unless_it_was_cancelled(plan: Plan, now: datetime) -> None:
    made = plan()
    assert summary.find_mailing_of_edition(made.edition_id) == made
    mailings.cancel(made.id, by=SystemActor("editor"), now=now)
    assert summary.find_mailing_of_edition(made.edition_id) is None
