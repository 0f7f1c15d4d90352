"""Whole numbers that come from outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel.numbers import MOST_DIGITS, whole


@given(st.integers(0, 10**MOST_DIGITS - 1))
def test_what_was_written_is_read(number: int) -> None:
    assert whole(str(number)) == number


@pytest.mark.parametrize("text", ["", " 1", "-1", "1.5", "1e3", "0x1", "²", "9" * 19, "9" * 5000, "1_000", "one"])
def test_anything_else_is_no_number(text: str) -> None:
    assert whole(text) is None


@given(st.text())
def test_nothing_raises(text: str) -> None:
    found = whole(text)
    assert found is None or found >= 0
