"""Lists on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Newsletter


@pytest.mark.parametrize("words", ["lists list", "lists show morning"])
def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any, words: str) -> None:
    json.loads(newsletter(*words.split(), "--json")[1])


def test_a_list_is_removed_where_nothing_needs_it(newsletter: Newsletter, newsroom: Any) -> None:
    code, _, said = newsletter("lists", "remove", "morning", "--yes")
    assert (code, "is the list of Morning Briefing" in said) == (1, True)
    assert newsletter("lists", "create", "noon", "--name", "Noon")[0] == 0
    code, out, _ = newsletter("lists", "remove", "noon", "--yes")
    assert (code, out) == (0, "Noon (noon) is removed. Its records are kept.\n")
    assert [each["list"]["slug"] for each in json.loads(newsletter("lists", "list", "--json")[1])] == [
        "evening",
        "morning",
    ]
