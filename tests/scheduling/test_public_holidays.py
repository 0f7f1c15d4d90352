"""Whose holidays are meant, and when they are."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.kernel.errors import BadInput
from newsletter.scheduling.public_holidays import describe_holidays, find_holiday, parse_region


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("GB-ENG", "GB-ENG"),
        (" england ", "GB-ENG"),
        ("uk", "GB"),
        ("Germany", "DE"),
        ("Bayern", "DE-BY"),
        ("de/by", "DE-BY"),
        ("usa", "US"),
        ("US-CA", "US-CA"),
        ("New  Zealand", "NZ"),
    ],
)
def test_a_region_is_found_by_code_or_name(text: str, code: str) -> None:
    assert parse_region(text) == code


@pytest.mark.parametrize(
    ("text", "hint"),
    [("Englnd", "GB-ENG"), ("Germny", "DE"), ("DE-XX", "Bayern"), ("?", "such as GB"), ("x" * 5000, "such as GB")],
)
def test_an_unknown_region_is_refused_with_what_is_near(text: str, hint: str) -> None:
    with pytest.raises(BadInput, match=hint) as refused:
        parse_region(text)
    assert refused.value.field == "region"
    assert len(str(refused.value)) < 400


def test_holidays_are_those_of_the_region() -> None:
    assert find_holiday("GB-ENG", date(2026, 4, 6)) == "Easter Monday"
    assert find_holiday("GB-SCT", date(2026, 4, 6)) == ""
    assert find_holiday("DE", date(2026, 10, 3)) == "German Unity Day"
    assert find_holiday("GB-ENG", date(2026, 4, 7)) == ""
    assert find_holiday("GB-ENG", date(1950, 12, 25)) == "Christmas Day"


def test_they_are_called_as_people_there_do() -> None:
    assert describe_holidays("GB-ENG") == "bank holidays in England"
    assert describe_holidays("FR") == "public holidays in France"
