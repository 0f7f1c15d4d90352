"""Text that comes from outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel.text import remove_unstorable


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\0b", "ab"), ("\ud83d half", " half"), ("Grüße \U0001f600", "Grüße \U0001f600"), ("", ""), ("\0", "")],
)
def test_what_a_database_refuses_is_removed(text: str, kept: str) -> None:
    assert remove_unstorable(text) == kept


@given(st.text(st.characters(categories=None)))
def test_what_is_left_can_be_stored_and_nothing_else_goes(text: str) -> None:
    kept = remove_unstorable(text)
    kept.encode("utf-8")
    assert "\0" not in kept
    assert kept == "".join(c for c in text if c != "\0" and not 0xD800 <= ord(c) < 0xE000)
