"""The names of months and days, in any language."""

from __future__ import annotations

import pytest

from newsletter.curator.articles.extraction.calendar_words import find_month, is_calendar_word


@pytest.mark.parametrize(
    ("word", "language", "number"),
    [
        ("March", "", 3),
        ("MÄRZ", "de-AT", 3),
        ("mars", "fr", 3),
        ("Sept.", "en", 9),
        ("марта", "ru", 3),
        ("března", "cs", 3),
        ("Mart", "tr", 3),
        ("Marching", "en", None),
        ("März", "xx", 3),
        ("", "", None),
    ],
)
def test_a_month_is_known_by_its_name(word: str, language: str, number: int | None) -> None:
    assert find_month(word, language) == number


@pytest.mark.parametrize(("word", "known"), [("Dienstag", True), ("lunes,", True), ("Ann", False), ("", False)])
def test_a_day_is_no_name(word: str, known: bool) -> None:
    assert is_calendar_word(word) is known
