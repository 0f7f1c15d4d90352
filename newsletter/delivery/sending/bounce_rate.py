"""Stopping a mailing that too many receiving servers turn away: going on would cost the sender its reputation."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, Sum

from newsletter.catalog import newsletters
from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome
from newsletter.delivery.sending import mailings, probing
from newsletter.kernel.iteration import do_each

MIN_ACCEPTED = 500  # before a rate says anything
_TURNED_AWAY = (Outcome.BOUNCED.key, Outcome.BLOCKED.key)

log = logging.getLogger(__name__)


def pause_turned_away(mailing_ids: Iterable[int]) -> int:
    """Pauses those of these mailings of which more bounce or are blocked than their newsletter's limit. How many.

    After it was resumed, only what was submitted since then counts: somebody has looked at it.
    """
    rows = models.Mailing.objects.filter(id__in=list(mailing_ids), state=MailingState.SENDING)
    return do_each(rows, _pause_if_turned_away)


def _pause_if_turned_away(row: models.Mailing) -> bool:
    found = _measure(row, since=probing.build_resumed_filter(row))
    if found is None:
        return False
    mailings.pause_on_error(
        row.id,
        f"{found.turned_away} of {found.accepted} were bounced or blocked by the receiving servers. Look why, then "
        "resume, or cancel it.",
    )
    return True


@dataclass(frozen=True, slots=True)
class BounceSpike:
    """A mailing of which more was bounced or blocked than its newsletter's limit (in percent)."""

    mailing_id: int
    newsletter_id: int
    edition_id: int
    turned_away: int
    accepted: int


def list_spikes(since: datetime) -> tuple[BounceSpike, ...]:
    """The mailings due since an instant with too many bounces, over or not, and whatever was done about it."""
    kinds = models.DeliveryException.objects.filter(mailing_id=OuterRef("id"), kind__in=_TURNED_AWAY)
    rows = models.Mailing.objects.filter(Exists(kinds), due_at__gte=since, started_at__isnull=False)
    return tuple(filter(None, (_measure(row) for row in rows.order_by("id"))))


def _measure(row: models.Mailing, *, since: Q | None = None) -> BounceSpike | None:
    """How much was turned away, of what was submitted `since`; None where that is within the limit, or says nothing."""
    batches = models.Batch.objects.filter(since or Q(), mailing_id=row.id, state=BatchState.ACCEPTED)
    accepted = batches.aggregate(n=Sum("size"))["n"] or 0
    if accepted < MIN_ACCEPTED:
        return None
    turned_away = models.DeliveryException.objects.filter(mailing_id=row.id, batch__in=batches, kind__in=_TURNED_AWAY)
    count = turned_away.values("subscriber_id").distinct().count()
    if 100 * count <= newsletters.get_newsletter(row.newsletter_id).bounce_limit * accepted:
        return None
    return BounceSpike(row.id, row.newsletter_id, row.edition_id, count, accepted)
