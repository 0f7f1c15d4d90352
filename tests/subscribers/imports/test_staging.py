"""The file of an import as it is taken and kept."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.kernel.errors import BadInput, SurroundingsError
from subscribers import models
from subscribers.imports import staging
from subscribers.imports.run import begin_import
from subscribers.values import ImportReport, List
from tests.actors import SYSTEM

FILE = "email,first_name\nann@example.com,Ann\nben@example.com,Ben\nnobody@,\n"


def test_a_full_disk_is_said_and_leaves_no_record(
    morning: List, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging.os, "open", _full)
    with pytest.raises(SurroundingsError, match="No space left"):
        begin_import(io.BytesIO(FILE.encode()), morning.id, by=SYSTEM, now=now, name="readers.csv")
    assert not models.ImportRun.objects.exists()


def _full(*_: object) -> int:
    raise OSError(28, "No space left on device")


def test_what_is_uploaded_may_be_as_large_as_the_limit_and_no_larger(
    morning: List, take_in: Callable[..., ImportReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "LARGEST_FILE", len(FILE))
    assert take_in(FILE).new == 2
    monkeypatch.setattr(staging, "LARGEST_FILE", len(FILE) - 1)
    with pytest.raises(BadInput, match="Split it"):
        take_in(FILE)
