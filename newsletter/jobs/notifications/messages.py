"""Messages of notifications as rows: claimed, sent, settled.

    waiting ─claim_messages─▶ sending ─▶ sent · unknown · failed
       ▲── refused for now, or a post whose answer is lost ──┘

`sending` is stored before the first byte leaves, by one conditional UPDATE: any number of processes may send at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from newsletter.jobs import models
from newsletter.jobs.notification_kinds import MessageState, NotificationKind, Route, WebhookForm
from newsletter.jobs.notifications import recording
from newsletter.jobs.notifications.facts import Values
from newsletter.kernel.clock import compute_latest_end

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # longer than any try takes
LONGEST_TURN = timedelta(seconds=30)
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(hours=24)  # nobody wants to hear of yesterday's draft


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was claimed: what to tell, to whom, by which route."""

    id: int
    key: str  # of the notification: the same for all its messages
    kind: NotificationKind
    newsletter_id: int | None
    values: Values
    at: datetime
    is_over: bool  # it tells that a condition has ended
    route: Route
    address: str  # of the user
    webhook_id: int | None
    form: WebhookForm | None
    attempts: int
    created_at: datetime


def claim_messages(read_clock: Callable[[], datetime], *, only: str = "") -> Iterator[tuple[Message, datetime]]:
    """Claims what is due, one message after the other, each right before it is sent, with the instant of the claim.

    `only`: of one notification. Ends when it has taken long, so that whoever sends can do what else there is to do.

    A mail whose sender died while it may have been leaving is unknown, and never sent again. A post to a webhook is
    tried again: its receiver knows it by its id.
    """
    began = read_clock()
    _take_back_expired(began)
    due = models.NotificationMessage.objects.filter(state=MessageState.WAITING, due_at__lte=began)
    due = due.filter(notification__key=only) if only else due
    for message_id in list(due.order_by("due_at", "id").values_list("id", flat=True)):
        now = read_clock()
        if now - began > LONGEST_TURN:
            return
        mine = models.NotificationMessage.objects.filter(id=message_id, state=MessageState.WAITING)
        fields = {"state": MessageState.SENDING, "lease_until": now + LEASE, "attempts": F("attempts") + 1}
        if mine.update(**fields):
            yield _to_message(message_id), now


def has_due_messages(now: datetime) -> bool:
    """Whether there is anything for `claim_messages`."""
    expired = Q(lease_until__lt=now) | Q(lease_until__gt=compute_latest_end(now, LEASE))
    due = Q(state=MessageState.WAITING, due_at__lte=now) | Q(expired, state=MessageState.SENDING)
    return models.NotificationMessage.objects.filter(due).exists()


def mark_message_sent(message: Message, now: datetime) -> None:
    """The server has it."""
    _settle(message, state=MessageState.SENT, done_at=now, error="")


def mark_message_unknown(message: Message, why: str, now: datetime) -> None:
    """The answer was lost: never sent again."""
    _settle(message, state=MessageState.UNKNOWN, done_at=now, error=why[:300])


def mark_message_failed(message: Message, why: str, now: datetime, *, permanent: bool = False) -> None:
    """It was not taken: tried again, later each time, until it is a day old or the refusal is for good."""
    wait = min(FIRST_RETRY * 2 ** min(message.attempts - 1, 10), LONGEST_RETRY)
    if permanent or now + wait > message.created_at + GIVEN_UP_AFTER:
        log.warning("A notification (%s) by %s was given up: %s", message.kind, message.route, why)
        _settle(message, state=MessageState.FAILED, done_at=now, error=why[:300])
    else:
        _settle(message, state=MessageState.WAITING, due_at=now + wait, error=why[:300])


def give_up_mails(now: datetime) -> int:
    """Counts the mails that wait in a restored database as unknown: they may have been sent since its backup was made.

    Returns how many.
    """
    waiting = models.NotificationMessage.objects.filter(
        route=Route.MAIL, state__in=(MessageState.WAITING, MessageState.SENDING)
    )
    why = "The database was restored, and it may have been sent after the backup."
    return waiting.update(state=MessageState.UNKNOWN, done_at=now, lease_until=None, error=why)


def _take_back_expired(now: datetime) -> None:
    in_hands = models.NotificationMessage.objects.filter(state=MessageState.SENDING)
    in_hands.filter(lease_until__gt=compute_latest_end(now, LEASE)).update(lease_until=now + LEASE)
    expired = in_hands.filter(lease_until__lt=now)
    why = "The process that was sending it ended before the answer came."
    expired.filter(route=Route.MAIL).update(
        state=MessageState.UNKNOWN, done_at=now, error=f"{why} It may have arrived."
    )
    posts = expired.filter(route=Route.WEBHOOK)
    posts.filter(notification__created_at__lt=now - GIVEN_UP_AFTER).update(
        state=MessageState.FAILED, done_at=now, error=why
    )
    posts.update(state=MessageState.WAITING, due_at=now, error=why)


def _settle(message: Message, **fields: object) -> None:
    """An answer that comes after the lease ran out still settles it, unless somebody else is at it."""
    mine = models.NotificationMessage.objects.filter(
        id=message.id, attempts=message.attempts, state__in=(MessageState.SENDING, MessageState.UNKNOWN)
    )
    mine.update(lease_until=None, **fields)


def _to_message(message_id: int) -> Message:
    row = models.NotificationMessage.objects.select_related("notification", "user", "webhook").get(id=message_id)
    of = row.notification
    return Message(
        id=row.id,
        key=of.key,
        kind=NotificationKind(of.kind),
        newsletter_id=of.newsletter_id,
        values=of.values,
        at=of.at,
        is_over=recording.is_end(of.subject),
        route=Route(row.route),
        address=row.user.email if row.user else "",
        webhook_id=row.webhook_id,
        form=WebhookForm(row.webhook.form) if row.webhook else None,
        attempts=row.attempts,
        created_at=of.created_at,
    )
