"""Trying out whether a user or a webhook is reached."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletter.accounts import users
from newsletter.accounts.own_account import require_own_or_users
from newsletter.jobs import wiring
from newsletter.jobs.notifications import history, mail_route, recording, sending, webhooks
from newsletter.jobs.notifications.history import ToldNotification
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import Refused


def send_test_notification(recipient: str, *, by: Actor, now: datetime) -> ToldNotification:
    """Sends a test to a user, by address, or to a webhook, by name, and says what became of it.

    Raises NotFound, NotAllowed, Refused where notifications are not mailed.
    """
    target: dict[str, int]
    if "@" in recipient:
        require_own_or_users(by, recipient)
        if not wiring.get_config().notify_smtp_url:
            raise Refused(f"Notifications are not mailed: set {mail_route.SETTING}.")
        target = {"user_id": users.get_user(recipient).id}
    else:
        webhook = webhooks.get_webhook(recipient)
        require_right(by, Verb.CONFIGURE, newsletter_id=webhook.newsletter_id)
        target = {"webhook_id": webhook.id}
    with transaction.atomic():
        key = recording.record_test(**target, now=now)
        by.record(ActionRecord("tested notifications", recipient, now))
    sending.send_due_messages(now, only=key)
    return history.get_notification(key)
