"""Schedules on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import REFUSED, USAGE, Newsletter


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("schedules create morning --time 25:00", USAGE, "07:00"),
        ("schedules create morning --time 07:00 --weekdays someday", USAGE, "mon,wed"),
        ("schedules create morning --time 07:00 --zone Mars/Base", USAGE, "Mars/Base"),
        ("schedules skip 99 2026-12-25 --reason x", REFUSED, "99"),
    ],
)
def test_bad_input_is_named_with_its_remedy(
    newsletter: Newsletter, newsroom: Any, words: str, code: int, message: str
) -> None:
    status, out, err = newsletter(*words.split())
    assert (status, out) == (code, ""), err
    assert message in err


@pytest.mark.parametrize("words", ["schedules list", "schedules next"])
def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any, words: str) -> None:
    json.loads(newsletter(*words.split(), "--json")[1])
