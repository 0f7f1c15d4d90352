"""Whole numbers that come from outside."""

from __future__ import annotations

MOST_DIGITS = 18  # fits a database's 64 bits, and is far from the length at which Python refuses to read a number


def parse_whole_number(text: str) -> int | None:
    """The number, zero or more; None for anything else, and for more than MOST_DIGITS."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None
