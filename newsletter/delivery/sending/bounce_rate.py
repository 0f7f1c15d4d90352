"""Stopping a mailing that too many receiving servers turn away: going on would cost the sender its reputation."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db.models import Sum

from newsletter.catalog import newsletters
from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome
from newsletter.delivery.sending import mailings, probing
from newsletter.kernel.iteration import do_each

MIN_ACCEPTED = 500  # before a rate says anything

log = logging.getLogger(__name__)


def pause_turned_away(mailing_ids: Iterable[int]) -> int:
    """Pauses those of these mailings of which more bounce or are blocked than their newsletter's limit. How many.

    After it was resumed, only what was submitted since then counts: somebody has looked at it.
    """
    rows = models.Mailing.objects.filter(id__in=list(mailing_ids), state=MailingState.SENDING)
    return do_each(rows, _pause_if_turned_away)


def _pause_if_turned_away(row: models.Mailing) -> bool:
    since = probing.build_resumed_filter(row)
    batches = models.Batch.objects.filter(since, mailing_id=row.id, state=BatchState.ACCEPTED)
    accepted = batches.aggregate(n=Sum("size"))["n"] or 0
    if accepted < MIN_ACCEPTED:
        return False
    kinds = (Outcome.BOUNCED.key, Outcome.BLOCKED.key)
    turned_away = models.DeliveryException.objects.filter(mailing_id=row.id, batch__in=batches, kind__in=kinds)
    count = turned_away.values("subscriber_id").distinct().count()
    if 100 * count <= newsletters.get_newsletter(row.newsletter_id).bounce_limit * accepted:
        return False
    mailings.pause_on_error(
        row.id,
        f"{count} of {accepted} were bounced or blocked by the receiving servers. Look why: newsletter mailings report "
        f"{row.id}. Then resume, or cancel it.",
    )
    return True
