"""Lists on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Newsletter


@pytest.mark.parametrize("words", ["lists list", "lists show morning"])
def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any, words: str) -> None:
    json.loads(newsletter(*words.split(), "--json")[1])
