"""Numbers that come from outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel.numbers import MOST_DIGITS, parse_decimal, parse_whole_number


@given(st.integers(0, 10**MOST_DIGITS - 1))
def test_what_was_written_is_read(number: int) -> None:
    assert parse_whole_number(str(number)) == number


@pytest.mark.parametrize(
    "text", ["", " 1", "-1", "1.5", "1e3", "0x1", "²", "9" * 19, "9" * 5000, "1_000", "one", "١٢", "１٢"]
)
def test_anything_else_is_no_number(text: str) -> None:
    assert parse_whole_number(text) is None


@given(st.text())
def test_nothing_raises(text: str) -> None:
    found = parse_whole_number(text)
    assert found is None or found >= 0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_decimal_that_was_written_is_read(number: float) -> None:
    assert parse_decimal(f" {number} ") == number


@pytest.mark.parametrize(
    "text", ["", " ", "-", "1,5", "1_000", "0x1", "nan", "inf", "1e999", "²", "١٫٥", "１.５", "1.5.2"]
)
def test_anything_else_is_no_decimal(text: str) -> None:
    assert parse_decimal(text) is None


@given(st.text())
def test_no_text_makes_reading_a_decimal_fail(text: str) -> None:
    found = parse_decimal(text)
    assert found is None or abs(found) < float("inf")
