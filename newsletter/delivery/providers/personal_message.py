"""One recipient's message of a request: their words in place of the merge fields, and headers of their own."""

from __future__ import annotations

from typing import NamedTuple

from newsletter.delivery.providers.base import Envelope, Recipient
from newsletter.delivery.providers.unsubscribe_headers import build_unsubscribe_headers
from newsletter.templater.merge_fields import MergeRecipient, build_substitutions, personalise


class PersonalMessage(NamedTuple):
    """A message as one recipient gets it."""

    subject: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]


def build_personal_message(envelope: Envelope, recipient: Recipient) -> PersonalMessage:
    """The message of one recipient, for providers that do not fill tokens in themselves."""
    reader = MergeRecipient(recipient.address, recipient.first_name, recipient.token, recipient.date)
    values = build_substitutions(envelope.merge, reader)
    return PersonalMessage(
        subject=personalise(envelope.subject, values),
        html=personalise(envelope.html, values),
        text=personalise(envelope.text, values),
        headers=(*envelope.headers, *build_unsubscribe_headers(envelope, recipient)),
    )
