"""Whether so many of a mailing are unknown that it is not over, though nothing of it is left to send."""

from __future__ import annotations

from typing import Any

from newsletter.delivery import models
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome
from newsletter.delivery.sending import ledger_stand

MAX_UNKNOWN = 0.01  # of those planned; more than this is an outage, not an accident
ALARM = (
    "More than 1 % of the subscribers are unknown, so it is not finished. Events of the provider settle them, or you: "
    "newsletter mailings resolve. If it stays so: newsletter mailings close, with a reason."
)


def has_too_many_unknown(row: models.Mailing) -> bool:
    """Whether more than 1 % of those planned are unknown, apart from those with whom somebody closed it."""
    return count_unknown(row) - row.closed_unknown > MAX_UNKNOWN * row.planned


def count_unknown(row: models.Mailing) -> int:
    """Of how many subscribers of a mailing nobody knows whether the provider has them."""
    stand = ledger_stand.read_stand(models.Batch.objects.filter(mailing_id=row.id))
    return ledger_stand.read_once(("unknown", row.key), stand, lambda: _count_unknown(row.id))


def _count_unknown(mailing_id: int) -> int:
    packed = models.Batch.objects.filter(mailing_id=mailing_id, state=BatchState.UNKNOWN)
    rows = packed.values_list("outcomes", "format").iterator(chunk_size=200)
    return sum(Outcomes(data, form).count_outcomes()[Outcome.UNKNOWN] for data, form in rows)


def reopen_mailing(row: models.Mailing, **values: Any) -> None:
    """Lets a mailing that is over go on, as new batches of it were planned. Within their transaction.

    Where somebody closed it, that stands for those who are unknown still: what is planned now is settled by itself, and
    only new ones that get lost keep it open.
    """
    mine = models.Mailing.objects.filter(id=row.id, state=MailingState.FINISHED)
    if row.closed_unknown:
        values["closed_unknown"] = min(row.closed_unknown, _count_unknown(row.id))
    mine.update(state=MailingState.SENDING, finished_at=None, **values)
