"""Errors are pages."""

from __future__ import annotations

from typing import Any

from django.test import Client


def test_an_error_is_a_page_and_never_a_traceback(editor: Client, house: Any) -> None:
    answer = editor.get("/editions/999/")
    assert answer.status_code == 404
    assert b"No mail was sent or stopped by this" in answer.content
    fragment = editor.get("/editions/999/pool/", headers={"HX-Request": "true"})
    assert fragment.headers["HX-Retarget"] == "#trouble"
