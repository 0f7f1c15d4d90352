"""Trying out whether a user or a webhook is reached."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletter.accounts.own_account import require_own_or_users
from newsletter.jobs import wiring
from newsletter.jobs.notifications import history, mail_route, recording, sending, webhooks
from newsletter.jobs.notifications.history import ToldNotification
from newsletter.kernel import ids
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import Refused


def send_test_notification(recipient: str, *, by: Actor, now: datetime) -> ToldNotification:
    """Sends a test to a user, by address, or to a webhook, by name, and says what became of it.

    Raises NotFound, NotAllowed, Refused where notifications are not mailed.
    """
    is_address = "@" in recipient
    if is_address:
        require_own_or_users(by, recipient)
        if not wiring.get_config().notify_smtp_url:
            raise Refused(f"Notifications are not mailed: set {mail_route.SETTING}.")
    else:
        require_right(by, Verb.CONFIGURE, newsletter_id=webhooks.get_webhook(recipient).newsletter_id)
    with transaction.atomic():
        key = recording.record_test(
            email=recipient if is_address else "",
            webhook="" if is_address else recipient,
            subject=f"test {ids.generate_id()}",
            now=now,
        )
        by.record(ActionRecord("tested notifications", recipient, now))
    sending.send_due_messages(now, only=key)
    return history.get_notification(key)
