"""Addresses as people paste them."""

from __future__ import annotations

import pytest

from subscribers.imports.pasted import looks_pasted, read_pasted


@pytest.mark.parametrize(
    ("line", "pasted"),
    [
        ("ann@example.com", True),
        ("Ann Lee <ann@example.com>, ben@example.com; Cleo <cleo@example.com>", True),
        ('"Lee, Ann" <ann@example.com>', True),
        ("email,first_name", False),
        ("ann@example.com,Ann,Lee", False),
        ("E-Mail", False),
        ("me@home", False),
        ("", False),
    ],
)
def test_a_line_of_addresses_alone_is_pasted(line: str, pasted: bool) -> None:
    assert looks_pasted(line) is pasted


def test_names_are_kept_and_what_is_no_address_is_kept_to_be_refused() -> None:
    lines = ['"Lee, Ann" <ann@example.com>, ben@example.com\n', "\n", "Cleo Ray <cleo@example.com>;nonsense\n"]
    assert [*read_pasted(iter(enumerate(lines, 1)))] == [
        (1, ["ann@example.com", "Lee, Ann"]),
        (1, ["ben@example.com", ""]),
        (3, ["cleo@example.com", "Cleo Ray"]),
        (3, ["nonsense", ""]),
    ]
