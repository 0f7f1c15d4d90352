"""Not tests: where the first run stops to copy the database, with what most tests begin with."""

from __future__ import annotations

from typing import Any

from tests.conftest import Newsroom


def test_newsroom(newsroom: Newsroom) -> None: ...


def test_morning_edition(morning_edition: Any) -> None: ...
