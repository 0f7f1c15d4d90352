"""Opening recall windows, and recalling what was submitted in one.

wanted ─an id of the provider's─▶ open ─▶ recalled           every case: docs/recall.md
   └─ no free place, or no answer in time ─▶ closed: it leaves at its instant, and nobody can stop it then
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.db.models.functions import Coalesce

from newsletter.curator.editions import approval
from newsletter.delivery import alarms, models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, MailingKind, MailingState, Outcome, RecallState
from newsletter.delivery.providers.base import Canceller, Provider, ProviderError
from newsletter.delivery.sending import mailings, recall_window
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import Refused

log = logging.getLogger(__name__)

RETRY_AFTER = timedelta(minutes=1)
SHORTEST_WINDOW = timedelta(minutes=5)  # of a window: a shorter one is of no use
FREE_SLOT_AFTER = timedelta(hours=4)  # behind the last message recalled: by then the provider has thrown it away
_STARTED_STATES = (MailingState.SENDING, MailingState.PAUSED, MailingState.FREEZING)


@dataclass(frozen=True, slots=True)
class RecallResult:
    """Subscribers whom a recall spared: `caught` at the provider, `withdrawn` before they were submitted."""

    caught: int
    withdrawn: int


def open_next_window(now: datetime, provider: Provider) -> bool:
    """Opens the window of one mailing that is about to be submitted. Returns whether there was one to decide about.

    When no place is free, or the provider does not answer in time, the mailing leaves at its instant without one, and
    an alarm says so before it starts: a newsletter that is late would be worse.
    """
    waiting = models.Mailing.objects.filter(recall=RecallState.WANTED, state=MailingState.SCHEDULED, begins_at__lte=now)
    row = waiting.filter(provider=provider.name).order_by("begins_at").first()
    if row is None or not isinstance(provider, Canceller):
        return False
    if now > row.due_at - recall_window.LAST_CALL - SHORTEST_WINDOW:
        return _close_window(row, "the provider gave no id for it in time", now)
    try:
        foreign = len(provider.cancelled_ids() - set(_slot_holders(now).values_list("cancel_id", flat=True)))
        if foreign + _slot_holders(now).count() >= provider.max_cancelled:
            return _close_window(row, f"all {provider.max_cancelled} places the provider has for it are taken", now)
        cancel_id = provider.new_cancel_id()
    except ProviderError as error:
        log.warning("No recall window for mailing %s yet: %s", row.id, error)
        models.Mailing.objects.filter(id=row.id, recall=RecallState.WANTED).update(begins_at=now + RETRY_AFTER)
        return True
    with transaction.atomic():
        models.RateLimit.objects.get_or_create(name="recall")
        models.RateLimit.objects.select_for_update().get(name="recall")  # no two mailings take the last place both
        if foreign + _slot_holders(now).count() < provider.max_cancelled:
            mine = models.Mailing.objects.filter(id=row.id, recall=RecallState.WANTED)
            mine.update(recall=RecallState.OPEN, cancel_id=cancel_id, begins_at=now)
    return True  # where the place was taken meanwhile, the next look says so


def _slot_holders(now: datetime) -> QuerySet[models.Mailing]:
    """Our mailings that need one of the places: they may be recalled, or were and are not thrown away yet."""
    may_be = Q(due_at__gt=now) & ~Q(state=MailingState.CANCELLED)
    return models.Mailing.objects.filter(may_be | Q(recalled_at__isnull=False), recall=RecallState.OPEN)


def _close_window(row: models.Mailing, why: str, now: datetime) -> bool:
    mine = models.Mailing.objects.filter(id=row.id, recall=RecallState.WANTED)
    if mine.update(recall=RecallState.CLOSED, begins_at=None):
        alarms.raise_alarm(
            row.id, f"It cannot be recalled: {why}. It leaves at its time and can be cancelled until then.", now
        )
    return True


def recall_mailing(mailing_id: int, *, by: Actor, now: datetime, provider: Provider) -> RecallResult:
    """Stops a mailing before its instant: all that was submitted is cancelled at the provider, the rest withdrawn.

    Unknown recipients are spared too: the provider cancels whatever it has under our id. The edition can be edited
    and sent again. Raises Refused when there is nothing to recall or no time left, SurroundingsError when the provider
    does not confirm: then the mailing is paused, and recalling can be tried again. Raises NotFound, NotAllowed.
    """
    require_right(by, Verb.SEND, newsletter_id=mailings.get_row(mailing_id).newsletter_id)
    row = _get_recallable(mailing_id, now)
    assert isinstance(provider, Canceller)
    held = models.Mailing.objects.filter(id=row.id, state__in=_STARTED_STATES)
    held.update(
        state=MailingState.PAUSED, reason=f"being recalled by {by.name}"[:300]
    )  # nothing more is submitted from here
    try:
        provider.cancel(row.cancel_id)
    except ProviderError as error:
        held.update(reason=f"The recall failed: {error} Recall it again, or resume."[:300])
        raise
    with transaction.atomic():
        models.Mailing.objects.filter(id=row.id).update(
            state=MailingState.CANCELLED, reason=f"recalled by {by.name}"[:300], recalled_at=now
        )
        withdrawn = mailings.withdraw_planned(row.id)
        caught = settle_recalled(row.id)
        if row.kind == MailingKind.EDITION:
            approval.mark_recalled(row.edition_id, now=now)
        by.record(
            ActionRecord(
                "recalled",
                f"mailing {mailing_id}",
                now,
                row.newsletter_id,
                f"{caught + withdrawn} subscribers",
                before={"state": row.state},
                after={"state": MailingState.CANCELLED.value},
            )
        )
    return RecallResult(caught, withdrawn)


def _get_recallable(mailing_id: int, now: datetime) -> models.Mailing:
    row = mailings.get_row(mailing_id)
    if row.state == MailingState.SCHEDULED:
        raise Refused(
            f"Nothing of mailing {mailing_id} was submitted yet. Stop it: newsletter mailings cancel {mailing_id}"
        )
    if row.state == MailingState.CANCELLED:
        raise Refused(f"Mailing {mailing_id} is cancelled already{f': {row.reason}' if row.reason else ''}.")
    if row.recall != RecallState.OPEN or row.state not in _STARTED_STATES:
        raise Refused(
            f"Mailing {mailing_id} is {row.state} and has no recall window, so what the provider has cannot be "
            "called back. "
            f"Stop the rest: newsletter mailings pause {mailing_id}"
        )
    if not recall_window.can_be_recalled(row.due_at, now):
        raise Refused(
            f"It is too late: mailing {mailing_id} leaves in less than {recall_window.LAST_CALL.seconds // 60} "
            "minutes or has left. "
            f"Stop what was not submitted yet: newsletter mailings cancel {mailing_id}"
        )
    return row


def settle_recalled(mailing_id: int) -> int:
    """Notes in the ledger of a recalled mailing who was spared: everybody the provider has or may have. How many."""
    caught = 0
    mine = models.Batch.objects.filter(mailing_id=mailing_id, state__in=(BatchState.ACCEPTED, BatchState.UNKNOWN))
    for batch in mine.iterator(chunk_size=50):
        while (marked := _mark_recalled(batch)) is None:
            batch.refresh_from_db()  # an event changed it meanwhile: once more, on what it says now
        caught += marked
    return caught


def _mark_recalled(batch: models.Batch) -> int | None:
    """Marks everybody in a batch whom the provider has or may have. How many; None when the row changed."""
    outcomes = Outcomes(batch.outcomes, batch.format)
    places = outcomes.list_places(Outcome.ACCEPTED) + outcomes.list_places(Outcome.UNKNOWN)
    outcomes.mark(places, Outcome.RECALLED)
    updated = models.Batch.objects.filter(id=batch.id, version=batch.version).update(
        state=states.derive_batch_state(outcomes.count_outcomes()),
        outcomes=outcomes.pack(),
        version=F("version") + 1,
    )
    return len(places) if updated else None


def settle_late_batches(now: datetime) -> int:
    """Does so for batches that were in flight when their mailing was recalled: the provider dropped them too."""
    late = models.Batch.objects.filter(
        mailing__recalled_at__isnull=False,
        mailing__due_at__gt=now - FREE_SLOT_AFTER,
        state__in=(BatchState.ACCEPTED, BatchState.UNKNOWN),
    )
    return sum(settle_recalled(mailing_id) for mailing_id in set(late.values_list("mailing_id", flat=True)))


def free_next_slot(now: datetime, provider: Provider) -> bool:
    """Gives one place back that a recall took, when its messages have been thrown away.

    Returns whether there was one.
    """
    if not isinstance(provider, Canceller):
        return False
    over = models.Mailing.objects.filter(recall=RecallState.OPEN, recalled_at__isnull=False, provider=provider.name)
    last = Coalesce(Max("batches__send_at"), "due_at")
    row = over.annotate(last=last).filter(last__lt=now - FREE_SLOT_AFTER).first()
    if row is None:
        return False
    provider.release(row.cancel_id)
    models.Mailing.objects.filter(id=row.id).update(recall=RecallState.CLOSED)
    return True
