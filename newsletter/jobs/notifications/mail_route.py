"""Notifications by mail: composed as text and HTML, sent through an SMTP server of their own."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as CRLF
from email.utils import format_datetime

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from newsletter.config import Config
from newsletter.delivery.providers.base import Answer
from newsletter.delivery.providers.smtp import Smtp
from newsletter.jobs.notifications.texts import NotificationText

SETTING = "NEWSLETTER_NOTIFY_SMTP_URL"
TIMEOUT = 20.0  # seconds for each answer: the others wait behind it
CHOICES_PATH = "/account/notifications/"


def open_server(config: Config) -> Smtp:
    """The server that notifications are mailed through. Raises BadInput where its address is none."""
    return Smtp(config.notify_smtp_url, setting=SETTING, timeout=TIMEOUT)


def send_mail(server: Smtp, message: EmailMessage, *, address: str, config: Config) -> Answer:
    """Sends a finished mail to one address."""
    return server.send_message(find_sender(config), address, message.as_bytes(policy=CRLF))


def find_sender(config: Config) -> str:
    """The address that notifications come from."""
    return config.notify_from or f"newsletter@{config.host}"


def compose_mail(text: NotificationText, *, key: str, address: str, config: Config, now: datetime) -> EmailMessage:
    """The mail of a notification. Its Message-ID is made of the notification, so that the same twice is seen as one."""
    message = EmailMessage()
    name, _at, domain = find_sender(config).rpartition("@")
    message["From"] = Address(_("Newsletter desk"), name, domain)
    message["To"] = address
    message["Subject"] = text.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<notification.{key}@{config.host}>"
    message["Auto-Submitted"] = "auto-generated"
    if text.urgent:
        message["Importance"] = "high"
    context = {
        "text": text,
        "url": config.base_url + text.path,
        "choices_url": config.base_url + CHOICES_PATH,
        "host": config.host,
    }
    message.set_content(_write_plain(text, context["url"], context["choices_url"]))
    message.add_alternative(render_to_string("mails/notification.html", context), subtype="html")
    return message


def _write_plain(text: NotificationText, url: object, choices_url: object) -> str:
    rows = "\n".join(f"{label}: {value}" for label, value in text.rows)
    parts = [text.subject, *text.paragraphs, rows, f"{text.button}:\n{url}"]
    chosen = _("Choose what you are notified of:")
    return "\n\n".join(filter(None, parts)) + f"\n\n-- \n{chosen}\n{choices_url}\n"
