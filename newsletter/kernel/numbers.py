"""Numbers that come from outside, in ASCII digits: Python's own functions take those of every script."""

from __future__ import annotations

import math

MOST_DIGITS = 18  # fits a database's 64 bits, and is far from the length at which Python refuses to read a number
_DECIMAL_CHARACTERS = frozenset("0123456789+-.eE")


def is_whole_number(text: str) -> bool:
    """Whether a text is a whole number in ASCII digits."""
    return text.isascii() and text.isdecimal()


def parse_whole_number(text: str) -> int | None:
    """The number, zero or more; None for anything else, and for more than MOST_DIGITS."""
    return int(text) if is_whole_number(text) and len(text) <= MOST_DIGITS else None


def parse_decimal(text: str) -> float | None:
    """The number, as -1.5 or 2e3, with blanks around it or not; None for anything else, and for what is not finite."""
    flat = text.strip()
    if not _DECIMAL_CHARACTERS.issuperset(flat):
        return None
    try:
        number = float(flat)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
