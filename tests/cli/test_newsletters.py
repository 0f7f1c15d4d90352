"""Newsletters on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import REFUSED, USAGE, Newsletter


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (
            "newsletters create x --name X --from a@example.com --list morning --address A --zone Europe/Lundon",
            USAGE,
            "Europe/London",
        ),
        ("newsletters create x --name X --from nonsense --list morning --address A --zone UTC", USAGE, "nonsense"),
        (
            "newsletters create x --name X --from a@example.com --list nowhere --address A --zone UTC",
            REFUSED,
            "nowhere",
        ),
        (
            "newsletters create morning --name X --from a@example.com --list morning --address A --zone UTC",
            REFUSED,
            "morning",
        ),
        ("newsletters show nowhere", REFUSED, "morning"),
        ("newsletters change morning colour=red", USAGE, "colour"),
        ("newsletters change morning", USAGE, "--zone"),
        ("newsletters change morning --zone Mars/Base", USAGE, "Mars/Base"),
        ("newsletters change morning --stories 61", USAGE, "61"),
        ("newsletters change morning --recall-minutes 5", USAGE, "20 to 1440, or 0 for off"),
        ("newsletters change morning --theme {", USAGE, "The theme is not JSON"),
        ('newsletters change morning --theme {"light":{"accent":"red;"}}', USAGE, "The theme is invalid"),
        ("newsletters change morning --list nowhere", REFUSED, "nowhere"),
        ("newsletters change morning zone=Mars/Base", USAGE, "Mars/Base"),
        ("newsletters change morning state=asleep", USAGE, "paused"),
    ],
)
def test_bad_input_is_named_with_its_remedy(
    newsletter: Newsletter, newsroom: Any, words: str, code: int, message: str
) -> None:
    status, out, err = newsletter(*words.split())
    assert (status, out) == (code, ""), err
    assert message in err


@pytest.mark.parametrize("words", ["newsletters list", "newsletters show morning"])
def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any, words: str) -> None:
    json.loads(newsletter(*words.split(), "--json")[1])


def test_name_and_value_still_change_a_setting_and_are_not_listed(newsletter: Newsletter, newsroom: Any) -> None:
    shown = newsletter("newsletters", "change", "morning", "zone=Europe/Paris", "theme={}", "--strap", "New", "--json")
    assert json.loads(shown[1])["zone"] == "Europe/Paris"
    assert json.loads(shown[1])["strap"] == "New"
    assert "NAME=VALUE" not in newsletter("newsletters", "change", "--help")[1]
