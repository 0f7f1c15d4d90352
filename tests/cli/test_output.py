"""What commands print for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from newsletter.cli.output import emit_json


@dataclass(frozen=True)
class _Renamed:
    FORMER_NAMES: ClassVar = {"old": "new"}

    new: int
    at: datetime


def test_a_renamed_key_is_printed_under_both_names(capsys: pytest.CaptureFixture[str]) -> None:
    emit_json([_Renamed(1, datetime(2026, 11, 24, tzinfo=UTC))])
    (printed,) = json.loads(capsys.readouterr().out)
    assert printed == {"new": 1, "old": 1, "at": "2026-11-24T00:00:00+00:00"}
