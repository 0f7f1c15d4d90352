"""Values of attributes: under which name one is kept, and what its kind makes of a text. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from newsletter.kernel.numbers import parse_decimal
from subscribers.imports import dates
from subscribers.states import AttributeKind

LONGEST_VALUE = 1000
LONGEST_TAG = 60


def to_attribute_slug(name: str) -> str:
    """The name under which an attribute is kept."""
    plain = unicodedata.normalize("NFKD", name.strip().casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:60]


def convert_to_kind(text: str, kind: str, choices: Sequence[str] = ()) -> Any:
    """A value of an attribute, as its kind wants it. Raises ValueError with the reason."""
    if kind == AttributeKind.NUMBER:
        grouped = re.fullmatch(r"[0-9 ,]+(\.[0-9]+)?", text)
        number = parse_decimal(text.replace(" ", "").replace(",", "") if grouped else text)
        if number is None:
            raise ValueError(f"“{text[:40]}” is not a number.")
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    if kind == AttributeKind.DATE:
        moment = dates.parse_date(text)
        if moment is None:
            raise ValueError(f"“{text[:40]}” is not a date we can read. Write it like 2026-11-24.")
        return moment.date().isoformat()
    if kind == AttributeKind.CHOICE:
        found = next((each for each in choices if each.casefold() == text.casefold()), None)
        if found is None:
            raise ValueError(f"“{text[:40]}” is none of {', '.join(choices)}.")
        return found
    return text[:LONGEST_VALUE]
