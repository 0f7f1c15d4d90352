"""Batches whose worker died: what was only claimed is planned again, what was in flight is unknown."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from newsletter.delivery import isolation, models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, Outcome
from newsletter.kernel import clock

LEASE = timedelta(minutes=5)  # of a batch; longer than a provider's slowest answer


def recover_expired_leases(now: datetime) -> int:
    """Settles what died in other hands: a claim goes back to planned, a request in flight becomes unknown."""
    _shorten_impossible_leases(now)
    late = models.Batch.objects.filter(lease_until__lt=now, state__in=(BatchState.CLAIMED, BatchState.SENDING))
    if not late.exists():
        return 0
    back = late.filter(state=BatchState.CLAIMED).update(state=BatchState.PLANNED, lease_owner="", lease_until=None)
    lost = late.filter(state=BatchState.SENDING).values_list("id", flat=True)
    return back + isolation.run_each("Settling lost batch", list(lost), lambda each: _settle_lost(each, now), now)


def _shorten_impossible_leases(now: datetime) -> None:
    """Cuts leases that end later than any can, as those of a clock that was put back: their owners may be dead.

    Cut, not ended: whoever has one may be at it, and ends it with the answer.
    """
    held = models.Batch.objects.filter(state__in=(BatchState.CLAIMED, BatchState.SENDING))
    impossible = held.filter(lease_until__gt=clock.compute_latest_end(now, LEASE))
    if impossible.exists():
        impossible.update(lease_until=now + LEASE)


def _settle_lost(batch_id: int, now: datetime) -> int:
    back = 0
    for batch in models.Batch.objects.filter(id=batch_id, lease_until__lt=now, state=BatchState.SENDING):
        outcomes = Outcomes(batch.outcomes, batch.format)
        outcomes.mark(outcomes.list_places(Outcome.PLANNED), Outcome.UNKNOWN)
        # With its version: an event may have proved an earlier attempt since we read it. The next look settles it then.
        lost = models.Batch.objects.filter(id=batch.id, version=batch.version, state=BatchState.SENDING)
        back += lost.filter(attempt_key=batch.attempt_key).update(
            state=states.derive_batch_state(outcomes.count_outcomes()),
            outcomes=outcomes.pack(),
            error="The process that was sending ended before the answer came.",
            lease_until=None,
            submitted_at=now,
            version=F("version") + 1,
        )
    return back
