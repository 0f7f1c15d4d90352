"""What people are told when a file they name cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from newsletter.cli.articles import _read_file
from newsletter.kernel.errors import SurroundingsError
from tests.cli.conftest import Newsletter


def test_a_file_that_is_not_there_is_named_with_the_remedy(tmp_path: Path) -> None:
    absent = tmp_path / "absent.html"
    with pytest.raises(SurroundingsError, match=r"absent\.html cannot be read: No such file.* Check its name"):
        _read_file(absent)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsError, match="Is a directory"):
        _read_file(tmp_path)


def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any) -> None:
    json.loads(newsletter(*["articles", "list"], "--json")[1])
