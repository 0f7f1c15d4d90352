"""Mail that would leave later than its newsletter allows is held, and the operator asked: also in mid-mailing.

It is asked where mail leaves: when an audience is frozen, right before each batch, and when a mailing is resumed. Late
is what leaves more than `late_after_minutes` after the latest of

    its time · the planned time of the batch, which limits spread · when a batch of it last began · a decision of people

So a long mailing is not late as long as it moves, and one that stood still for too long is, whatever the reason.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet, Sum

from newsletter.catalog import newsletters
from newsletter.delivery import models
from newsletter.delivery.ledger.states import ACTIVE_MAILING_STATES, BatchState, MailingState
from newsletter.delivery.sending.claims import Claim
from newsletter.kernel import clock
from newsletter.scheduling import lateness

log = logging.getLogger(__name__)

NEVER_LATE = timedelta(minutes=1)  # every newsletter allows as much; and how often a mailing's progress is noted


def hold_if_late(row: models.Mailing, now: datetime) -> bool:
    """Pauses a mailing that is about to be frozen, when it is too late for that. Returns whether it did."""
    return _hold_if_late(row.id, _get_expected(row, now), now)


def hold_batch_if_late(claim: Claim, now: datetime) -> bool:
    """Pauses the mailing of a batch that is about to leave, when it is too late for that. Returns whether it did."""
    return _hold_if_late(claim.mailing_id, max(_list_instants(claim)), now)


def note_underway(claim: Claim, now: datetime) -> None:
    """Notes that a batch of a mailing begins; once a minute, so that no batch waits for it."""
    if now - claim.expected_at <= NEVER_LATE:
        return
    mine = models.Mailing.objects.filter(id=claim.mailing_id)
    mine.filter(Q(underway_at=None) | ~Q(underway_at__gt=now - NEVER_LATE, underway_at__lte=now)).update(
        underway_at=now
    )


def describe_if_late(row: models.Mailing, now: datetime) -> str:
    """Why a paused mailing is not resumed without a decision: what of it is left is late. "" when it is in time."""
    expected = _get_expected(row, now)
    left = row.frozen_at is None or _list_left(row.id).exists()
    return _describe(row, expected, now) if left and _is_late(row.newsletter_id, expected, now) else ""


def is_paused_late(mailing_id: int, now: datetime) -> bool:
    """Whether a mailing is paused, and goes on only when somebody decides that it is sent late."""
    row = models.Mailing.objects.filter(id=mailing_id, state=MailingState.PAUSED).first()
    return row is not None and bool(describe_if_late(row, now))


def _hold_if_late(mailing_id: int, expected: datetime, now: datetime) -> bool:
    if now - expected <= NEVER_LATE:
        return False
    row = models.Mailing.objects.get(id=mailing_id)
    if not _is_late(row.newsletter_id, expected, now):
        return False
    reason = _describe(row, expected, now)
    rows = models.Mailing.objects.filter(id=mailing_id, state__in=ACTIVE_MAILING_STATES, version=row.version)
    if rows.update(state=MailingState.PAUSED, reason=reason[:300]):
        log.error("Mailing %s stops: %s", mailing_id, reason)
    return True


def _is_late(newsletter_id: int, expected: datetime, now: datetime) -> bool:
    if now - expected <= NEVER_LATE:
        return False
    minutes = newsletters.get_newsletter(newsletter_id).late_after_minutes
    return lateness.is_late(expected, now, late_after_minutes=minutes)


def _get_expected(row: models.Mailing, now: datetime) -> datetime:
    # An instant to come is of a clock that was put back since.
    seen = [each for each in (row.underway_at, row.resumed_at) if each is not None and each <= now]
    return max([row.due_at, *seen])


def _list_instants(claim: Claim) -> list[datetime]:
    return [each for each in (claim.expected_at, claim.planned_at, claim.send_at) if each is not None]


def _list_left(mailing_id: int) -> QuerySet[models.Batch]:
    return models.Batch.objects.filter(mailing_id=mailing_id, state__in=(BatchState.PLANNED, BatchState.CLAIMED))


def _describe(row: models.Mailing, expected: datetime, now: datetime) -> str:
    zone = newsletters.get_newsletter(row.newsletter_id).zone
    left = (BatchState.ACCEPTED, BatchState.UNKNOWN, BatchState.SENDING)
    sent = models.Batch.objects.filter(mailing_id=row.id, state__in=left).aggregate(
        n=Sum("size"), at=Max("submitted_at")
    )
    due = clock.format_in_zone(row.due_at, zone)
    if sent["n"]:
        until = f" by {clock.format_in_zone(sent['at'], zone)}" if sent["at"] else ""
        known = f"{sent['n']:,} of {row.planned:,} were sent{until}; the rest was due {due}"
    else:
        known = f"nothing of it was sent, and it was due {due}"
    span = lateness.format_span(now - expected)
    return f"Held, because it is {span} late: {known}. Send it late, or cancel it."
