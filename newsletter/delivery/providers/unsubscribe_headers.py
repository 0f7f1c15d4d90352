"""List-Unsubscribe and its one-click form (RFC 2369, RFC 8058), for one recipient."""

from __future__ import annotations

from newsletter.delivery.providers.base import Envelope, Recipient


def build_unsubscribe_headers(envelope: Envelope, recipient: Recipient) -> tuple[tuple[str, str], ...]:
    """One-click unsubscribe (RFC 8058): a URL that names subscriber and list, and the word that allows a POST."""
    if not envelope.unsubscribe_base:
        return ()
    return (
        ("List-Unsubscribe", f"<{envelope.unsubscribe_base}{recipient.token}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
