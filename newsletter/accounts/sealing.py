"""Secrets of the second factor at rest: keys encrypted, spare codes as keyed digests. Both fit the columns they are in.

Both keys are derived from the secret key of the installation; what a former one (NEWSLETTER_SECRET_KEY_FALLBACKS)
sealed is still read. A copy of the database alone lets nobody make codes.
"""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_SEALED, _DIGEST = "e1:", "$"  # how the stored forms begin; neither can begin a key (hexadecimal) or a code
_NONCE_BYTES = 12
_DIGEST_LENGTH = 15  # characters of base64: 90 bits, in a column of 16


class UnreadableSecretError(ValueError):
    """What is stored was sealed with another secret key."""


def seal(secret: bytes, owner: str) -> str:
    """Encrypts a secret of `owner`, who is named again to open it: a row copied to somebody else opens nothing."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_derive_key(settings.SECRET_KEY, "key")).encrypt(nonce, secret, owner.encode())
    return _SEALED + base64.b64encode(nonce + sealed).decode("ascii")


def is_current(stored: str, owner: str) -> bool:
    """Whether a stored secret is encrypted with the present secret key."""
    return is_sealed(stored) and _open(stored, owner, settings.SECRET_KEY) is not None


def is_sealed(stored: str) -> bool:
    """Whether a stored secret is encrypted."""
    return stored.startswith(_SEALED)


def open_sealed(stored: str, owner: str) -> bytes:
    """The secret that was sealed. Raises UnreadableSecretError."""
    for secret_key in _list_secret_keys():
        if (secret := _open(stored, owner, secret_key)) is not None:
            return secret
    raise UnreadableSecretError


def digest_code(code: str, owner: str) -> str:
    """The form in which a spare code of `owner` is stored: it is recognised by it, and cannot be read."""
    return _digest(settings.SECRET_KEY, code, owner)


def list_digests(code: str, owner: str) -> tuple[str, ...]:
    """The forms in which a spare code may be stored, made with this secret key or a former one."""
    return tuple(_digest(secret_key, code, owner) for secret_key in _list_secret_keys())


def is_digest(stored: str) -> bool:
    """Whether a stored spare code is a digest."""
    return stored.startswith(_DIGEST)


def _open(stored: str, owner: str, secret_key: str) -> bytes | None:
    try:
        raw = base64.b64decode(stored.removeprefix(_SEALED), validate=True)
        return AESGCM(_derive_key(secret_key, "key")).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], owner.encode())
    except (InvalidTag, ValueError):
        return None


def _digest(secret_key: str, code: str, owner: str) -> str:
    mac = hmac.new(_derive_key(secret_key, "code"), f"{owner}:{code}".encode("utf-8", "surrogatepass"), sha256)
    return _DIGEST + base64.urlsafe_b64encode(mac.digest()).decode("ascii")[:_DIGEST_LENGTH]


def _list_secret_keys() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS


@lru_cache(maxsize=32)
def _derive_key(secret_key: str, purpose: str) -> bytes:
    info = f"newsletter second factor {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret_key.encode())
