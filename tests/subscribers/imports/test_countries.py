"""Names of countries."""

from __future__ import annotations

import pytest

from subscribers.imports.countries import is_country
from subscribers.imports.state_words import load_meanings
from tests.subscribers.reading import rows


@pytest.mark.parametrize("name", ["France", "Deutschland", "Ελλάδα", "Việt Nam", "españa"])
def test_a_country_is_known_by_its_name_in_any_language(name: str) -> None:
    assert is_country(name)


@pytest.mark.parametrize("text", ["NO", "SI", "DE", "日本", "Zubland", "France and Spain", ""])
def test_a_code_and_any_other_word_is_none(text: str) -> None:
    assert not is_country(text)


def test_a_column_of_countries_is_not_asked_about() -> None:
    assert (
        len(rows("email,Land\n" + "".join(f"p{n}@example.com,{('Italien', 'Spanien')[n % 2]}\n" for n in range(9))))
        == 9
    )


def test_no_word_for_a_state_is_a_country() -> None:
    assert [word for word in load_meanings() if is_country(word)] == []
