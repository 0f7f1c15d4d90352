"""What was told, and whether it arrived."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from newsletter.jobs import models
from newsletter.jobs.notification_kinds import MessageState, NotificationKind, Route
from newsletter.jobs.notifications import texts
from newsletter.jobs.notifications.recording import is_end


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What became of a message to one recipient: a user's address, or a webhook's name."""

    route: Route
    recipient: str
    state: MessageState
    attempts: int
    done_at: datetime | None
    error: str

    @property
    def arrived(self) -> bool:
        """Whether the server has it."""
        return self.state is MessageState.SENT


@dataclass(frozen=True, slots=True)
class ToldNotification:
    """A notification with all its messages; `path` is where it is settled, below the base URL."""

    id: str
    kind: NotificationKind
    newsletter_id: int | None
    at: datetime
    created_at: datetime
    subject: str
    path: str
    messages: tuple[SentMessage, ...]

    @property
    def outcome(self) -> str:
        """“2 sent, 1 waiting”."""
        counts = Counter(each.state.label.lower() for each in self.messages)
        return ", ".join(f"{n} {state}" for state, n in sorted(counts.items())) or "to nobody"


def list_notifications(*, limit: int) -> tuple[ToldNotification, ...]:
    """The latest notifications, newest first."""
    rows = models.Notification.objects.prefetch_related("messages__user", "messages__webhook")
    return tuple(_to_told(row) for row in rows.order_by("-id")[:limit])


def get_notification(key: str) -> ToldNotification:
    """The notification with this opaque id, which is known to exist."""
    return _to_told(models.Notification.objects.get(key=key))


def count_unsettled(since: datetime) -> dict[MessageState, int]:
    """How many messages since an instant are unknown or were given up."""
    rows = models.NotificationMessage.objects.filter(done_at__gte=since)
    counts = Counter(rows.values_list("state", flat=True))
    return {state: counts[state] for state in (MessageState.UNKNOWN, MessageState.FAILED) if counts[state]}


def _to_told(row: models.Notification) -> ToldNotification:
    kind = NotificationKind(row.kind)
    text = texts.write_text(kind, row.values, is_over=is_end(row.subject))
    messages = tuple(
        SentMessage(
            Route(each.route),
            each.user.email if each.user else each.webhook.name if each.webhook else "",
            MessageState(each.state),
            each.attempts,
            each.done_at,
            each.error,
        )
        for each in row.messages.order_by("id").all()
    )
    return ToldNotification(row.key, kind, row.newsletter_id, row.at, row.created_at, text.subject, text.path, messages)
