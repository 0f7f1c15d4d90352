"""Browsers in which a user has signed in before."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import signing

from newsletter.accounts import known_devices


def test_a_mark_names_a_browser_of_its_user_alone(people: dict[str, Any]) -> None:
    editor = people["editor"]
    mark = known_devices.make_mark(editor.id)
    name = known_devices.find_device(mark, " Editor@Example.com ")
    assert name.endswith(known_devices.name_browsers_of(editor.id))
    assert known_devices.find_device(mark, "viewer@example.com") == ""
    assert known_devices.find_device(known_devices.make_mark(editor.id), editor.email) not in ("", name)


@pytest.mark.parametrize(
    "mark", ["", "rubbish", pytest.param(signing.dumps([1, "x"], salt="another"), id="of another kind")]
)
def test_what_we_did_not_sign_is_no_mark(people: dict[str, Any], mark: str) -> None:
    assert known_devices.find_device(mark, "editor@example.com") == ""


def test_a_mark_ends(people: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    mark = known_devices.make_mark(people["editor"].id)
    monkeypatch.setattr(known_devices, "LIFE", -known_devices.LIFE)
    assert known_devices.find_device(mark, "editor@example.com") == ""
