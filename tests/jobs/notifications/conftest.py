"""A mail server and a webhook, both local; and the provider is down."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import pytest

from newsletter.jobs import heartbeats
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications import sending, webhooks
from newsletter.jobs.notifications.facts import Fact
from tests.actors import SYSTEM
from tests.fakes.smtp import SmtpServer, listening
from tests.fakes.webhook import WebhookServer, taking_posts


@dataclass
class Routes:
    """Where notifications arrive: the mail server and the webhook."""

    smtp: SmtpServer
    hook: WebhookServer
    secret: str = ""

    def tell(self, now: datetime) -> None:
        """Looks at the rows and sends what is due, as a process does again and again."""
        sending.watch(now)
        sending.send_due_messages(now)

    @property
    def mails(self) -> list[EmailMessage]:
        unstuffed = [raw.replace(b"\n..", b"\n.") for _, raw in self.smtp.accepted]  # RFC 5321, section 4.5.2
        found = [email.message_from_bytes(raw, policy=email.policy.default) for raw in unstuffed]
        return [each for each in found if isinstance(each, EmailMessage)]

    @property
    def subjects(self) -> list[tuple[str, str]]:
        """Who was mailed what."""
        return [
            (address, str(each["Subject"])) for (address, _), each in zip(self.smtp.accepted, self.mails, strict=True)
        ]

    @property
    def kinds(self) -> list[str]:
        """What was posted, by kind; what tells an end has “over” behind it."""
        return [each.json["kind"] + (" over" if each.json["over"] else "") for each in self.hook.posts]


@pytest.fixture
def routes(newsroom: Any, now: datetime, settings: Any) -> Iterator[Routes]:
    """Both routes, for a newsroom whose provider refuses every connection; all processes are alive."""
    with listening(SmtpServer()) as smtp, taking_posts() as hook:
        settings.CONFIG = replace(
            settings.CONFIG,
            notify_smtp_url=smtp.url,
            base_url="https://desk.example.com",
            provider="smtp",
            smtp_url="smtp://127.0.0.1:9",
        )
        _, secret = webhooks.add_webhook("chat", f"{hook.url}/secret-path", allows_private=True, by=SYSTEM, now=now)
        keep_alive(now)
        yield Routes(smtp, hook, secret)


def keep_alive(now: datetime, *kinds: heartbeats.ProcessKind) -> None:
    """Every process gives a sign of life."""
    for kind in kinds or (*heartbeats.BACKGROUND, heartbeats.ProcessKind.WEB):
        heartbeats.record_heartbeat(kind, now=now)


def build_fact(newsroom: Any, now: datetime, subject: str = "occurrence 1") -> Fact:
    """That an edition of the morning newsletter is held."""
    return Fact(NotificationKind.HELD, subject, newsroom.briefing.id, now, {"newsletter": "Morning Briefing"})
