"""Users by their names, where people read of them."""

from __future__ import annotations

from typing import Any

import pytest

from newsletter.accounts.user_names import get_user_name, map_user_names, put_user_names


def test_a_user_is_read_by_name_and_without_one_by_address(people: dict[str, Any]) -> None:
    type(people["viewer"]).objects.filter(email="viewer@example.com").update(name="")
    assert get_user_name("Editor@example.com") == "Editor"
    assert get_user_name("viewer@example.com") == "viewer@example.com"
    assert get_user_name("schedule") == "schedule"
    assert map_user_names() == {
        "admin@example.com": "Admin",
        "editor@example.com": "Editor",
        "stranger@example.com": "Stranger",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("theo@example.com", "Theo Marsh"),
        ("approval withdrawn by Theo@Example.com to edit", "approval withdrawn by Theo Marsh to edit"),
        ("ines@example.com asks theo@example.com: please", "ines@example.com asks Theo Marsh: please"),
        ("too long (theo@example.com, 24 Nov)", "too long (Theo Marsh, 24 Nov)"),
        ("seen by theo@example.com.", "seen by Theo Marsh."),
        ("matheo@example.com and theo@example.com.au", "matheo@example.com and theo@example.com.au"),
        ("the scheduler", "the scheduler"),
    ],
)
def test_names_stand_in_place_of_addresses_in_a_sentence(text: str, expected: str) -> None:
    assert put_user_names(text, {"theo@example.com": "Theo Marsh"}) == expected
