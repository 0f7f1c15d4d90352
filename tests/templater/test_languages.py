"""The templates' own words."""

from __future__ import annotations

from dataclasses import asdict
from string import Formatter

import pytest

from newsletter.templater.languages import get_base_language, get_direction, get_mail_texts


@pytest.mark.parametrize(
    ("tag", "base"), [("de", "de"), ("de-AT", "de"), ("de_AT", "de"), ("EN-gb", "en"), ("", ""), ("zh-Hant-TW", "zh")]
)
def test_the_first_part_of_a_tag_is_its_language(tag: str, base: str) -> None:
    assert get_base_language(tag) == base


def test_a_language_without_words_of_ours_speaks_english() -> None:
    assert get_mail_texts("de-AT").unsubscribe == "{newsletter} abbestellen"
    assert get_mail_texts("fr") == get_mail_texts("en")


def test_every_language_fills_the_same_gaps() -> None:
    def gaps(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    english, german = asdict(get_mail_texts("en")), asdict(get_mail_texts("de"))
    assert {name: gaps(text) for name, text in german.items()} == {name: gaps(text) for name, text in english.items()}
    assert all(german.values())


@pytest.mark.parametrize(("tag", "direction"), [("ar", "rtl"), ("he-IL", "rtl"), ("en", "ltr"), ("", "ltr")])
def test_a_language_has_its_direction(tag: str, direction: str) -> None:
    assert get_direction(tag) == direction
