"""Importing a file on the desk."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from typing import Any

import lxml.html
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from newsletter.web.forms import imports
from subscribers import lists
from subscribers.imports import import_lookup
from subscribers.imports.run import import_csv
from tests.actors import SYSTEM
from tests.web.seen import flatten, read_seen


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
    unseen = editor.post(page, {"do": "import"})
    assert (unseen.status_code, "does not say what you saw" in unseen.content.decode()) == (422, True)
    assert not worker_steps.import_subscribers(now)
    editor.post(page, {"do": "import"} | read_seen(text))
    assert editor.get(f"{page}progress/", headers={"HX-Request": "true"}).status_code == 200
    worker_steps.import_subscribers(now)
    assert editor.get(f"{page}progress/", headers={"HX-Request": "true"}).status_code == 286
    assert lists.count_subscribers_by_state(newsroom.list.id) == {"active": 1}
    assert "Uploaded by Editor," in editor.get(page).content.decode()
    assert '<span class="meta">Editor</span>' in editor.get("/readers/import/").content.decode()
    refused = editor.get(f"{page}refused.csv")
    assert b"not an address" in b"".join(refused.streaming_content)  # type: ignore[attr-defined]
    editor.post(page, {"do": "undo"})
    worker_steps.import_subscribers(now)
    assert b"Undone" in editor.get(page).content
    assert lists.count_subscribers_by_state(newsroom.list.id) == {}


def test_unknown_columns_and_values_are_answered_on_the_page_and_answers_stay(
    editor: Client, newsroom: Any, now: datetime
) -> None:
    from newsletter.jobs import worker_steps

    data = (
        "email,permission,status,Kunde\nann@example.com,full,VIP,ja\nben@example.com,none,gone for good,nein\n"
        "cleo@example.com,full,VIP,ja\n"
    )
    file = SimpleUploadedFile("readers.csv", data.encode(), "text/csv")
    page = editor.post("/readers/import/", {"list": "morning", "file": file}).url
    worker_steps.import_subscribers(now)
    text = editor.get(page).content.decode()
    for shown in ("permission", "gone for good", "Kunde", "ann@example.com", "It says yes or no."):
        assert shown in text
    asked = {question.column: number for number, question in enumerate(import_lookup.list_imports()[0].questions)}
    assert {*asked} == {"permission", "status", "Kunde"}

    def answer(**fields: str) -> str:
        text = editor.get(page).content.decode()
        editor.post(page, {"do": "explain"} | fields | read_seen(text))
        worker_steps.import_subscribers(now)
        return flatten(editor.get(page).content.decode())

    names = {f"name-{number}": column for column, number in asked.items()}
    text = answer(**names, **{f"col-{asked['permission']}": "ignore"})
    assert ('<b class="mono">permission' in text, '<b class="mono">Kunde' in text) == (False, True)
    assert '<span class="mono">permission</span>= ignore' in text
    asked = {question.column: number for number, question in enumerate(import_lookup.list_imports()[0].questions)}
    names = {f"name-{number}": column for column, number in asked.items()}
    words = asked["status"]
    values = {f"value-{words}-0": "VIP", f"means-{words}-0": "active"}
    values |= {f"value-{words}-1": "gone for good", f"means-{words}-1": "unsubscribed"}
    text = answer(**names, **values, **{f"col-{asked['Kunde']}": "attribute"})
    assert "ask an administrator to make the attribute first" in text
    (question,) = import_lookup.list_imports()[0].questions
    text = answer(**{"name-0": question.column, "col-0": "ignore"})
    assert "Import file: 3 new" in text
    editor.post(page, {"do": "import"} | read_seen(text))
    worker_steps.import_subscribers(now)
    assert lists.count_subscribers_by_state(newsroom.list.id) == {"active": 2, "unsubscribed": 1}
    assert editor.post("/readers/import/", {"list": "morning"}).status_code == 422


def test_whoever_says_what_the_words_of_a_column_mean_says_that_it_is_the_state(
    editor: Client, newsroom: Any, now: datetime
) -> None:
    from newsletter.jobs import worker_steps

    data = b"E-Mail;Newsletter\nann@example.com;ja\nben@example.com;nein\n"
    page = editor.post("/readers/import/", {"list": "morning", "file": SimpleUploadedFile("leser.csv", data)}).url
    worker_steps.import_subscribers(now)
    words = {"value-0-0": "ja", "means-0-0": "active", "value-0-1": "nein", "means-0-1": "unsubscribed"}
    seen = read_seen(editor.get(page).content.decode())
    editor.post(page, {"do": "explain", "name-0": "Newsletter", "col-0": ""} | words | seen)
    worker_steps.import_subscribers(now)
    assert import_lookup.list_imports()[0].report.states == {"active": 1, "unsubscribed": 1}


def test_a_colleagues_answer_in_between_is_not_confirmed_unseen(editor: Client, newsroom: Any, now: datetime) -> None:
    from newsletter.jobs import worker_steps

    file = SimpleUploadedFile("readers.csv", b"email,permission\nann@example.com,full\n", "text/csv")
    page = editor.post("/readers/import/", {"list": "morning", "file": file}).url
    worker_steps.import_subscribers(now)
    seen = read_seen(editor.get(page).content.decode())
    editor.post(page, {"do": "explain", "name-0": "permission", "col-0": "ignore"} | seen)
    worker_steps.import_subscribers(now)
    refused = editor.post(page, {"do": "import"} | seen)
    assert (refused.status_code, "Look at it again" in refused.content.decode()) == (409, True)
    assert not worker_steps.import_subscribers(now)


def test_answers_that_came_too_late_stay_on_the_page(editor: Client, newsroom: Any, now: datetime) -> None:
    from newsletter.jobs import worker_steps

    data = b"email,permission,status\nann@example.com,full,VIP\nben@example.com,none,gone\n"
    page = editor.post("/readers/import/", {"list": "morning", "file": SimpleUploadedFile("readers.csv", data)}).url
    worker_steps.import_subscribers(now)
    seen = read_seen(editor.get(page).content.decode())
    editor.post(page, {"do": "explain", "name-0": "permission", "col-0": "ignore"} | seen)
    worker_steps.import_subscribers(now)
    words = {"name-1": "status", "value-1-0": "VIP", "means-1-0": "active"}
    refused = editor.post(page, {"do": "explain"} | words | seen)
    assert refused.status_code == 409
    shown = flatten(refused.content.decode())
    assert 'role="alert" tabindex="-1" autofocus' in shown
    assert re.search(r'value="VIP">\s*<select name="means-0-0"[^>]*>(?:(?!</select>).)*value="active" selected', shown)


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
    assert len(import_lookup.list_imports()) == 1


def test_addresses_are_pasted_and_stay_when_something_is_wrong(editor: Client, newsroom: Any, now: datetime) -> None:
    from newsletter.jobs import worker_steps

    pasted = "Ann Lee <ann@example.com>, ben@example.com"
    answer = editor.post("/readers/import/", {"list": "nowhere", "pasted": pasted})
    assert answer.status_code == 422
    assert "Ann Lee &lt;ann@example.com&gt;, ben@example.com</textarea>" in answer.content.decode()
    assert re.search(r'id="list_error">.*?<select[^>]*name="list"[^>]*invalid', answer.content.decode(), re.S)
    page = editor.post("/readers/import/", {"list": "morning", "pasted": pasted}).url
    worker_steps.import_subscribers(now)
    text = editor.get(page).content.decode()
    assert "Import file: 2 new" in text
    editor.post(page, {"do": "import"} | read_seen(text))
    worker_steps.import_subscribers(now)
    assert lists.count_subscribers_by_state(newsroom.list.id) == {"active": 2}


def test_past_imports_are_found_by_file_list_and_month(editor: Client, newsroom: Any, now: datetime) -> None:
    for n in range(3):
        import_csv(BytesIO(b"email\n"), newsroom.list.id, dry_run=False, by=SYSTEM, now=now, name=f"file{n}.csv")

    def find(query: str) -> list[str]:
        page = lxml.html.fromstring(editor.get(f"/readers/import/?{query}").content.decode())
        return [each.text_content() for each in page.cssselect("#rows a")]

    assert find("") == find("list=morning&month=2026-11") == ["file2.csv", "file1.csv", "file0.csv"]
    assert find("q=FILE1") == ["file1.csv"]
    assert find("state=failed") == []
    assert editor.get("/readers/import/?list=evening").status_code == 422
