"""What a browser sends, as plain values."""

from __future__ import annotations

from django.http import QueryDict

from newsletter.kernel.numbers import parse_whole_number


def read_number(sent: QueryDict, name: str) -> int | None:
    """The whole number in a field, zero or more; None when it holds anything else, or too many digits."""
    return parse_whole_number(sent.get(name, ""))
