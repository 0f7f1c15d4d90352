"""What a browser sends, as plain values."""

from __future__ import annotations

from django.http import QueryDict

from newsletter.kernel.numbers import parse_whole_number


def read_seen(sent: QueryDict) -> dict[str, str]:
    """What the page was filled with, by field: its form carries that in hidden inputs “seen_…”."""
    return {name.removeprefix("seen_"): sent.get(name, "") for name in sent if name.startswith("seen_")}


def read_number(sent: QueryDict, name: str) -> int | None:
    """The whole number in a field, zero or more; None when it holds anything else, or too many digits."""
    return parse_whole_number(sent.get(name, ""))
