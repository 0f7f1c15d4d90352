"""What the kind of an attribute makes of a text."""

from __future__ import annotations

from typing import Any

import pytest

from subscribers.imports.attribute_values import LONGEST_VALUE, convert_to_kind, to_attribute_slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Age", "age"),
        (" First visit (year) ", "first_visit_year"),
        ("Größe", "grosse"),
        ("Café", "cafe"),
        ("x" * 80, "x" * 60),
        ("年齢", ""),
    ],
)
def test_an_attribute_is_kept_under_plain_letters(name: str, slug: str) -> None:
    assert to_attribute_slug(name) == slug


@pytest.mark.parametrize(
    ("text", "number"),
    [("41", 41), ("-3", -3), ("1,200", 1200), ("12 000.5", 12000.5), ("4.0", 4), ("1e3", 1000), ("1e300", 1e300)],
)
def test_a_number_is_read_with_its_separators(text: str, number: float) -> None:
    read = convert_to_kind(text, "number")
    assert read == number
    assert isinstance(read, int) == (number == int(number) and abs(number) < 2**53)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("old", "number", "“old” is not a number"),
        ("nan", "number", "“nan” is not a number"),
        ("inf", "number", "“inf” is not a number"),
        ("soon", "date", "not a date we can read"),
        ("XL", "choice", "“XL” is none of S, M"),
    ],
)
def test_what_is_not_of_its_kind_is_refused_with_the_reason(text: str, kind: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        convert_to_kind(text, kind, ("S", "M"))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [("24 Nov 2026", "date", "2026-11-24"), ("m", "choice", "M"), ("t" * 2_000, "text", "t" * LONGEST_VALUE)],
)
def test_other_kinds_are_kept_in_one_way_of_writing(text: str, kind: str, value: Any) -> None:
    assert convert_to_kind(text, kind, ("S", "M")) == value
