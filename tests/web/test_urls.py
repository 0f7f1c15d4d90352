"""Every page of the desk opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/editions/",
        "/schedule/",
        "/newsletters/",
        "/newsletters/morning/",
        "/sources/",
        "/readers/",
        "/readers/import/",
        "/deliveries/",
    ],
)
def test_every_page_of_the_desk_opens(editor: Client, sent: Any, path: str) -> None:
    answer = editor.get(path)
    assert answer.status_code == 200
    assert b"Nothing leaves this machine" in answer.content, "while the outbox is the provider"
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_empty_pages_say_what_to_do(signed_in: Callable[[str], Client]) -> None:
    admin = signed_in("admin")
    for path in ("/", "/editions/", "/deliveries/", "/sources/", "/outbox/"):
        answer = admin.get(path)
        assert answer.status_code == 200
        assert b'class="empty"' in answer.content
