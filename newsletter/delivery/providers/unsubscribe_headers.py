"""List-Unsubscribe and its one-click form (RFC 2369, RFC 8058), for one recipient."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

import idna

from newsletter.delivery.providers.base import Envelope, Recipient

_URL_SIGNS = ":/?#[]@!$&'()*+,;=%~"  # of RFC 3986: they stay as they are


def build_unsubscribe_headers(envelope: Envelope, recipient: Recipient) -> tuple[tuple[str, str], ...]:
    """One-click unsubscribe (RFC 8058): a URL that names subscriber and list, and the word that allows a POST.

    Where there is an address to leave by mail it comes second: programs take the first that they can use.
    """
    if not envelope.unsubscribe_base:
        return ()
    ways = f"<{_to_ascii(envelope.unsubscribe_base)}{recipient.token}>"
    if envelope.unsubscribe_email:
        ways += f", <mailto:{quote(envelope.unsubscribe_email, safe='@')}?subject=unsubscribe%20{recipient.token}>"
    return (("List-Unsubscribe", ways), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))


def count_tokens(envelope: Envelope) -> int:
    """How often the recipient's token stands in these headers."""
    return 0 if not envelope.unsubscribe_base else 2 if envelope.unsubscribe_email else 1


def _to_ascii(url: str) -> str:
    """The address as a header can hold it: beyond ASCII the host is in IDNA, the rest in percent signs."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    host = idna.encode(parts.hostname or "", uts46=True).decode("ascii")
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, f"{host}{port}", quote(parts.path, safe=_URL_SIGNS), "", ""))
