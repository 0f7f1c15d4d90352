"""Users on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import REFUSED, USAGE, Newsletter


def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any) -> None:
    json.loads(newsletter(*["users", "list"], "--json")[1])


def test_what_a_user_is_notified_of_is_listed_and_set(newsletter: Newsletter, newsroom: Any, people: Any) -> None:
    def read(*words: str) -> dict[tuple[str | None, str], bool]:
        found = json.loads(newsletter("users", "notify", *words, "--json")[1])
        return {(each["newsletter"], each["kind"]): each["wanted"] for each in found}

    assert read("list", "editor@example.com")[("morning", "sent")] is False
    assert read("set", "editor@example.com", "sent", "on", "--newsletter", "morning")[("morning", "sent")] is True
    everywhere = read("set", "admin@example.com", "sent", "on")
    assert (everywhere[("morning", "sent")], everywhere[("evening", "sent")]) == (True, True)
    assert read("set", "admin@example.com", "disk", "off")[(None, "disk")] is False
    assert "yes (by default)" in newsletter("users", "notify", "list", "editor@example.com")[1]


@pytest.mark.parametrize(
    "words",
    [
        ("viewer@example.com", "disk", "on"),
        ("viewer@example.com", "sent", "on", "--newsletter", "evening"),
        ("viewer@example.com", "nonsense", "on"),
        ("viewer@example.com", "sent", "perhaps"),
        ("nobody@example.com", "sent", "on"),
    ],
)
def test_what_a_user_cannot_be_notified_of_is_refused(
    newsletter: Newsletter, newsroom: Any, people: Any, words: tuple[str, ...]
) -> None:
    code, _, err = newsletter("users", "notify", "set", *words)
    assert code in (REFUSED, USAGE)
    assert err
