"""Subscribers on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from subscribers import subscriber_lookup
from tests.cli.conftest import REFUSED, SURROUNDINGS, USAGE, Newsletter


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("subscribers import /nowhere.csv --list morning", SURROUNDINGS, "no such file"),
        ("subscribers import / --list morning", SURROUNDINGS, "folder"),
        ("subscribers add nonsense --list morning", USAGE, "nonsense"),
        ("subscribers add a@example.com --list nowhere", REFUSED, "nowhere"),
        ("subscribers show nobody@example.com", REFUSED, "nobody@example.com"),
        ("subscribers export --list morning --format docx", USAGE, "docx"),
    ],
)
def test_bad_input_is_named_with_its_remedy(
    newsletter: Newsletter, house: Any, words: str, code: int, said: str
) -> None:
    status, out, err = newsletter(*words.split())
    assert (status, out) == (code, ""), err
    assert said in err


def test_good_rows_of_a_bad_file_are_kept_and_the_others_told_line_by_line(
    newsletter: Newsletter, house: Any, tmp_path: Path
) -> None:
    file = tmp_path / "readers.csv"
    file.write_text("email,zone\nann@example.com,UTC\nbroken@,\nbob@example.com,Mars/Base\n")
    status, _, err = newsletter("subscribers", "import", str(file), "--list", "morning")
    assert status == REFUSED
    assert "line 3, email: “broken@”" in err
    assert "line 4, zone: There is no time zone “Mars/Base”" in err
    assert [each.address for each in subscriber_lookup.find_subscribers("", list_id=house.list.id)] == [
        "ann@example.com"
    ]


@pytest.mark.parametrize("words", ["find reader", "show reader0@example.com"])
def test_what_is_read_is_json_and_nothing_else(
    newsletter: Newsletter, readers: Callable[..., list[int]], words: str
) -> None:
    readers(1)
    assert "reader0@example.com" in newsletter("subscribers", *words.split(), "--json")[1]
    json.loads(newsletter("subscribers", *words.split(), "--json")[1])
