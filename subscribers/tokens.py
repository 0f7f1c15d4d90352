"""Signed links. What a link may do is inside its signature. Pure.

A token is base64url( purpose · list id · subscriber id [· expiry] · MAC ), the MAC being
12 bytes of keyed BLAKE2b over all before it. Footer tokens never expire: leaving must always work.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from newsletter.kernel.errors import Refused
from subscribers.states import TransactionalKind

FOOTER, CONFIRM = b"f", b"c"  # leave, undo, frequency · confirm a subscription
# language, zone, tracking · ask for another address · download · erase
DETAILS, ADDRESS, DATA, ERASE = b"d", b"a", b"x", b"e"
# take the new address (in place of the list: the wish) · still wanted after a long silence
NEW_ADDRESS, STAY = b"n", b"s"
TAKE_BACK = b"b"  # undo a change of address by the newsroom (in place of the list: the former address)
# The links that do more than a footer's: mailed to the address on file, for one thing each.
BY_MAIL: Mapping[str, bytes] = {
    TransactionalKind.DETAILS: DETAILS,
    TransactionalKind.ADDRESS: ADDRESS,
    TransactionalKind.DATA: DATA,
    TransactionalKind.ERASE: ERASE,
}
_MAC = 12
_EXPIRES_BY_PURPOSE = {
    FOOTER: False,
    CONFIRM: True,
    DETAILS: True,
    ADDRESS: True,
    DATA: True,
    ERASE: True,
    NEW_ADDRESS: True,
    STAY: True,
    TAKE_BACK: True,
}
_CONTEXT = b"nl-links"
_LOW_BYTES = [bytes((digit | 128,)) for digit in range(128)]  # the first byte of a number that has more of them
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class BadToken(Refused):
    """The link is not one of ours, or is damaged."""

    http_status = 404


class ExpiredToken(Refused):
    """The link was ours, but its time is over."""

    http_status = 410


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token stands for; `list_id` 0 means every list of the person. `expires_at` is None where it never does."""

    purpose: bytes
    list_id: int
    subscriber_id: int
    expires_at: datetime | None = field(default=None, compare=False)


class Signer:
    """Makes and reads tokens. The first key signs; all of them are accepted."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or not keys[0]:
            raise ValueError("A signer needs at least one key.")
        # Copying a prepared hash is ten times faster than making one for each of a million subscribers.
        self._hashes = [
            hashlib.blake2b(digest_size=_MAC, key=hashlib.sha256(k.encode()).digest(), person=_CONTEXT) for k in keys
        ]

    def sign_footer(self, list_id: int, subscriber_id: int) -> str:
        """The token in a mail's footer: it may leave, undo leaving and change the frequency, nothing else."""
        return self.sign_footers(list_id, [subscriber_id])[0]

    def sign_footers(self, list_id: int, subscriber_ids: Sequence[int]) -> list[str]:
        """The same for many people of one list, written all at once."""
        copy, signed = self._hashes[0].copy, []
        for body in _build_bodies(FOOTER + _encode_number(list_id), subscriber_ids):
            mac = copy()
            mac.update(body)
            signed.append(body + mac.digest())
        return _encode_tokens(signed)

    def sign_confirmation(self, list_id: int, subscriber_id: int, expires: datetime) -> str:
        """The token that confirms a subscription until `expires` (aware)."""
        return self.sign_expiring(CONFIRM, list_id, subscriber_id, expires)

    def sign_expiring(self, purpose: bytes, list_id: int, subscriber_id: int, expires: datetime) -> str:
        """A token for one purpose until `expires` (aware)."""
        return self._sign(
            purpose + _encode_number(list_id) + _encode_number(subscriber_id) + _encode_number(int(expires.timestamp()))
        )

    def read_purpose(self, token: str) -> bytes:
        """What a token is for, genuine as it is; it may be too old. Raises BadToken."""
        return self._verify(token)[:1]

    def read(self, token: str, purpose: bytes, now: datetime) -> Claims:
        """What a token stands for.

        Raises BadToken for a forged, damaged or foreign one, ExpiredToken for an old one.
        """
        claims = self._decode(token, purpose)
        if claims.expires_at and claims.expires_at < now:
            raise ExpiredToken("This link is too old. Ask for a new one.")
        return claims

    def read_expired(self, token: str, purpose: bytes) -> Claims:
        """The same for a token whose time may be over. Raises BadToken."""
        return self._decode(token, purpose)

    def _decode(self, token: str, purpose: bytes) -> Claims:
        body = self._verify(token)
        found, rest = body[:1], body[1:]
        if found != purpose:
            raise BadToken("This link is for something else. Use the link in the mail itself.")
        list_id, rest = _decode_number(rest)
        subscriber_id, rest = _decode_number(rest)
        expires_at = None
        if _EXPIRES_BY_PURPOSE[purpose]:
            expires, rest = _decode_number(rest)
            expires_at = datetime.fromtimestamp(expires, UTC)
        if rest:
            raise BadToken("This link is damaged. Copy it whole from the mail.")
        return Claims(found, list_id, subscriber_id, expires_at)

    def _sign(self, body: bytes) -> str:
        return _encode_tokens([body + self._mac(0, body)])[0]

    def _mac(self, index: int, body: bytes) -> bytes:
        mac = self._hashes[index].copy()
        mac.update(body)
        return mac.digest()

    def _verify(self, token: str) -> bytes:
        try:
            raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4)) if len(token) <= 100 else b""
        except (ValueError, UnicodeEncodeError):
            raw = b""
        body, mac = raw[:-_MAC], raw[-_MAC:]
        # Every key is tried, so that the time says nothing about which one fits.
        fits = [hmac.compare_digest(self._mac(index, body), mac) for index in range(len(self._hashes))]
        if not body or not any(fits):
            raise BadToken("This link is damaged or not ours. Copy it whole from the mail.")
        return body


def _encode_number(value: int) -> bytes:
    """A number as bytes of seven bits each, the last without the high bit."""
    out = bytearray()
    while True:
        out.append((value & 0x7F) | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def _build_bodies(start: bytes, values: Sequence[int]) -> list[bytes]:
    """`start` and the `_encode_number` of each. What many share is computed once: of ascending values, 128 in a row
    have the same upper digits.
    """
    lows = [start + low for low in _LOW_BYTES]
    uppers = {upper: _encode_number(upper) for upper in {value >> 7 for value in values}}
    return [lows[value & 127] + uppers[value >> 7] if value > 127 else start + bytes((value,)) for value in values]


def _encode_tokens(raws: Sequence[bytes]) -> list[str]:
    """Base64 for links, without padding. What is as long as the others is written together, and then cut."""
    if not raws:
        return []
    length = len(raws[0])
    if {*map(len, raws)} != {length}:
        return [_encode_tokens([raw])[0] for raw in raws]
    width = -(-length // 3) * 3  # three bytes are four letters
    padding = bytes(width - length)
    letters = b2a_base64(padding.join([*raws, b""]), newline=False).translate(_URL_SAFE)
    text, step, kept = letters.decode("ascii"), width // 3 * 4, -(-length * 8 // 6)
    return [text[at : at + kept] for at in range(0, len(text), step)]


def _decode_number(data: bytes) -> tuple[int, bytes]:
    value = shift = 0
    for index, byte in enumerate(data[:10]):
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, data[index + 1 :]
    raise BadToken("This link is damaged. Copy it whole from the mail.")
