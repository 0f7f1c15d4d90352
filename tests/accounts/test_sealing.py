"""Secrets of the second factor at rest: unreadable without the secret key, and bound to their user."""

from __future__ import annotations

from typing import Any

import pytest

from newsletter.accounts import sealing

SECRET = bytes(range(20))  # as long as the key of an authenticator


def test_what_is_sealed_is_opened_for_its_owner_alone() -> None:
    stored = sealing.seal(SECRET, "user 1")
    assert sealing.open_sealed(stored, "user 1") == SECRET
    with pytest.raises(sealing.UnreadableSecretError):
        sealing.open_sealed(stored, "user 2")


def test_a_sealed_secret_fits_its_column_and_shows_nothing() -> None:
    one, other = sealing.seal(SECRET, "user 1"), sealing.seal(SECRET, "user 1")
    assert len(one) <= 80
    assert one != other
    assert SECRET.hex() not in one


@pytest.mark.parametrize("stored", ["e1:", "e1:%%%", "e1:AAAA", SECRET.hex()])
def test_what_was_not_sealed_is_not_opened(stored: str) -> None:
    with pytest.raises(sealing.UnreadableSecretError):
        sealing.open_sealed(stored, "user 1")


def test_a_former_secret_key_still_opens(settings: Any) -> None:
    stored, code = sealing.seal(SECRET, "user 1"), sealing.digest_code("abc", "user 1")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert sealing.open_sealed(stored, "user 1") == SECRET
    assert not sealing.is_current(stored, "user 1")
    assert code in sealing.list_digests("abc", "user 1")
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sealing.UnreadableSecretError):
        sealing.open_sealed(stored, "user 1")
    assert code not in sealing.list_digests("abc", "user 1")


def test_the_digest_of_a_code_fits_its_column_and_differs_by_user() -> None:
    assert len(sealing.digest_code("abcdefghij", "user 1")) == 16
    assert sealing.digest_code("abcdefghij", "user 1") != sealing.digest_code("abcdefghij", "user 2")
