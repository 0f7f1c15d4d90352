"""What SendGrid reports back: its signed event webhook, verified and put into our words (SendGrid facts 31-42).

Verify over the raw bytes first, then parse: a body that was parsed and written again has another signature.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
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
from newsletter.kernel.numbers import is_whole_number
from newsletter.kernel.text import remove_unstorable

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"
LONGEST_REASON, LONGEST_ID = 500, 300  # characters
_PICK_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_MILLISECONDS_FROM = 10**11  # a larger timestamp is in milliseconds (fact 35); as seconds this is the year 5138

_EVENT_TYPES = {
    "processed": EventType.ACCEPTED,
    "deferred": EventType.DEFERRED,
    "delivered": EventType.DELIVERED,
    "bounce": EventType.BOUNCED,
    "blocked": EventType.BLOCKED,
    "dropped": EventType.DROPPED,
    "spamreport": EventType.COMPLAINED,
    "unsubscribe": EventType.UNSUBSCRIBED,
    "group_unsubscribe": EventType.UNSUBSCRIBED,
    "open": EventType.OPENED,
    "click": EventType.CLICKED,
    "account_status_change": EventType.ACCOUNT,
}
# A message refused for its content or its sender says nothing about the address (fact 37).
_NOT_ABOUT_ADDRESS = frozenset({"content", "reputation", "frequency/volume", "frequency or volume too high"})
_DROP_REASONS = {
    "bounced address": RejectReason.HARD,
    "invalid": RejectReason.HARD,
    "spam reporting address": RejectReason.COMPLAINED,
    "unsubscribed address": RejectReason.UNSUBSCRIBED,
    "recipient list over package quota": RejectReason.QUOTA,
}


def parse_public_key(text: str) -> ec.EllipticCurvePublicKey:
    """The key as SendGrid shows it: base64 of DER, without PEM armour. Raises BadInput."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadInput(
            f"“{text[:20]}…” in NEWSLETTER_SENDGRID_WEBHOOK_KEYS is no public key. Copy the verification key from "
            "SendGrid’s event webhook settings.",
            "NEWSLETTER_SENDGRID_WEBHOOK_KEYS",
        )
    return key


@lru_cache(maxsize=8)
def _parse_public_keys(texts: tuple[str, ...]) -> tuple[ec.EllipticCurvePublicKey, ...]:
    return tuple(parse_public_key(text) for text in texts)


def is_genuine(raw: bytes, *, signature: str, timestamp: str, keys: Iterable[str]) -> bool:
    """Whether one of these keys signed this body at this timestamp (ECDSA P-256 over both, fact 39)."""
    try:
        signed, proof = timestamp.encode("ascii") + raw, base64.b64decode(signature, validate=True)
    except (ValueError, binascii.Error):
        return False
    return any(_is_signed_by(key, proof, signed) for key in _parse_public_keys(tuple(keys)))


def _is_signed_by(key: ec.EllipticCurvePublicKey, proof: bytes, signed: bytes) -> bool:
    try:
        key.verify(proof, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def parse_events(raw: bytes) -> tuple[Event, ...]:
    """The events of one payload. What is not an event is dropped; a type we do not know is OTHER. Raises BadInput."""
    return tuple(_to_event(each) for each in parse_payload(raw))


def parse_payload(raw: bytes) -> tuple[Mapping[str, Any], ...]:
    """What a payload holds, event by event, as the provider wrote it. Raises BadInput."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"The body is not JSON: {error}.") from None
    if not isinstance(document, list):
        raise BadInput("The body is not a list of events.")
    return tuple(each for each in document if isinstance(each, dict))


def _to_event(raw: Mapping[str, Any]) -> Event:
    word = _get_text(raw, "event")
    if word == "bounce" and _get_text(raw, "type") == "blocked":
        word = "blocked"
    event_type = _EVENT_TYPES.get(word, EventType.OTHER)
    reject_reason = _to_reject_reason(event_type, raw)
    batch, place = _parse_delivery(raw)
    url = _get_text(raw, "url", 2000) if event_type is EventType.CLICKED else ""
    return Event(
        id=_get_text(raw, "sg_event_id"),
        type=event_type,
        at=_parse_time(raw.get("timestamp")),
        address=_get_text(raw, "email", 320),
        batch=batch,
        attempt=_get_text(raw, "nl_attempt", 40),
        place=place,
        reject_reason=reject_reason,
        reason=_format_reason(raw),
        machine=raw.get("sg_machine_open") is True,
        url=url,
        pick=_parse_pick_key(url),
        alarm=_alarm_text(event_type, reject_reason, raw),
        mailing=_get_text(raw, "nl_mailing", 40) if batch else "",
    )


def _get_text(raw: Mapping[str, Any], name: str, longest: int = LONGEST_ID) -> str:
    value = raw.get(name)
    if not isinstance(value, str):
        return ""
    return remove_unstorable(value)[:longest]  # a lone surrogate and a NUL are valid JSON


def _parse_delivery(raw: Mapping[str, Any]) -> tuple[str, int]:
    """The batch, and the place in it, that nl_delivery names; it must be the one that nl_batch names."""
    batch, place = _get_text(raw, "nl_batch", 40), _get_text(raw, "nl_delivery", 60)
    of, _, number = place.rpartition(".")
    if not batch or of != batch or not is_whole_number(number) or len(number) > 9:
        return "", -1
    return batch, int(number)


def _parse_time(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1000 * _MILLISECONDS_FROM:
        return 0
    return int(value / 1000) if value > _MILLISECONDS_FROM else int(value)


def _format_reason(raw: Mapping[str, Any]) -> str:
    said = _get_text(raw, "reason", LONGEST_REASON) or _get_text(raw, "response", LONGEST_REASON)
    status = _get_text(raw, "status", 20)
    return f"{status} {said}".strip() if status and not said.startswith(status) else said


def _to_reject_reason(event_type: EventType, raw: Mapping[str, Any]) -> RejectReason:
    of_the_address = _get_text(raw, "bounce_classification").lower() not in _NOT_ABOUT_ADDRESS
    if event_type is EventType.DELIVERED:
        return RejectReason.ARRIVED
    if event_type is EventType.BOUNCED:
        return RejectReason.HARD if of_the_address else RejectReason.NOTHING
    if event_type is EventType.BLOCKED:
        return RejectReason.SOFT if of_the_address else RejectReason.NOTHING
    if event_type is EventType.DROPPED:
        return _DROP_REASONS.get(_get_text(raw, "reason").lower(), RejectReason.NOTHING)
    if event_type is EventType.COMPLAINED:
        return RejectReason.COMPLAINED
    return RejectReason.UNSUBSCRIBED if event_type is EventType.UNSUBSCRIBED else RejectReason.NOTHING


def _alarm_text(event_type: EventType, reject_reason: RejectReason, raw: Mapping[str, Any]) -> str:
    if reject_reason is RejectReason.QUOTA:
        return "SendGrid drops our mail: the plan’s quota is used up. Raise it, then: newsletter mailings repair ID"
    if event_type is EventType.ACCOUNT:
        return f"SendGrid changed the state of our account: {_get_text(raw, 'type', 60) or 'it does not say how'}."
    return ""


def _parse_pick_key(url: str) -> str:
    """The key of the story that a link belongs to: its query parameter nl. Anybody can click on any other link."""
    if "nl=" not in url:
        return ""
    try:
        key = parse_qs(urlsplit(url).query).get("nl", [""])[-1]
    except ValueError:
        return ""
    return key if _PICK_KEY.fullmatch(key) else ""
