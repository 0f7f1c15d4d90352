"""Opaque ids: unguessable enough not to collide, short enough to travel in every mail."""

from __future__ import annotations

import secrets

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that reads like something else


def generate_id(length: int = 12) -> str:
    """A random id of `length` characters from an alphabet of 31 (12 characters: 59 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
