"""New rows of the ledger, made in one place: batches with their packed members, and incidents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from newsletter.delivery import ledger, models, states
from newsletter.kernel import ids


def batch(mailing_id: int, number: int, members: Sequence[int], due_at: datetime, **strata: Any) -> models.Batch:
    """A planned batch, not yet stored. `strata` are wave, variant, language, tracking, and whether it is a repair."""
    return models.Batch(
        mailing_id=mailing_id,
        number=number,
        key=ids.opaque(),
        format=ledger.FORMAT,
        members=ledger.pack_members(members),
        outcomes=ledger.Outcomes.planned(len(members)).packed(),
        size=len(members),
        first_id=members[0],
        last_id=members[-1],
        state=states.PLANNED,
        due_at=due_at,
        **strata,
    )


def incident(
    of: models.Batch, subscriber_id: int, *, address: str, kind: str, reason: str, at: datetime
) -> models.Incident:
    """Something out of the ordinary that happened to one delivery of a batch, not yet stored."""
    return models.Incident(
        mailing_id=of.mailing_id,
        batch_id=of.id,
        subscriber_id=subscriber_id,
        address=address,
        kind=kind,
        reason=reason,
        at=at,
    )
