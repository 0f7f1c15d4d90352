"""Hashes of addresses that were erased: the person stays unmailed, and nobody can read who it was.

Keyed with a secret of its own that never changes: with the key of the links, erased people could be mailed again once
that key is rotated away.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from subscribers import models


class AddressHasher:
    """Makes the hash of an address's key."""

    def __init__(self, pepper: bytes) -> None:
        self._start = hashlib.blake2b(digest_size=16, key=pepper)

    def hash_key(self, key: str) -> str:
        """What stands for an address among the suppressions once its owner is erased."""
        mac = self._start.copy()
        mac.update(key.encode())
        return "#" + mac.hexdigest()


def get_hasher(now: datetime) -> AddressHasher:
    """The hasher of this installation; its secret is made when it is first asked for."""
    row = models.Pepper.objects.order_by("id").first()
    if row is None:
        models.Pepper.objects.get_or_create(id=1, defaults={"value": secrets.token_bytes(32), "created_at": now})
        row = models.Pepper.objects.get(id=1)
    return AddressHasher(bytes(row.value))


def get_suppression_keys(address_key: str, now: datetime) -> tuple[str, ...]:
    """Under which keys the suppressions may say that an address must never be mailed: itself, its domain, its hash."""
    return (address_key, address_key[address_key.rindex("@") :], get_hasher(now).hash_key(address_key))
