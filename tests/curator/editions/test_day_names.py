"""Days in the words of a newsletter."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from newsletter.curator.editions.day_names import format_day, format_long_day

DAY = date(2026, 11, 4)


@pytest.mark.parametrize(
    ("language", "long", "short"),
    [
        ("en", "Wednesday 4 November 2026", "4 November"),
        ("en-GB", "Wednesday 4 November 2026", "4 November"),
        ("de", "Mittwoch, 4. November 2026", "4. November"),
        ("de-AT", "Mittwoch, 4. November 2026", "4. November"),
        ("fr", "mercredi, 4. novembre 2026", "4 novembre"),
    ],
)
def test_a_day_is_said_in_the_language(language: str, long: str, short: str) -> None:
    assert (format_long_day(DAY, language), format_day(DAY, language)) == (long, short)


def test_the_language_of_whoever_asks_does_not_matter_and_stays() -> None:
    with translation.override("de"):
        assert format_day(DAY, "en") == "4 November"
        assert translation.get_language() == "de"
