from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.delivery import models
from newsletter.delivery.reports import ledger_sums, recipients, summary
from newsletter.delivery.reports.summary import Mailing, MailingFilter
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


def test_a_mailing_there_is_not_is_named(db: None) -> None:
    with pytest.raises(NotFound, match="There is no mailing 5"):
        summary.get_mailing(5)
    with pytest.raises(NotFound, match="There is no mailing 5"):
        recipients.list_recipients(5, by=SYSTEM)


def test_mailings_are_listed_for_the_newsletters_asked_for(sent: Mailing, newsroom: Newsroom) -> None:
    assert summary.list_mailings() == (sent,)
    assert summary.list_mailings(MailingFilter([newsroom.briefing.id])) == (sent,)
    assert summary.list_mailings(MailingFilter([newsroom.other.id])) == ()


def test_many_mailings_are_listed_with_as_many_queries_as_one(
    sent: Mailing, django_assert_num_queries: Callable[..., Any], now: datetime
) -> None:
    copies = [models.Mailing.objects.get(id=sent.id) for _ in range(5)]
    for n, copy in enumerate(copies):
        copy.pk, copy.key, copy.kind, copy.occurrence_id = None, f"copy{n}", "test", None
        copy.save()
    while ledger_sums.refresh(now):
        pass
    with django_assert_num_queries(5):
        assert len(summary.list_mailings(limit=1)) == 1
    with django_assert_num_queries(5):
        listed = summary.list_mailings()
    assert len(listed) == 6
    assert sent in listed


def test_an_edition_knows_its_mailing_unless_it_was_cancelled(plan: Plan, now: datetime) -> None:
    made = plan()
    assert summary.find_mailing_of_edition(made.edition_id) == made
    mailings.cancel(made.id, by=SystemActor("editor"), now=now)
    assert summary.find_mailing_of_edition(made.edition_id) is None
