"""Which account of a provider mail leaves by: a fingerprint, to be kept with a mailing and compared. Pure.

“https://api.sendgrid.com 4f5e0c…”: where the provider is, and a keyed digest of whom it takes us for. The key of the
provider cannot be told from it, nor that two installations have the same one.
"""

from __future__ import annotations

import hashlib
import hmac

_DIGEST_CHARACTERS = 16


def compute_fingerprint(place: str, credential: str, key: bytes) -> str:
    """The fingerprint of an account at `place` (a host or URL). `key` is this installation's own secret."""
    digest = hmac.new(key, b"provider account\0" + credential.encode(), hashlib.sha256).hexdigest()
    return f"{place.strip().rstrip('/').lower()[:150]} {digest[:_DIGEST_CHARACTERS]}"


def describe_difference(planned_for: str, ours: str) -> str:
    """In which way two fingerprints differ, in words for an operator: the place, or the key or user there."""
    (their_place, _, _), (our_place, _, _) = planned_for.rpartition(" "), ours.rpartition(" ")
    if their_place != our_place:
        return f"planned for the account at {their_place or 'no server'}, and mail now leaves by {our_place or 'none'}"
    return f"planned for another key or user at {our_place}"
