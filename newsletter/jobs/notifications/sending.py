"""Telling: whoever runs looks at the rows, records what is new, and sends what is due.

Every process does so, so that those that still run tell of those that do not.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from newsletter import fetching
from newsletter.accounts import users
from newsletter.accounts.sealing import UnreadableSecretError
from newsletter.delivery import installation
from newsletter.jobs import wiring
from newsletter.jobs.notification_kinds import Route
from newsletter.jobs.notifications import (
    choices,
    following,
    mail_route,
    messages,
    observing,
    recording,
    texts,
    webhook_route,
    webhooks,
)
from newsletter.jobs.notifications.messages import Message
from newsletter.kernel.errors import BadInput, NotFound
from newsletter.kernel.iteration import do_each

log = logging.getLogger(__name__)

GONE = 410  # by which a receiver says that it wants no more (Standard Webhooks)


def watch(now: datetime) -> int:
    """Records what is new, of what happened and of what stands. Returns how much there was to tell."""

    def follow() -> int:
        return do_each(observing.look_at_conditions(now), lambda look: following.follow_conditions(look, now))

    def record() -> int:
        return recording.record_new(observing.look_at_what_happened(now), now)

    return do_each((record, follow), lambda act: act())


def send_due_messages(now: datetime, *, only: str = "") -> int:
    """Sends the messages that are due, or those of `only` one notification. Returns how many were tried.

    A copy of an installation tells nobody: what it sees happened to its original.
    """
    if not messages.has_due_messages(now) or installation.sends_to_outbox_only():
        return 0
    begun = time.monotonic()

    def read_clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - begun)

    return do_each(messages.claim_messages(read_clock, only=only), lambda claimed: _send(*claimed))


def _send(message: Message, now: datetime) -> int:
    """Prepares a message, and only then lets it leave: what fails before is tried again, what fails after is not."""
    try:
        leave = (_prepare_mail if message.route is Route.MAIL else _prepare_post)(message, now)
    except _NotPrepared as error:
        messages.mark_message_failed(message, str(error), now, permanent=error.permanent)
    except Exception as error:  # a fault of ours
        log.exception("A notification (%s) could not be prepared", message.kind)
        why = f"It could not be prepared ({type(error).__name__}); the log has more."
        messages.mark_message_failed(message, why, now)
    else:
        leave()
    return 1


class _NotPrepared(Exception):
    """Why a message cannot leave."""

    def __init__(self, why: str, *, permanent: bool = False) -> None:
        super().__init__(why)
        self.permanent = permanent


def _prepare_mail(message: Message, now: datetime) -> Callable[[], None]:
    config = wiring.get_config()
    if not _may_still_know(message):
        raise _NotPrepared("The user may no longer know this.", permanent=True)
    try:
        server = mail_route.open_server(config)
    except BadInput as error:
        raise _NotPrepared(str(error)) from None
    composed = mail_route.compose_mail(
        _write(message), key=message.key, address=message.address, config=config, now=now
    )

    def leave() -> None:
        answer = mail_route.send_mail(server, composed, address=message.address, config=config)
        if answer.accepted:
            messages.mark_message_sent(message, now)
        elif answer.unknown or answer.unknown_places:
            messages.mark_message_unknown(message, answer.message, now)
        else:
            messages.mark_message_failed(message, answer.message, now, permanent=bool(answer.refused_places))

    return leave


def _may_still_know(message: Message) -> bool:
    try:
        account = users.get_user(message.address)
    except NotFound:
        return False
    return choices.may_be_notified(account, message.newsletter_id, message.kind)


def _prepare_post(message: Message, now: datetime) -> Callable[[], None]:
    try:
        target = webhooks.open_target(message.webhook_id or 0)
    except UnreadableSecretError:
        why = "Its address was sealed with another secret key. Remove the webhook and add it again."
        raise _NotPrepared(why, permanent=True) from None
    body = webhook_route.build_body(message, _write(message), wiring.get_config().base_url)

    def leave() -> None:
        try:
            webhook_route.post_body(message.key, body, target, now=now)
        except fetching.FetchRefused as error:
            messages.mark_message_failed(message, str(error), now, permanent=True)
        except fetching.FetchError as error:
            messages.mark_message_failed(message, str(error), now, permanent=error.status == GONE)
        else:
            messages.mark_message_sent(message, now)

    return leave


def _write(message: Message) -> texts.NotificationText:
    return texts.write_text(message.kind, message.values, is_over=message.is_over)
