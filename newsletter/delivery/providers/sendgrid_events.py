"""What SendGrid reports back: its signed event webhook, verified and put into our words (SendGrid facts 31-42).

Verify over the raw bytes first, then parse: a body that was parsed and written again has another signature.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from newsletter.delivery.providers.base import Event, EventType, RejectReason
from newsletter.kernel.errors import BadInput

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"
LONGEST_REASON, LONGEST_ID = 500, 300  # characters
_MILLISECONDS = 10**11  # a larger timestamp is in milliseconds (fact 35); as seconds this is the year 5138

_HAPPENINGS = {
    "processed": EventType.ACCEPTED,
    "deferred": EventType.DEFERRED,
    "delivered": EventType.DELIVERED,
    "bounce": EventType.BOUNCED,
    "blocked": EventType.BLOCKED,
    "dropped": EventType.DROPPED,
    "spamreport": EventType.COMPLAINED,
    "unsubscribe": EventType.LEFT,
    "group_unsubscribe": EventType.LEFT,
    "open": EventType.OPENED,
    "click": EventType.CLICKED,
    "account_status_change": EventType.ACCOUNT,
}
# A message turned away for what it says, or for who sends it, tells nothing of the address (fact 37).
_NOT_THE_ADDRESS = frozenset({"content", "reputation", "frequency/volume", "frequency or volume too high"})
_DROPS = {
    "bounced address": RejectReason.HARD,
    "invalid": RejectReason.HARD,
    "spam reporting address": RejectReason.COMPLAINED,
    "unsubscribed address": RejectReason.LEFT,
    "recipient list over package quota": RejectReason.QUOTA,
}


def public_key(text: str) -> ec.EllipticCurvePublicKey:
    """The key as SendGrid shows it: base64 of DER, without PEM armour. Raises BadInput."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadInput(
            f"“{text[:20]}…” in NEWSLETTER_SENDGRID_WEBHOOK_KEYS is no public key. Copy the verification key from SendGrid’s event webhook settings.",
            "NEWSLETTER_SENDGRID_WEBHOOK_KEYS",
        )
    return key


@lru_cache(maxsize=8)
def _public_keys(texts: tuple[str, ...]) -> tuple[ec.EllipticCurvePublicKey, ...]:
    return tuple(public_key(text) for text in texts)


def genuine(raw: bytes, *, signature: str, timestamp: str, keys: Iterable[str]) -> bool:
    """Whether one of these keys signed this body at this timestamp (ECDSA P-256 over both, fact 39)."""
    try:
        signed, proof = timestamp.encode("ascii") + raw, base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return False
    return any(_signed_by(key, proof, signed) for key in _public_keys(tuple(keys)))


def _signed_by(key: ec.EllipticCurvePublicKey, proof: bytes, signed: bytes) -> bool:
    try:
        key.verify(proof, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def parse(raw: bytes) -> tuple[Event, ...]:
    """The events of one post. What is no event is left out; a type we do not know is OTHER. Raises BadInput."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"The body is no JSON: {error}.") from None
    if not isinstance(document, list):
        raise BadInput("The body is no list of events.")
    return tuple(_event(each) for each in document if isinstance(each, dict))


def _event(raw: Mapping[str, Any]) -> Event:
    word = _text(raw, "event")
    if word == "bounce" and _text(raw, "type") == "blocked":
        word = "blocked"
    what = _HAPPENINGS.get(word, EventType.OTHER)
    cause = _cause(what, raw)
    batch, place = _delivery(raw)
    url = _text(raw, "url", 2000) if what is EventType.CLICKED else ""
    return Event(
        id=_text(raw, "sg_event_id"),
        what=what,
        at=_time(raw.get("timestamp")),
        address=_text(raw, "email", 320),
        batch=batch,
        attempt=_text(raw, "nl_attempt", 40),
        place=place,
        cause=cause,
        reason=_reason(raw),
        machine=raw.get("sg_machine_open") is True,
        url=url,
        pick=_pick(url),
        alarm=_alarm(what, cause, raw),
    )


def _text(raw: Mapping[str, Any], name: str, longest: int = LONGEST_ID) -> str:
    value = raw.get(name)
    if not isinstance(value, str):
        return ""
    if value.isascii() and "\0" not in value:
        return value[:longest]
    # A lone surrogate or a NUL is valid JSON and breaks every database.
    return value.encode("utf-8", "replace").decode().replace("\0", "")[:longest]


def _delivery(raw: Mapping[str, Any]) -> tuple[str, int]:
    """The batch, and the place in it, that nl_delivery names; it must be the one that nl_batch names."""
    batch, place = _text(raw, "nl_batch", 40), _text(raw, "nl_delivery", 60)
    of, _, number = place.rpartition(".")
    if not batch or of != batch or not number.isdecimal() or len(number) > 9:
        return "", -1
    return batch, int(number)


def _time(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1000 * _MILLISECONDS:
        return 0
    return int(value / 1000) if value > _MILLISECONDS else int(value)


def _reason(raw: Mapping[str, Any]) -> str:
    said = _text(raw, "reason", LONGEST_REASON) or _text(raw, "response", LONGEST_REASON)
    status = _text(raw, "status", 20)
    return f"{status} {said}".strip() if status and not said.startswith(status) else said


def _cause(what: EventType, raw: Mapping[str, Any]) -> RejectReason:
    of_the_address = _text(raw, "bounce_classification").lower() not in _NOT_THE_ADDRESS
    if what is EventType.DELIVERED:
        return RejectReason.ARRIVED
    if what is EventType.BOUNCED:
        return RejectReason.HARD if of_the_address else RejectReason.NOTHING
    if what is EventType.BLOCKED:
        return RejectReason.SOFT if of_the_address else RejectReason.NOTHING
    if what is EventType.DROPPED:
        return _DROPS.get(_text(raw, "reason").lower(), RejectReason.NOTHING)
    if what is EventType.COMPLAINED:
        return RejectReason.COMPLAINED
    return RejectReason.LEFT if what is EventType.LEFT else RejectReason.NOTHING


def _alarm(what: EventType, cause: RejectReason, raw: Mapping[str, Any]) -> str:
    if cause is RejectReason.QUOTA:
        return "SendGrid drops our mail: the plan’s quota is used up. Raise it, then: newsletter mailings repair ID"
    if what is EventType.ACCOUNT:
        return f"SendGrid changed the state of our account: {_text(raw, 'type', 60) or 'it does not say how'}."
    return ""


def _pick(url: str) -> str:
    """The key of the story that a link belongs to: its query parameter nl."""
    if "nl=" not in url:
        return ""
    try:
        return parse_qs(urlsplit(url).query).get("nl", [""])[-1][:40]
    except ValueError:
        return ""
