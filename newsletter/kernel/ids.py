"""Opaque ids: unguessable enough not to collide, short enough to travel in every mail."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that reads like something else


def generate_id(length: int = 12) -> str:
    """A random id of `length` characters from an alphabet of 31 (12 characters: 59 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def derive_id(secret: str, *parts: object, length: int = 12) -> str:
    """The id that these parts always have: like a random one to whoever does not know the secret."""
    number = int.from_bytes(hmac.new(secret.encode(), repr(parts).encode(), sha256).digest())
    letters = []
    for _ in range(length):
        number, letter = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return "".join(letters)
