"""Notifications as rows: each fact once, with a message for each recipient; claimed and settled like mail.

    fact ─record_fact─▶ Notification + messages (waiting) ─claim_message─▶ sending ─settle─▶ sent · unknown · failed
                                                             ▲── refused for sure, or a webhook: tried again ──┘

Any number of processes may look and send at once: a fact is unique by its kind and subject, a message is claimed by one
conditional UPDATE.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from newsletter.accounts import users
from newsletter.jobs import models, wiring
from newsletter.jobs.notification_kinds import (
    CONDITION_RULES,
    MessageState,
    NotificationKind,
    Route,
    WebhookForm,
)
from newsletter.jobs.notifications import choices, webhooks
from newsletter.jobs.notifications.conditions import ConditionState, Telling, advance_condition
from newsletter.jobs.notifications.facts import Fact, Sighting, Values
from newsletter.jobs.notifications.observing import Candidate, Look
from newsletter.kernel import ids
from newsletter.kernel.clock import compute_latest_end
from newsletter.kernel.iteration import do_each

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # longer than any try takes
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(hours=24)  # nobody wants to hear of yesterday's draft
KEPT_FOR = timedelta(days=90)
_OVER = ":over"


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


def record_new(candidates: Iterable[Candidate], now: datetime) -> int:
    """Records what is new among what happened. One that cannot be told stops no other. Returns how many."""
    wanted = {(each.kind, each.subject): each for each in candidates}
    subjects = [subject for _, subject in wanted]
    rows = models.Notification.objects.filter(subject__in=subjects).values_list("kind", "subject")
    told = {*rows.iterator()}
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
                "key": ids.generate_id(16),
                "newsletter_id": fact.newsletter_id,
                "values": dict(fact.values),
                "at": fact.at,
                "created_at": now,
            },
        )
        if made:
            _address(row, fact, now)
    return made


def record_test(email: str, webhook: str, *, subject: str, now: datetime) -> str:
    """Records a test to one user, or one webhook; its key. Raises NotFound."""
    account = users.get_user(email) if email else None
    taker = webhooks.get_webhook(webhook) if webhook else None
    with transaction.atomic():
        row = models.Notification.objects.create(
            key=ids.generate_id(16), kind=NotificationKind.TEST, subject=subject, at=now, created_at=now
        )
        if account is not None:
            row.messages.create(route=Route.MAIL, user_id=account.id, due_at=now)
        if taker is not None:
            row.messages.create(route=Route.WEBHOOK, webhook_id=taker.id, due_at=now)
    return row.key


def _address(row: models.Notification, fact: Fact, now: datetime) -> None:
    mailed = choices.list_notified_users(fact) if wiring.get_config().notify_smtp_url else ()
    posted = webhooks.list_takers(fact.kind, fact.newsletter_id)
    messages = [models.NotificationMessage(route=Route.MAIL, user_id=each.id) for each in mailed]
    messages += [models.NotificationMessage(route=Route.WEBHOOK, webhook_id=each) for each in posted]
    for each in messages:
        each.notification, each.due_at = row, now
    models.NotificationMessage.objects.bulk_create(messages)
    log.info("Notification %s (%s): %s mails, %s webhooks", row.kind, row.subject, len(mailed), len(posted))


# Conditions


def follow_conditions(look: Look, now: datetime) -> int:
    """Follows the conditions that one look judged. Returns how many tellings were recorded."""
    seen = {each.key: each for each in look.sightings}
    open_rows = models.NotificationCondition.objects.filter(key__startswith=look.judged, ended_at=None)
    keys = [*seen, *(key for key in open_rows.values_list("key", flat=True) if key not in seen)]
    return do_each(keys, lambda key: _follow(key, seen.get(key), now))


def _follow(key: str, sighting: Sighting | None, now: datetime) -> bool:
    with transaction.atomic():
        row = models.NotificationCondition.objects.filter(key=key).first()
        if sighting is None:
            if row is None:
                return False
            sighting, present = Sighting(NotificationKind(row.kind), key, row.newsletter_id, row.values), False
        else:
            present = True
        before = _to_state(row) if row else None
        rule = CONDITION_RULES[sighting.kind]
        after, telling = advance_condition(before, present=present, rule=rule, now=now)
        if after is None or after is before or not _store_condition(row, sighting, after):
            return False  # nothing is new, or another process has seen it
        return telling is not None and _tell(sighting, after, telling, now)


def _store_condition(row: models.NotificationCondition | None, sighting: Sighting, state: ConditionState) -> bool:
    """Whether nobody else was faster."""
    fields: dict[str, Any] = {
        "kind": sighting.kind,
        "newsletter_id": sighting.newsletter_id,
        "values": dict(sighting.values),
        "episode": state.episode,
        "began_at": state.began_at,
        "absent_since": state.absent_since,
        "told_at": state.told_at,
        "ended_at": state.ended_at,
        "tellings": [each.isoformat() for each in state.tellings],
    }
    if row is None:
        return models.NotificationCondition.objects.get_or_create(key=sighting.key, defaults=fields)[1]
    mine = models.NotificationCondition.objects.filter(id=row.id, version=row.version)
    return bool(mine.update(**fields, version=F("version") + 1))


def _tell(sighting: Sighting, state: ConditionState, telling: Telling, now: datetime) -> bool:
    subject = f"{sighting.key}#{state.episode}"
    values = {**sighting.values, "began_at": state.began_at.isoformat()}
    if telling is Telling.OVER:
        subject += _OVER
        values["ended_at"] = (state.absent_since or now).isoformat()
    return record_fact(Fact(sighting.kind, subject, sighting.newsletter_id, now, values), now)


def _to_state(row: models.NotificationCondition) -> ConditionState:
    tellings = tuple(datetime.fromisoformat(each) for each in row.tellings)
    return ConditionState(row.episode, row.began_at, row.absent_since, row.told_at, row.ended_at, tellings)


# Sending


def claim_messages(now: datetime, *, only: str = "") -> Iterator[Message]:
    """Claims what is due, one message after the other, each right before it is sent; `only` of one notification.

    A mail whose sender died while it may have been leaving is unknown, and never sent again. A post to a webhook is
    tried again: its receiver knows it by its id.
    """
    _take_back_expired(now)
    due = models.NotificationMessage.objects.filter(state=MessageState.WAITING, due_at__lte=now)
    due = due.filter(notification__key=only) if only else due
    for message_id in list(due.order_by("due_at", "id").values_list("id", flat=True)):
        mine = models.NotificationMessage.objects.filter(id=message_id, state=MessageState.WAITING)
        fields = {"state": MessageState.SENDING, "lease_until": now + LEASE, "attempts": F("attempts") + 1}
        if mine.update(**fields):
            yield _to_message(message_id)


def is_end(subject: str) -> bool:
    """Whether a notification of this subject tells that a condition has ended."""
    return subject.endswith(_OVER)


def has_due_messages(now: datetime) -> bool:
    """Whether there is anything for `claim_messages`."""
    due = Q(state=MessageState.WAITING, due_at__lte=now) | Q(state=MessageState.SENDING, lease_until__lt=now)
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


def delete_old_notifications(now: datetime) -> int:
    """Deletes notifications and conditions that ended long ago. Returns how many notifications."""
    models.NotificationCondition.objects.filter(ended_at__lt=now - KEPT_FOR).delete()
    old = models.Notification.objects.filter(created_at__lt=now - KEPT_FOR)
    return old.delete()[1].get("jobs.Notification", 0)


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
        is_over=is_end(of.subject),
        route=Route(row.route),
        address=row.user.email if row.user else "",
        webhook_id=row.webhook_id,
        form=WebhookForm(row.webhook.form) if row.webhook else None,
        attempts=row.attempts,
        created_at=of.created_at,
    )
