"""A message as it leaves: multipart/alternative, text first, lines short enough for any server (RFC 5322, RFC 2046)."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from newsletter.delivery.providers.base import Envelope, Recipient, SendRequest
from newsletter.delivery.providers.header_fields import WIRE, encode_lookalikes
from newsletter.delivery.providers.personal_message import build_personal_message


def compose_message(
    envelope: Envelope, recipient: Recipient, *, now: datetime, extra: tuple[tuple[str, str], ...] = ()
) -> EmailMessage:
    """The message for one recipient. Message-ID is made of our own opaque id, so that a repeat shows itself."""
    mine = build_personal_message(envelope, recipient)
    message = EmailMessage(policy=WIRE)
    message["From"] = Address(envelope.from_name, addr_spec=envelope.from_email)
    message["To"] = recipient.address
    if envelope.reply_to:
        message["Reply-To"] = envelope.reply_to
    message["Subject"] = encode_lookalikes(mine.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{recipient.delivery}@{envelope.from_email.rpartition('@')[2]}>"
    for name, value in (*mine.headers, *extra):
        message[name] = value
    message.set_content(mine.text, cte="quoted-printable")
    message.add_alternative(mine.html, subtype="html", cte="quoted-printable")
    return message


def build_id_headers(request: SendRequest, recipient: Recipient) -> tuple[tuple[str, str], ...]:
    """Our opaque ids as headers, for providers that report nothing back."""
    return (
        ("X-NL-Mailing", request.mailing),
        ("X-NL-Batch", request.batch),
        ("X-NL-Attempt", request.attempt),
        ("X-NL-Delivery", recipient.delivery),
    )
