"""Boxes of an edition."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from newsletter.curator.editions import boxes, edition_lookup
from tests.actors import SYSTEM

HTMX = {"HTTP_HX_REQUEST": "true"}


def seen(box: Any) -> dict[str, Any]:
    """What the form of a box carries."""
    return {
        "box": box.id,
        "content_hash": box.content_hash,
        "seen_title": box.title,
        "seen_text": box.text,
        "seen_shown_to": box.visibility,
        "seen_place": box.place.value,
    }


def post(client: Client, edition: Any, **fields: Any) -> Any:
    given = {"title": "A word", "text": "Of *ours*", "shown_to": "members", "place": "top"} | fields
    return client.post(f"/editions/{edition.id}/boxes/", given, **HTMX)


def test_a_box_is_added_changed_and_removed(editor: Client, edition: Any) -> None:
    answer = post(editor, edition)
    assert "A word" in answer.content.decode()
    (box,) = edition_lookup.get_edition(edition.id).boxes
    assert (box.title, box.text, box.visibility, box.place) == ("A word", "Of *ours*", "members", "top")
    post(editor, edition, **seen(box), title="Another")
    (box,) = edition_lookup.get_edition(edition.id).boxes
    assert box.title == "Another"
    post(editor, edition, **seen(box), do="drop")
    assert edition_lookup.get_edition(edition.id).boxes == ()


def test_a_refused_box_is_not_added(editor: Client, edition: Any) -> None:
    answer = post(editor, edition, text="x" * 5001, title="Kept <words>")
    assert (answer.status_code, answer["X-Refusal"]) == (422, "1")
    assert "5,001 characters" in answer.content.decode()
    assert edition_lookup.get_edition(edition.id).boxes == ()


def test_two_editors_cannot_overwrite_a_box_unseen(editor: Client, edition: Any, now: datetime) -> None:
    (box,) = boxes.set_box(edition.id, title="A word", text="Of ours", now=now, seen=None, by=SYSTEM).boxes
    boxes.set_box(edition.id, box_id=box.id, title="Theirs", text="Of ours", now=now, seen=None, by=SYSTEM)
    for do in ("", "drop"):
        page = post(editor, edition, **seen(box), title="Mine", do=do)
        assert "Somebody else changed this" in page.content.decode()
        assert "Theirs" in page.content.decode()
    assert edition_lookup.get_edition(edition.id).boxes[0].title == "Theirs"


@pytest.mark.parametrize("box", ["nothing", "9" * 5000, "-1", "7"])
def test_an_unknown_box_is_no_server_error(editor: Client, edition: Any, box: str) -> None:
    assert post(editor, edition, box=box, content_hash="0" * 16, do="drop").status_code == 404


def test_without_scripts_the_board_comes_back(editor: Client, edition: Any) -> None:
    answer = editor.post(f"/editions/{edition.id}/boxes/", {"title": "", "text": "Plain", "place": "end"})
    assert (answer.status_code, answer["Location"]) == (302, f"/editions/{edition.id}/")
    assert "Plain" in editor.get(answer["Location"]).content.decode()


def test_one_field_of_a_box_is_saved_by_itself(editor: Client, edition: Any, now: datetime) -> None:
    (box,) = boxes.set_box(edition.id, title="A word", text="Of ours", now=now, seen=None, by=SYSTEM).boxes
    boxes.set_box(edition.id, box_id=box.id, title="A word", text="Theirs", now=now, seen=None, by=SYSTEM)
    one = {"box": box.id, "title": "Mine", "seen_title": "A word"}
    answer = editor.post(f"/editions/{edition.id}/boxes/", one, headers={"Accept": "application/json"})
    assert answer.json()["value"] == "Mine"
    (saved,) = edition_lookup.get_edition(edition.id).boxes
    assert (saved.title, saved.text) == ("Mine", "Theirs")
