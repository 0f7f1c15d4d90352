"""Numbers that a browser sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client


@pytest.mark.parametrize("digits", [19, 5000])
def test_a_number_longer_than_any_id_is_refused_like_text(editor: Client, newsroom: Any, digits: int) -> None:
    answer = editor.post(f"/newsletters/{newsroom.briefing.slug}/rules/", {"do": "remove", "rule": "9" * digits})
    assert answer.status_code == 422
    assert "Say which rule." in answer.content.decode()


@pytest.mark.parametrize("digits", [19, 5000])
def test_no_page_fails_on_a_very_long_number(
    signed_in: Callable[[str], Client], newsroom: Any, readers: Callable[..., list[int]], digits: int
) -> None:
    admin, endless = signed_in("admin"), "9" * digits
    (reader,) = readers(1)
    assert admin.get(f"/readers/lists/{newsroom.list.slug}/?months={endless}").status_code == 200
    assert admin.post("/readers/segments/", {"do": f"more-{endless}"}).status_code == 200
    assert admin.post(f"/readers/{reader}/", {"do": "leave", "list": endless}, follow=True).status_code == 200
