"""Importing a file on the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from newsletter.web.views import imports
from subscribers import lists
from subscribers.imports import run
from tests.web.seen import read_seen


def test_an_import_starts_with_a_dry_run_and_can_be_undone(editor: Client, newsroom: Any, now: datetime) -> None:
    from newsletter.jobs import worker_steps

    def upload(data: bytes) -> Any:
        file = SimpleUploadedFile("readers.csv", data, "text/csv")
        page = editor.post("/readers/import/", {"list": "morning", "file": file}).url
        assert b"being checked" in editor.get(page).content
        assert worker_steps.import_subscribers(now)
        return page

    page = upload(b"email,tags\nann@gmial.com,VIP\nnot an address,\n")
    text = editor.get(page).content.decode()
    assert "not an e-mail address" in text
    assert "meant ann@gmail.com?" in text
    assert "Import file: 1 new" in text
    assert lists.count_subscribers_by_state(newsroom.list.id) == {}
    editor.post(page, {"do": "import"})  # without what they saw
    assert not worker_steps.import_subscribers(now)
    editor.post(page, {"do": "import"} | read_seen(text))
    assert editor.get(f"{page}progress/", headers={"HX-Request": "true"}).status_code == 200
    worker_steps.import_subscribers(now)
    assert editor.get(f"{page}progress/", headers={"HX-Request": "true"}).status_code == 286
    assert lists.count_subscribers_by_state(newsroom.list.id) == {"active": 1}
    refused = editor.get(f"{page}refused.csv")
    assert b"not an address" in b"".join(refused.streaming_content)  # type: ignore[attr-defined]
    editor.post(page, {"do": "undo"})
    worker_steps.import_subscribers(now)
    assert b"Undone" in editor.get(page).content
    assert lists.count_subscribers_by_state(newsroom.list.id) == {}


def test_unknown_columns_and_values_are_mapped_on_the_page(editor: Client, newsroom: Any, now: datetime) -> None:
    from newsletter.jobs import worker_steps

    file = SimpleUploadedFile("readers.csv", b"email,permission,status\nann@example.com,full,VIP\n", "text/csv")
    page = editor.post("/readers/import/", {"list": "morning", "file": file}).url
    worker_steps.import_subscribers(now)
    text = editor.get(page).content.decode()
    assert "permission" in text
    message = {"do": "explain", "name-0": "permission", "col-0": "ignore", "word-0": "VIP", "means-0": "active"}
    editor.post(page, message | read_seen(text))
    worker_steps.import_subscribers(now)
    editor.post(page, {"do": "import"} | read_seen(text))  # of what a colleague saw before
    assert not worker_steps.import_subscribers(now)
    editor.post(page, {"do": "import"} | read_seen(editor.get(page).content.decode()))
    worker_steps.import_subscribers(now)
    assert lists.count_subscribers_by_state(newsroom.list.id) == {"active": 1}
    assert editor.post("/readers/import/", {"list": "morning"}).status_code == 422


def test_an_upload_may_be_as_large_as_the_limit_and_no_larger(
    admin: Client, newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upload(data: bytes) -> Any:
        fields = {"list": newsroom.list.slug, "file": SimpleUploadedFile("readers.csv", data)}
        return admin.post("/readers/import/", fields)

    data = b"email\nann@example.com\n"
    monkeypatch.setattr(imports, "LARGEST_UPLOAD", len(data))
    assert upload(data).status_code == 302
    answer = upload(data + b"\n")
    assert (answer.status_code, "The file is larger than" in answer.content.decode()) == (422, True)
    assert len(run.list_imports()) == 1
