"""Numbers that a browser sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from newsletter.kernel.errors import BadInput
from newsletter.web.fields import read_act


@pytest.mark.parametrize("digits", [19, 5000])
def test_a_number_longer_than_any_id_is_refused_like_text(editor: Client, newsroom: Any, digits: int) -> None:
    answer = editor.post(f"/newsletters/{newsroom.briefing.slug}/rules/", {"do": "remove", "rule_id": "9" * digits})
    assert answer.status_code == 422
    assert "does not say which rule" in answer.content.decode()


@pytest.mark.parametrize("digits", [19, 5000])
def test_no_page_fails_on_a_very_long_number(
    signed_in: Callable[[str], Client], newsroom: Any, readers: Callable[..., list[int]], digits: int
) -> None:
    admin, endless = signed_in("admin"), "9" * digits
    (reader,) = readers(1)
    assert admin.get(f"/readers/lists/{newsroom.list.slug}/?months={endless}").status_code == 200
    assert admin.post("/readers/segments/", {"do": f"more-{endless}"}).status_code == 422  # no button of the page
    assert admin.post(f"/readers/{reader}/", {"do": "leave", "list": endless, "sure": "1"}).status_code == 422


def test_a_button_is_one_of_those_of_the_page() -> None:
    acts = {"save": 1, "drop": 2}
    assert read_act(QueryDict("do=drop"), acts) == 2
    assert read_act(QueryDict(""), acts, "save") == 1
    for wrong in ("", "do=", "do=burn"):
        with pytest.raises(BadInput, match="no known action"):
            read_act(QueryDict(wrong), acts)
