"""Whether so many of a mailing are unknown that it is not over, though nothing of it is left to send."""

from __future__ import annotations

from functools import lru_cache

from newsletter.delivery import models
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, Outcome

MAX_UNKNOWN = 0.01  # of those planned; more than this is an outage, not an accident
ALARM = (
    "More than 1 % of the subscribers are unknown, so it is not finished. Events of the provider settle them, or you: "
    "newsletter mailings resolve. If it stays so: newsletter mailings close, with a reason."
)


def has_too_many_unknown(row: models.Mailing) -> bool:
    """Whether more than 1 % of those planned are unknown."""
    return count_unknown(row) > MAX_UNKNOWN * row.planned


def count_unknown(row: models.Mailing) -> int:
    """Of how many subscribers of a mailing nobody knows whether the provider has them."""
    unknown = models.Batch.objects.filter(mailing_id=row.id, state=BatchState.UNKNOWN)
    return _count_unknown(row.key, tuple(unknown.order_by("id").values_list("id", "version")))


@lru_cache(maxsize=100)
def _count_unknown(key: str, versions: tuple[tuple[int, int], ...]) -> int:
    """Unpacked again only when a batch became unknown, or is so no longer: this is asked every second."""
    packed = models.Batch.objects.filter(mailing__key=key, state=BatchState.UNKNOWN)
    rows = packed.values_list("outcomes", "format").iterator(chunk_size=200)
    return sum(Outcomes(data, form).count_outcomes()[Outcome.UNKNOWN] for data, form in rows)
