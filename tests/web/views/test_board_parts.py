"""The parts of the board, and the mark by which an open page knows that something changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletter.curator.editions import approval, conflicts, editions, presence
from newsletter.kernel import clock
from newsletter.kernel.errors import Difference
from tests.actors import SYSTEM

HTMX, VALUE = {"HX-Request": "true"}, {"Accept": "application/json"}


def find_mark(editor: Client, edition: Any) -> str:
    return str(editor.get(f"/editions/{edition.id}/").context["mark"])


def test_whatever_an_open_board_shows_changes_the_mark(editor: Client, edition: Any, now: datetime) -> None:
    marks = [find_mark(editor, edition)]
    editions.edit_edition(edition.id, subject="Another", seen=None, by=SYSTEM, now=now)
    marks.append(find_mark(editor, edition))
    approval.request_review(edition.id, by=SYSTEM, now=now)
    marks.append(find_mark(editor, edition))
    conflicts.keep_conflict(edition.id, "", Difference("subject", "a", "b", "c"), by=SYSTEM, now=now)
    marks.append(find_mark(editor, edition))
    presence.note_presence(edition.id, "", who="theo@example.com", name="Theo", now=clock.now())
    marks.append(find_mark(editor, edition))
    assert len(set(marks)) == 5
    assert find_mark(editor, edition) == marks[-1]


def test_a_story_whose_form_is_open_comes_as_its_form(editor: Client, edition: Any) -> None:
    key = edition.picks[0].key
    page = editor.get(f"/editions/{edition.id}/changes/", headers=HTMX | {"X-Editing": key}).content.decode()
    assert f'data-editing="{key}"' in page
    gone = editor.get(f"/editions/{edition.id}/changes/?editing=gone", headers=HTMX).content.decode()
    assert "data-editing" not in gone


@pytest.mark.parametrize(("what", "most"), [("a field", 40), ("nothing new", 17)])
def test_a_board_asks_the_database_little(editor: Client, edition: Any, what: str, most: int) -> None:
    base = f"/editions/{edition.id}/"
    mark = find_mark(editor, edition)
    with CaptureQueriesContext(connection) as asked:
        if what == "a field":
            form = {"subject": "New", "seen_subject": edition.subject}
            assert editor.post(f"{base}words/", form, headers=VALUE).status_code == 200
        else:
            assert editor.get(f"{base}changes/?mark={mark}", headers=HTMX).status_code == 204
    assert len(asked) <= most, [each["sql"][:120] for each in asked]
