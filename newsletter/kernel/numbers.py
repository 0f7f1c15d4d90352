"""Whole numbers that come from outside."""

from __future__ import annotations

MOST_DIGITS = 18  # fits a database's 64 bits, and is far from the length at which Python refuses to read a number


def is_whole_number(text: str) -> bool:
    """Whether a text is a whole number in ASCII digits. `str.isdecimal` takes those of every script."""
    return text.isascii() and text.isdecimal()


def parse_whole_number(text: str) -> int | None:
    """The number, zero or more; None for anything else, and for more than MOST_DIGITS."""
    return int(text) if is_whole_number(text) and len(text) <= MOST_DIGITS else None
