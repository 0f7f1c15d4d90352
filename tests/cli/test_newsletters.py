"""Newsletters on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Newsletter


@pytest.mark.parametrize("words", ["newsletters list", "newsletters show morning"])
def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any, words: str) -> None:
    json.loads(newsletter(*words.split(), "--json")[1])


def test_name_and_value_still_change_a_setting_and_are_not_listed(newsletter: Newsletter, newsroom: Any) -> None:
    shown = newsletter("newsletters", "change", "morning", "zone=Europe/Paris", "theme={}", "--strap", "New", "--json")
    assert json.loads(shown[1])["zone"] == "Europe/Paris"
    assert json.loads(shown[1])["strap"] == "New"
    assert newsletter("newsletters", "change", "--help")[1].count("NAME=VALUE") == 1, "only in the line of the usage"
