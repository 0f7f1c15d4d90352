"""Counting anew what is kept counted, and saying what was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery.reports import ledger_sums
from newsletter.delivery.reports.ledger_sums import SumsDifference
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from subscribers import subscription_counts
from subscribers.subscription_counts import CountDifference


@dataclass(frozen=True, slots=True)
class RecountReport:
    """What was not as it is counted, and is corrected now: subscribers by list and state, mailings' sums."""

    subscribers: tuple[CountDifference, ...]
    mailings: tuple[SumsDifference, ...]


def recount(*, by: Actor, now: datetime) -> RecountReport:
    """Counts subscribers and ledgers anew, and corrects what is kept of them. Raises NotAllowed."""
    require_right(by, Verb.CONFIGURE)
    done = RecountReport(subscription_counts.recount_subscriptions(), ledger_sums.recount_ledgers())
    detail = f"{len(done.subscribers)} counts and {len(done.mailings)} sums were wrong"
    by.record(ActionRecord("recounted", "database", now, detail=detail))
    return done
