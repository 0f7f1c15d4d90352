"""Users on the command line."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.conftest import Newsletter


def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any) -> None:
    json.loads(newsletter(*["users", "list"], "--json")[1])
