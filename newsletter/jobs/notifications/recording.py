"""Notifications as rows: each fact is recorded once, with a message for each recipient.

Any number of processes may record at once: a fact is unique by its kind and subject.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from newsletter.jobs import models, wiring
from newsletter.jobs.notification_kinds import NotificationKind, Route
from newsletter.jobs.notifications import choices, webhooks
from newsletter.jobs.notifications.facts import Fact
from newsletter.jobs.notifications.observing import Candidate
from newsletter.kernel import ids
from newsletter.kernel.iteration import do_each

log = logging.getLogger(__name__)

KEY_LENGTH = 16
KEPT_FOR = timedelta(days=90)
END = ":over"  # of the subject of a notification that tells that a condition has ended


def record_new(candidates: Iterable[Candidate], now: datetime) -> int:
    """Records what is new among what happened. One that cannot be told stops no other. Returns how many."""
    wanted = {(each.kind, each.subject): each for each in candidates}
    subjects = [subject for _, subject in wanted]
    kinds = {kind for kind, _ in wanted}
    told = {*models.Notification.objects.filter(kind__in=kinds, subject__in=subjects).values_list("kind", "subject")}
    return do_each((each for key, each in wanted.items() if key not in told), lambda each: _build(each, now))


def _build(candidate: Candidate, now: datetime) -> bool:
    fact = candidate.build()
    return fact is not None and record_fact(fact, now)


def record_fact(fact: Fact, now: datetime) -> bool:
    """Records a fact with a message for each recipient; False where somebody has done so already."""
    with transaction.atomic():
        row, made = models.Notification.objects.get_or_create(
            kind=fact.kind,
            subject=fact.subject,
            defaults={
                "key": ids.generate_id(KEY_LENGTH),
                "newsletter_id": fact.newsletter_id,
                "values": dict(fact.values),
                "at": fact.at,
                "created_at": now,
            },
        )
        if made:
            _address(row, fact, now)
    return made


def record_test(*, user_id: int | None = None, webhook_id: int | None = None, now: datetime) -> str:
    """Records a test to one user, or to one webhook; its key. Each is a notification of its own."""
    key = ids.generate_id(KEY_LENGTH)
    with transaction.atomic():
        row = models.Notification.objects.create(
            key=key, kind=NotificationKind.TEST, subject=f"test {key}", at=now, created_at=now
        )
        route = Route.MAIL if user_id is not None else Route.WEBHOOK
        row.messages.create(route=route, user_id=user_id, webhook_id=webhook_id, due_at=now)
    return key


def _address(row: models.Notification, fact: Fact, now: datetime) -> None:
    mailed = choices.list_notified_users(fact) if wiring.get_config().notify_smtp_url else ()
    posted = webhooks.list_takers(fact.kind, fact.newsletter_id)
    messages = [models.NotificationMessage(route=Route.MAIL, user_id=each.id) for each in mailed]
    messages += [models.NotificationMessage(route=Route.WEBHOOK, webhook_id=each) for each in posted]
    for each in messages:
        each.notification, each.due_at = row, now
    models.NotificationMessage.objects.bulk_create(messages)
    log.info("Notification %s (%s): %s mails, %s webhooks", row.kind, row.subject, len(mailed), len(posted))


def is_end(subject: str) -> bool:
    """Whether a notification of this subject tells that a condition has ended."""
    return subject.endswith(END)


def delete_old_notifications(now: datetime) -> int:
    """Deletes notifications of long ago, with their messages. Returns how many."""
    old = models.Notification.objects.filter(created_at__lt=now - KEPT_FOR)
    return old.delete()[1].get("jobs.Notification", 0)
