"""What people are told when a file they name cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.cli.articles import _read_file
from newsletter.kernel.errors import SurroundingsError


def test_a_file_that_is_not_there_is_named_with_the_remedy(tmp_path: Path) -> None:
    absent = tmp_path / "absent.html"
    with pytest.raises(SurroundingsError, match=r"absent\.html cannot be read: No such file.* Check its name"):
        _read_file(absent)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsError, match="Is a directory"):
        _read_file(tmp_path)
