"""The places a provider has for recalls: one is taken as a window opens, and given back when all is thrown away.

wanted ─an id of the provider's─▶ open ─▶ recalled           every case: docs/recall.md
   └─ no free place, or no answer in time ─▶ closed: it leaves at its instant, and nobody can stop it then
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from newsletter.delivery import alarms, installation, isolation, models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.states import MailingState, RecallState
from newsletter.delivery.providers.base import Canceller, Provider, ProviderError
from newsletter.delivery.sending import recall, recall_window

log = logging.getLogger(__name__)

SHORTEST_WINDOW = timedelta(minutes=5)  # of a window: a shorter one is of no use
FREE_SLOT_AFTER = timedelta(hours=4)  # behind the last message recalled: by then the provider has thrown it away


def open_next_window(now: datetime, provider: Provider) -> bool:
    """Opens the window of one mailing that is about to be submitted. Returns whether there was one to decide about.

    When no place is free, or the provider does not answer in time, the mailing leaves at its instant without one, and
    an alarm says so before it starts: a newsletter that is late would be worse.
    """
    waiting = models.Mailing.objects.filter(recall=RecallState.WANTED, state=MailingState.SCHEDULED, begins_at__lte=now)
    row = waiting.filter(provider=provider.name).order_by("begins_at").first()
    if row is None or not isinstance(provider, Canceller) or installation.is_held(now):
        return False
    if now > row.due_at - recall_window.LAST_CALL - SHORTEST_WINDOW:
        return _close_window(row, "the provider gave no id for it in time", now)
    # Stored before the id is asked for: of all workers one asks, and once a minute at most, however often it dies.
    if not waiting.filter(id=row.id, begins_at=row.begins_at).update(begins_at=now + recall_window.RETRY_AFTER):
        return True
    try:
        holders = _slot_holders(now, provider.account)
        foreign = len(provider.cancelled_ids() - set(holders.values_list("cancel_id", flat=True)))
        if foreign + holders.count() >= provider.max_cancelled:
            return _close_window(row, f"all {provider.max_cancelled} places the provider has for it are taken", now)
        models.Mailing.objects.filter(id=row.id).update(cancel_ids_asked=F("cancel_ids_asked") + 1)
        cancel_id = provider.new_cancel_id()
    except ProviderError as error:
        log.warning("No recall window for mailing %s yet: %s", row.id, error)
        return True
    with transaction.atomic():
        models.RateLimit.objects.get_or_create(name="recall")
        models.RateLimit.objects.select_for_update().get(name="recall")  # no two mailings take the last place both
        if foreign + holders.count() < provider.max_cancelled:
            mine = models.Mailing.objects.filter(id=row.id, recall=RecallState.WANTED)
            mine.update(recall=RecallState.OPEN, cancel_id=cancel_id, account=provider.account, begins_at=now)
        else:  # the place was taken meanwhile: the next look says so
            models.Mailing.objects.filter(id=row.id, recall=RecallState.WANTED).update(begins_at=now)
    return True


def _slot_holders(now: datetime, account: str) -> QuerySet[models.Mailing]:
    """Our mailings that need one of the places of an account: they may be recalled, or were and are not thrown away."""
    may_be = Q(due_at__gt=now) & ~Q(state=MailingState.CANCELLED)
    perhaps = Q(state=MailingState.RECALLING) | Q(recalled_at__isnull=False)
    return models.Mailing.objects.filter(may_be | perhaps, recall=RecallState.OPEN, account__in=("", account))


def _close_window(row: models.Mailing, why: str, now: datetime) -> bool:
    mine = models.Mailing.objects.filter(id=row.id, recall=RecallState.WANTED)
    if mine.update(recall=RecallState.CLOSED, begins_at=None):
        alarms.raise_alarm(
            row.id, f"It cannot be recalled: {why}. It leaves at its time and can be cancelled until then.", now
        )
    return True


def free_slots(now: datetime, provider: Provider) -> int:
    """Gives back the places that recalls took whose messages have been thrown away and whose batches are settled.

    Returns for how many. When the provider does not do it, it is asked again in a minute: until then the place counts
    as taken, and giving it back twice does no harm.
    """
    if not isinstance(provider, Canceller):
        return 0
    in_flight = models.Batch.objects.filter(mailing_id=OuterRef("id"), state__in=states.OPEN_BATCH_STATES)
    over = models.Mailing.objects.filter(
        Q(ask_provider_at=None) | Q(ask_provider_at__lte=now),
        ~Exists(in_flight),
        recall=RecallState.OPEN,
        recalled_at__isnull=False,
        provider=provider.name,
        account__in=("", provider.account),
    )
    last = Coalesce(Max("batches__send_at"), "due_at")
    rows = {row.id: row for row in over.annotate(last=last).filter(last__lt=now - FREE_SLOT_AFTER).order_by("id")}

    def free(id: int) -> bool:
        mine = over.filter(id=id)
        asked = mine.update(ask_provider_at=now + recall_window.RETRY_AFTER)
        return bool(asked) and _free_slot(rows[id], provider, now)

    return isolation.run_each("Freeing the place of mailing", rows, free, now)


def _free_slot(row: models.Mailing, provider: Canceller, now: datetime) -> bool:
    recall.settle_recalled(row.id)
    try:
        provider.release(row.cancel_id)
    except ProviderError as error:
        alarms.raise_alarm(row.id, f"The place of its recall could not be given back to {row.provider}: {error}", now)
        return True
    models.Mailing.objects.filter(id=row.id).update(recall=RecallState.CLOSED, ask_provider_at=None)
    return True
