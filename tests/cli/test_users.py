"""Users on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import REFUSED, SURROUNDINGS, Newsletter


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("users role nobody@example.com editor", REFUSED, "nobody@example.com"),
        ("users add x@example.com --password-file /nowhere", SURROUNDINGS, "/nowhere"),
        ("users reset-code nobody@example.com", REFUSED, "nobody@example.com"),
    ],
)
def test_bad_input_is_named_with_its_remedy(
    newsletter: Newsletter, newsroom: Any, words: str, code: int, message: str
) -> None:
    status, out, err = newsletter(*words.split())
    assert (status, out) == (code, ""), err
    assert message in err


def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any) -> None:
    json.loads(newsletter(*["users", "list"], "--json")[1])
