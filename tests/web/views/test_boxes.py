"""Boxes and who sees what, on the board and in the review."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from newsletter.checks import preflight
from newsletter.curator.editions import boxes, edition_lookup, editions, picks
from newsletter.delivery.sending import freeze
from newsletter.jobs import tasks
from subscribers.attributes import set_tier

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def editor(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("editor")


def post(client: Client, edition: Any, **fields: Any) -> Any:
    given = {"title": "A word", "text": "Of *ours*", "shown_to": "members", "place": "top"} | fields
    return client.post(f"/editions/{edition.id}/boxes/", given, **HTMX)


def test_a_box_is_added_written_anew_and_taken_out(editor: Client, edition: Any) -> None:
    answer = post(editor, edition)
    assert "A word" in answer.content.decode()
    (box,) = edition_lookup.get_edition(edition.id).boxes
    assert (box.title, box.text, box.visibility, box.place) == ("A word", "Of *ours*", "members", "top")
    post(editor, edition, box=box.id, mark=box.content_hash, title="Another")
    (box,) = edition_lookup.get_edition(edition.id).boxes
    assert box.title == "Another"
    post(editor, edition, box=box.id, mark=box.content_hash, do="drop")
    assert edition_lookup.get_edition(edition.id).boxes == ()


def test_what_was_typed_is_given_back_when_it_cannot_be_kept(editor: Client, edition: Any) -> None:
    page = post(editor, edition, text="x" * 5001, title="Kept <words>").content.decode()
    assert "5001 characters" in page
    assert "Kept &lt;words&gt;" in page
    assert edition_lookup.get_edition(edition.id).boxes == ()


def test_two_editors_cannot_overwrite_a_box_unseen(editor: Client, edition: Any, now: datetime) -> None:
    (box,) = boxes.set_box(edition.id, title="A word", text="Of ours", now=now).boxes
    boxes.set_box(edition.id, box_id=box.id, title="Theirs", text="Of ours", now=now)
    for do in ("", "drop"):
        page = post(editor, edition, box=box.id, mark=box.content_hash, title="Mine", do=do).content.decode()
        assert "Somebody else changed this box" in page
    assert edition_lookup.get_edition(edition.id).boxes[0].title == "Theirs"


@pytest.mark.parametrize("box", ["nothing", "9" * 5000, "-1", "7"])
def test_a_box_there_is_not_is_no_server_error(editor: Client, edition: Any, box: str) -> None:
    assert post(editor, edition, box=box, do="drop").status_code == 200


def test_without_scripts_the_board_comes_back(editor: Client, edition: Any) -> None:
    answer = editor.post(f"/editions/{edition.id}/boxes/", {"title": "", "text": "Plain", "place": "end"})
    assert (answer.status_code, answer["Location"]) == (302, f"/editions/{edition.id}/")
    assert "Plain" in editor.get(answer["Location"]).content.decode()


def test_the_review_shows_each_variant_and_the_page(
    editor: Client, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    story = edition.picks[1]
    picks.edit_pick(edition.id, story.key, visibility="members", now=now)
    here = f"/editions/{edition.id}"
    assert f"nl={story.key}" not in editor.get(f"{here}/review/?view=source").content.decode()
    assert f"nl={story.key}" in editor.get(f"{here}/review/?view=source&variant=a").content.decode()
    assert f"nl={story.key}" in editor.get(f"{here}/rendering/?variant=a").content.decode()
    assert f"nl={story.key}" in editor.get(f"{here}/letter.eml?variant=a").content.decode().replace("=\n", "").replace(
        "nl=3D", "nl="
    )
    page = editor.get(f"{here}/review/?view=text&variant=web").content.decode()
    assert "This was sent to" not in page
    assert "Members only" in page


def test_a_reader_is_shown_what_they_get(
    signed_in: Callable[[str], Client], edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    client = signed_in("admin")
    story = edition.picks[1]
    picks.edit_pick(edition.id, story.key, visibility="members", now=now)
    _, member = readers(2)
    set_tier(member, "paid")
    seen = {
        n: f"nl={story.key}"
        in client.get(f"/editions/{edition.id}/rendering/?as=reader{n}@example.com").content.decode()
        for n in (0, 1)
    }
    assert seen == {0: False, 1: True}


def test_a_test_is_of_the_variant_that_is_shown(editor: Client, edition: Any, settings: Any, now: datetime) -> None:
    story = edition.picks[1]
    picks.edit_pick(edition.id, story.key, visibility="members", now=now)
    editor.post(f"/editions/{edition.id}/tests/", {"addresses": "desk@example.com", "variant": "a"})
    (letter,) = settings.CONFIG.outbox_dir.rglob("*.eml")
    assert f"nl={story.key}" in letter.read_text().replace("=\n", "").replace("nl=3D", "nl=")


def test_the_delivery_page_shows_how_each_subject_did(
    editor: Client, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    editions.edit_edition(edition.id, second_subject="Trains come back", now=now)
    readers(30)
    preflight.approve_edition(edition.id, by="editor@example.com", now=now)
    mailing = tasks.send_edition(edition.id, at=None, by="editor@example.com", now=now)
    freeze.freeze_next(now)
    page = editor.get(f"/deliveries/{mailing.id}/").content.decode()
    assert "Variants" in page
    assert "Trains come back" in page
    assert "Second subject" in page


def test_what_is_for_some_is_nowhere_in_the_archive(
    client: Client, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    for number, shown_to in enumerate(("members", "mail")):
        key = edition.picks[number].key
        picks.edit_pick(
            edition.id, key, headline=f"Secret{number}", label=f"Secret{number}", visibility=shown_to, now=now
        )
    boxes.set_box(edition.id, title="Secret2", text="Secret3", visibility="free", now=now)
    readers(1)
    preflight.approve_edition(edition.id, by="editor@example.com", now=now)
    tasks.send_edition(edition.id, at=None, by="editor@example.com", now=now)
    freeze.freeze_next(now)
    for path in ("/archive/", "/archive/morning/", f"/archive/morning/{edition.date}/", "/archive/morning/feed.xml"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Secret" not in answer.content.decode()
    assert edition.picks[2].headline.split()[0] in client.get("/archive/morning/feed.xml").content.decode()
