"""The parts of the board, and the mark by which an open page knows that something changed."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from newsletter.catalog import pictures
from newsletter.curator.editions import approval, boxes, edition_lookup, editions, picks, presence, unsaved_texts
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput
from newsletter.scheduling import occurrences, schedules
from tests import prepared
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
    unsaved_texts.keep_unsaved_text(edition.id, "", "subject", "c", BadInput("Too long."), by=SYSTEM, now=now)
    marks.append(find_mark(editor, edition))
    presence.note_presence(edition.id, "", who="theo@example.com", name="Theo", now=clock.now())
    marks.append(find_mark(editor, edition))
    assert len(set(marks)) == 5
    assert find_mark(editor, edition) == marks[-1]


def test_a_story_whose_form_is_open_comes_as_its_form(editor: Client, edition: Any) -> None:
    key = edition.picks[0].key
    page = editor.get(f"/editions/{edition.id}/changes/", headers=HTMX | {"X-Editing": key}).content.decode()
    assert f'data-editing="{key}"' in page
    gone = editor.get(f"/editions/{edition.id}/changes/", headers=HTMX | {"X-Editing": "gone"}).content.decode()
    assert "data-editing" not in gone


@pytest.fixture
def full_board(edition: Any, articles: Callable[..., list[int]], now: datetime) -> Any:
    """An edition of twelve stories, each with a picture that was just chosen, and a box."""
    return prepared.prepare(fill_board, edition.id, tuple(articles(12)[3:]), now)


def fill_board(edition_id: int, article_ids: Sequence[int], now: datetime) -> Any:
    for article_id in article_ids:
        picks.add_pick(edition_id, article_id, by=SYSTEM, now=now)
    edition = boxes.set_box(edition_id, text="A notice", seen=None, by=SYSTEM, now=now)
    for story in edition.picks:
        picture = pictures.store_picture(draw_picture(story.number), source_url="", now=now).name
        picks.edit_pick(edition_id, story.key, picture=picture, seen=None, by=SYSTEM, now=now)
    found = edition_lookup.get_edition(edition_id)
    assert len([each for each in found.picks if each.picture_id]) == 12
    return found


def draw_picture(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (number, 80, 80)).save(out, "PNG")
    return out.getvalue()


def list_queries(asked: CaptureQueriesContext) -> list[str]:
    """What was asked of tables: a transaction's begin and end are none of it."""
    return [each["sql"][:120] for each in asked if "SAVEPOINT" not in each["sql"]]


@pytest.mark.parametrize("field", ["text of the edition", "text of a story", "text of a box"])
def test_a_field_is_saved_with_ten_queries(editor: Client, full_board: Any, field: str) -> None:
    base, story, box = f"/editions/{full_board.id}/", full_board.picks[3], full_board.boxes[0]
    address, form = {
        "text of the edition": ("words/", {"subject": "New", "seen_subject": full_board.subject}),
        "text of a story": (f"picks/{story.key}/", {"headline": "New", "seen_headline": story.headline}),
        "text of a box": ("boxes/", {"box": box.id, "text": "New", "seen_text": box.text}),
    }[field]
    find_mark(editor, full_board)  # the first request of a session also notes its begin
    with CaptureQueriesContext(connection) as asked:
        assert editor.post(base + address, form, headers=VALUE).json()["value"] == "New"
    assert len(list_queries(asked)) <= 10, list_queries(asked)
    changed = edition_lookup.get_edition(full_board.id)
    assert "New" in {changed.subject, changed.picks[3].headline, changed.boxes[0].text}


def test_a_quiet_poll_asks_five_times_and_reads_no_parts(editor: Client, full_board: Any) -> None:
    mark = find_mark(editor, full_board)
    with CaptureQueriesContext(connection) as asked:
        answer = editor.get(f"/editions/{full_board.id}/changes/?mark={mark}", headers=HTMX)
    assert answer.status_code == 204
    queries = list_queries(asked)
    assert len(queries) <= 5, queries
    assert not [each for each in queries if "curator_pick" in each or "curator_box" in each]


def test_a_board_asks_at_most_25_times(editor: Client, full_board: Any, now: datetime) -> None:
    form = {"preheader": "By the editor", "seen_preheader": full_board.preheader}
    editor.post(f"/editions/{full_board.id}/words/", form, headers=VALUE)  # something to undo
    schedules.create_schedule(full_board.newsletter_id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now)
    occurrences.materialise(now)
    planned = occurrences.list_occurrences(now, now + timedelta(days=2), [full_board.newsletter_id])[0]
    occurrences.record_draft(planned.id, full_board.id, now)
    assert_board_asks_little(editor, full_board)


def assert_board_asks_little(editor: Client, edition: Any) -> None:
    with CaptureQueriesContext(connection) as asked:
        page = editor.get(f"/editions/{edition.id}/").content.decode()
    assert all(each.headline in page for each in edition.picks)
    assert len(list_queries(asked)) <= 25, list_queries(asked)


def test_a_board_asks_no_more_after_an_edition_that_was_sent(
    editor: Client, sent: Any, edition: Any, articles: Callable[..., list[int]], now: datetime
) -> None:
    later = editions.create_edition(edition.newsletter_id, edition.date + timedelta(days=1), by=SYSTEM, now=now)
    full_board = fill_board(later.id, articles(15)[3:], now)
    editor.get("/editions/")  # the first request of a session also notes its begin
    assert_board_asks_little(editor, full_board)


@pytest.mark.parametrize("is_approved", [False, True])
def test_a_board_with_variants_and_texts_that_were_not_saved_asks_as_little(
    editor: Client, full_board: Any, now: datetime, is_approved: bool
) -> None:
    for story, whom in zip(full_board.picks, ("members", "free"), strict=False):
        picks.edit_pick(full_board.id, story.key, visibility=whom, seen=None, by=SYSTEM, now=now)
    if is_approved:
        approval.approve(full_board.id, content_hash=None, check=lambda *_: None, by=SYSTEM, now=now)
    for story in full_board.picks[:3]:
        part, refusal = f"story:{story.key}", BadInput("It is too long.")
        unsaved_texts.keep_unsaved_text(full_board.id, part, "headline", "x" * 501, refusal, by=SYSTEM, now=now)
    editor.get("/editions/")  # the first request of a session also notes its begin
    assert_board_asks_little(editor, full_board)
