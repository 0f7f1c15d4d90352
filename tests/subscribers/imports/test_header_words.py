"""How tables of people call their columns, in the languages of Django's pages."""

from __future__ import annotations

import pytest

from subscribers.imports.header_words import count_lines_above_header, load_header_names, names_address
from subscribers.imports.state_words import normalise_name


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("Etunimi", "first_name"),
        ("姓", "last_name"),
        ("Όνομα", "name"),  # first name, and name
        ("תאריך הצטרפות", "joined_at"),
        ("Adres e-mail", "email"),
        ("Status", None),
        ("", None),
    ],
)
def test_the_names_of_columns_are_known_in_many_languages(name: str, meaning: str | None) -> None:
    assert load_header_names().get(normalise_name(name)) == meaning


@pytest.mark.parametrize(
    ("cell", "is_so"), [("E-Mail", True), ("メールアドレス", True), ("Readers of 2024", False), ("", False)]
)
def test_a_column_of_addresses_is_known_by_its_name(cell: str, is_so: bool) -> None:
    assert names_address(cell) is is_so


@pytest.mark.parametrize(
    ("lines", "above"),
    [
        (["E-Mail,Name", "ann@example.com,Ann"], 0),
        (["", "E-Mail,Name", "ann@example.com,Ann"], 0),
        (["Readers of 2024", "", "E-Mail,Name", "ann@example.com,Ann"], 2),
        (["Contact,Contact,Consent", "Name,E-Mail,Newsletter", "Ann,ann@example.com,yes"], 1),
        (["Kontakt,Name", "ann@example.com,E-Mail"], 0),  # no header names the addresses
        (["E-Mail,Name", ",E-Mail", "ann@example.com,Ann"], 0),
        (["wer,wo", "da,dort"], 0),
    ],
)
def test_the_header_may_stand_below_a_title(lines: list[str], above: int) -> None:
    assert count_lines_above_header(line.split(",") for line in lines) == above
