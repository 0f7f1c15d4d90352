"""Feeds on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import REFUSED, USAGE, Newsletter


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("feeds add ftp://x.example/feed", USAGE, "http"),
        ("feeds fetch 99", REFUSED, "99"),
    ],
)
def test_bad_input_is_named_with_its_remedy(
    newsletter: Newsletter, newsroom: Any, words: str, code: int, message: str
) -> None:
    status, out, err = newsletter(*words.split())
    assert (status, out) == (code, ""), err
    assert message in err


def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any) -> None:
    json.loads(newsletter(*["feeds", "list"], "--json")[1])
