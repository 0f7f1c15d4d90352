"""What a browser sends, as plain values."""

from __future__ import annotations

from django.http import QueryDict

MOST_DIGITS = 18  # fits a database's 64 bits, and is far from the length at which Python refuses to read a number


def number(sent: QueryDict, name: str) -> int | None:
    """The whole number in a field, zero or more; None when it holds anything else, or more than MOST_DIGITS."""
    text = sent.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None
