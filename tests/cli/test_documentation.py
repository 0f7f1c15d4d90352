"""What is not documented does not exist: every setting and every command stands in the documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.cli.app import NOUNS
from newsletter.config import OPTIONS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("option", [option.name for option in OPTIONS])
def test_every_setting_is_documented(option: str) -> None:
    assert f"`{option}`" in (ROOT / "docs" / "settings.md").read_text()


@pytest.mark.parametrize("noun", list(NOUNS))
def test_every_command_is_documented(noun: str) -> None:
    assert f"newsletter {noun}" in (ROOT / "docs" / "commands.md").read_text()
