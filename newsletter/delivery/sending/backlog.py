"""What is to be done now, by the rows: asked by what wakes workers up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from newsletter.delivery import models
from newsletter.delivery.ledger.states import (
    OPEN_BATCH_STATES,
    RECALLABLE_MAILING_STATES,
    BatchState,
    MailingState,
    RecallState,
)
from newsletter.delivery.sending import recall_window

LONGEST_FREEZE = timedelta(minutes=10)  # ten million take one


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many batches are due or held by a dead process; whether mailings have a next step and payloads wait."""

    batches: int
    mailings: bool
    payloads: bool


def measure_backlog(now: datetime, *, limit: int) -> Backlog:
    """What is due; of batches at limit `limit` are counted."""
    due = Q(state=BatchState.PLANNED, due_at__lte=now, mailing__state=MailingState.SENDING)
    batches = models.Batch.objects.filter(due)[:limit].count()
    abandoned = models.Batch.objects.filter(
        lease_until__lt=now, state__in=(BatchState.CLAIMED, BatchState.SENDING)
    ).exists()
    begun = Q(due_at__lte=now) | Q(begins_at__lte=now)
    moving = Q(state=MailingState.SENDING) | Q(begun, state__in=(MailingState.SCHEDULED, MailingState.FREEZING))
    # What came back unsent when its mailing was stopped, and what came back accepted when it was recalled.
    back = Q(state=BatchState.PLANNED) | Q(
        mailing__recalled_at__isnull=False,
        mailing__recall=RecallState.OPEN,
        state__in=(BatchState.ACCEPTED, BatchState.UNKNOWN),
    )
    return Backlog(
        batches=batches or int(abandoned),
        mailings=models.Mailing.objects.filter(moving).exists()
        or select_unsure_recalls(now).exists()
        or models.Batch.objects.filter(back, mailing__state=MailingState.CANCELLED).exists()
        or models.SendAgain.objects.filter(Q(released_at__isnull=False) | Q(next_at__lte=now)).exists(),
        payloads=models.WebhookPayload.objects.due(now).exists(),
    )


def find_next_due(now: datetime) -> datetime | None:
    """When something is due next by its own time, after `now`; None when nothing is planned."""
    begins = Min("begins_at", filter=Q(begins_at__gt=now))
    waiting = models.Mailing.objects.filter(due_at__gt=now, state__in=(MailingState.SCHEDULED, MailingState.FREEZING))
    batches = models.Batch.objects.filter(state=BatchState.PLANNED, due_at__gt=now, mailing__state=MailingState.SENDING)
    payloads = models.WebhookPayload.objects.filter(next_at__gt=now)
    again = models.SendAgain.objects.filter(released_at=None, next_at__gt=now)
    found = (
        *waiting.aggregate(due=Min("due_at"), begins=begins).values(),
        batches.order_by("due_at").values_list("due_at", flat=True).first(),
        payloads.aggregate(at=Min("next_at"))["at"],
        again.aggregate(at=Min("next_at"))["at"],
    )
    return min((each for each in found if each is not None), default=None)


def select_unsure_recalls(now: datetime) -> QuerySet[models.Mailing]:
    """The mailings whose provider is to be asked now whether it has cancelled them: see `recall`."""
    no_time_left = Q(due_at__lt=now + recall_window.PROVIDER_LIMIT, window_checked_at=None)
    unsure = Q(state=MailingState.RECALLING) | Q(no_time_left, state__in=RECALLABLE_MAILING_STATES)
    due = Q(ask_provider_at=None) | Q(ask_provider_at__lte=now)
    return models.Mailing.objects.filter(due, unsure, recall=RecallState.OPEN, recalled_at=None)


def list_overdue_mailings(now: datetime, after: timedelta) -> tuple[int, ...]:
    """The mailings that should have moved for longer than `after` and did not, by id.

    Attempts in vain are no move: somebody must be accepted, or settled otherwise. Not those whose provider asked us
    to wait, or whose batches a worker has in its hands for the first time.
    """
    long_ago = now - after
    closed = models.RateLimit.objects.select_closed(now).values("name")
    mine = models.Batch.objects.filter(mailing_id=OuterRef("id"))
    in_hand = mine.filter(state__in=(BatchState.CLAIMED, BatchState.SENDING), lease_until__gt=now)
    moved = Q(underway_at__gt=long_ago) | Q(resumed_at__gt=long_ago)
    untouched = Q(Exists(mine.filter(state=BatchState.PLANNED, due_at__lt=long_ago)), ~Exists(in_hand)) & ~moved
    in_vain = mine.filter(state__in=OPEN_BATCH_STATES, failing_since__lt=long_ago)
    settled = Q(resumed_at__gt=long_ago) | Q(Exists(mine.filter(submitted_at__gt=long_ago)))
    stuck = untouched | Q(Exists(in_vain)) & ~settled
    begun = Q(due_at__lt=long_ago, frozen_at=None) | Q(frozen_at__lt=now - LONGEST_FREEZE)
    waiting = Q(state=MailingState.SENDING) & stuck | Q(
        begun & ~moved, state__in=(MailingState.SCHEDULED, MailingState.FREEZING)
    )
    return tuple(models.Mailing.objects.filter(waiting).exclude(provider__in=closed).values_list("id", flat=True))
