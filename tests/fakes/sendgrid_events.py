"""SendGrid's side of the event webhook: events of messages it accepted, signed as it signs them."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from newsletter.delivery.providers.sendgrid_events import SIGNATURE_HEADER, TIMESTAMP_HEADER

_numbers = itertools.count(1)


class Signer:
    """A key pair, and posts signed with it."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """The public key as the provider's settings page shows it."""
        der = self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def sign(self, raw: bytes, timestamp: str) -> str:
        return base64.b64encode(self._private.sign(timestamp.encode() + raw, ec.ECDSA(hashes.SHA256()))).decode()

    def headers(self, raw: bytes, timestamp: str) -> dict[str, str]:
        return {SIGNATURE_HEADER: self.sign(raw, timestamp), TIMESTAMP_HEADER: timestamp}


def post(*events: dict[str, Any]) -> bytes:
    """The body of a post; the line end belongs to what is signed."""
    return json.dumps(events, separators=(",", ":")).encode() + b"\r\n"


def event(kind: str, ids: dict[str, str], address: str, at: int, **more: Any) -> dict[str, Any]:
    """One event as it comes: our ids at the top level, an id of its own."""
    given = {"email": address, "timestamp": at, "event": kind, "sg_event_id": f"event-{next(_numbers)}"}
    return given | ids | more
