"""Which account of a provider mail leaves by: a fingerprint, to be kept with a mailing and compared. Pure.

“https://api.sendgrid.com 4f5e0c…”: where the provider is, and a digest of whom it takes us for. The key of the provider
cannot be told from it: a key is random, and each guess takes a while. No secret of ours is in it, or a mailing would
stop when that is changed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

_DIGEST_CHARACTERS = 16


def compute_fingerprint(place: str, credential: str) -> str:
    """The fingerprint of an account at `place` (a host or URL)."""
    flat = _flatten(place)
    salt = f"provider account {flat}".encode()
    digest = hashlib.scrypt(credential.encode(), salt=salt, n=2**12, r=8, p=1).hex()  # some 10 ms, once in a process
    return f"{flat} {digest[:_DIGEST_CHARACTERS]}"


def compute_former_fingerprints(place: str, credential: str, keys: Iterable[bytes]) -> tuple[str, ...]:
    """The fingerprints that a former version made of the same account: with a secret key of the installation."""
    digests = (hmac.new(key, b"provider account\0" + credential.encode(), hashlib.sha256).hexdigest() for key in keys)
    return tuple(f"{_flatten(place)} {digest[:_DIGEST_CHARACTERS]}" for digest in digests)


def _flatten(place: str) -> str:
    return place.strip().rstrip("/").lower()[:150]


def describe_difference(planned_for: str, ours: str) -> str:
    """In which way two fingerprints differ, in words for an operator: the place, or the key or user there."""
    (their_place, _, _), (our_place, _, _) = planned_for.rpartition(" "), ours.rpartition(" ")
    if their_place != our_place:
        return f"planned for the account at {their_place or 'no server'}, and mail now leaves by {our_place or 'none'}"
    return f"planned for another key or user at {our_place}"
