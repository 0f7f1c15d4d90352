"""Addresses as people paste them."""

from __future__ import annotations

import pytest

from subscribers.imports.pasted import looks_pasted, read_pasted
from subscribers.imports.rows import Row
from tests.subscribers.reading import rows


@pytest.mark.parametrize(
    ("line", "pasted"),
    [
        ("ann@example.com", True),
        ("Ann Lee <ann@example.com>, ben@example.com; Cleo <cleo@example.com>", True),
        ('"Lee, Ann" <ann@example.com>', True),
        ("Lee, Ann <ann@example.com>; Ray, Ben <ben@example.com>", True),
        ("mailto:ann@example.com, ben@example.com;", True),
        ("email,first_name", False),
        ("ann@example.com abgemeldet", False),
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
        (1, ["ann@example.com", "Ann Lee"]),
        (1, ["ben@example.com", ""]),
        (3, ["Cleo Ray (cleo@example.com);nonsense", ""]),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "ben@example.com abgemeldet",
        "ben@example.com, unsubscribed",
        "Ben Ray <ben@example.com> (unsubscribed)",
        "Ben Ray - désabonné <ben@example.com>",
        "ben@example.com\t2024-01-02\tgone",
        "dov@example.com, ben@example.com bounced",
    ],
)
def test_whoever_stands_in_a_pasted_line_with_more_than_addresses_is_not_signed_up(line: str) -> None:
    found = rows(f"ann@example.com\n{line}\nMax Held <max@example.com>\n")
    active = [each.address for each in found if isinstance(each, Row) and each.status == "active"]
    assert active == ["ann@example.com", "max@example.com"]
