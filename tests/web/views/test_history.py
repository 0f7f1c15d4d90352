"""The history of an edition on its page: compared, undone, restored."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.test import Client
from PIL import Image

from newsletter.catalog import pictures
from newsletter.catalog.models import Picture
from newsletter.checks import preflight
from newsletter.curator.editions import edition_lookup, editions, picks, revisions
from tests.actors import SYSTEM, act_as

HTMX = {"HX-Request": "true"}


def read(edition: Any) -> Any:
    return edition_lookup.get_edition(edition.id)


def test_the_history_shows_who_changed_what_word_by_word(editor: Client, edition: Any, now: datetime) -> None:
    editions.edit_edition(edition.id, subject="The railway leaves the mill", seen=None, by=SYSTEM, now=now)
    page = " ".join(editor.get(f"/editions/{edition.id}/history/").content.decode().split())
    assert "Subject" in page
    assert "tests" in page
    assert "<del>reaches</del>" in page
    assert "<ins>leaves</ins>" in page
    whole = editor.get(f"/editions/{edition.id}/history/?from=0").content.decode()
    assert whole.count('class="diff"') > 3
    past = editor.get(f"/editions/{edition.id}/history/?from=0&to=1").content.decode()
    assert "Restore" not in past, "what is past is compared, and restored only against now"


def test_an_order_is_shown_by_its_headlines_and_a_picture_small(editor: Client, edition: Any, now: datetime) -> None:
    first, second, _third = edition.picks
    picks.move_pick(edition.id, first.key, after=second.key, by=SYSTEM, now=now)
    page = " ".join(editor.get(f"/editions/{edition.id}/history/").content.decode().split())
    assert first.headline in page
    first_picture = _choose_picture(edition, first.key, "teal", by="editor", now=now)
    second_picture = _choose_picture(edition, first.key, "navy", by="admin", now=now)
    address = f"/editions/{edition.id}/history/"
    page = " ".join(editor.get(f"{address}?from=0").content.decode().split())
    assert f'src="/pictures/{second_picture.name}" alt="640 × 360"' in page
    assert '<span class="meta">nothing</span>' in page, "there was none before"
    assert first_picture.name in editor.get(address).content.decode()
    Picture.objects.filter(id=first_picture.id).delete()
    assert "A picture that is not kept any more" in editor.get(address).content.decode()


def _choose_picture(edition: Any, key: str, colour: str, *, by: str, now: datetime) -> Any:
    file = io.BytesIO()
    Image.new("RGB", (640, 360), colour).save(file, "PNG")
    picture = pictures.store_picture(file.getvalue(), source_url="", now=now)
    picks.edit_pick(edition.id, key, picture=picture.name, seen=None, by=act_as(f"{by}@example.com"), now=now)
    return picture


def test_ones_own_change_is_undone_on_the_board_and_in_the_history(
    editor: Client, people: Any, edition: Any, now: datetime
) -> None:
    by = act_as("editor@example.com")
    base = f"/editions/{edition.id}"
    editions.edit_edition(edition.id, subject="Mine", seen=None, by=by, now=now)
    picks.drop_pick(edition.id, edition.picks[1].key, content_hash=None, by=by, now=now)
    act = editor.get(f"{base}/").context["undoable"].act
    parts = editor.post(f"{base}/history/undo/", {"act": act}, headers=HTMX)
    assert f'id="story-{edition.picks[1].key}"' in parts.content.decode()
    act = editor.get(f"{base}/").context["undoable"].act
    assert editor.post(f"{base}/history/undo/", {"act": act}).headers["Location"] == f"{base}/history/"
    assert read(edition).subject == edition.subject
    assert editor.get(f"{base}/").context["undoable"] is None


def test_what_cannot_be_undone_is_refused_with_what_changed(
    editor: Client, people: Any, edition: Any, now: datetime
) -> None:
    by = act_as("editor@example.com")
    editions.edit_edition(edition.id, subject="Mine", seen=None, by=by, now=now)
    act = revisions.find_last_own_act(edition.id, by.name)
    assert act is not None
    editions.edit_edition(edition.id, subject="Theirs", seen=None, by=SYSTEM, now=now)
    refused = editor.post(f"/editions/{edition.id}/history/undo/", {"act": act.act}, headers=HTMX)
    assert (refused.status_code, refused["X-Refusal"]) == (409, "1")
    assert "<ins>Theirs</ins>" in refused.content.decode()
    page = editor.post(f"/editions/{edition.id}/history/undo/", {"act": act.act})
    assert page.status_code == 409
    assert "This changed again since: Subject" in page.content.decode()
    assert editor.post(f"/editions/{edition.id}/history/undo/", {"act": "x"}).status_code == 422
    assert read(edition).subject == "Theirs"


def test_one_field_or_all_are_restored(editor: Client, edition: Any, now: datetime) -> None:
    since = revisions.list_history(edition.id)[0].sequence
    editions.edit_edition(edition.id, subject="Theirs", preheader="Theirs too", seen=None, by=SYSTEM, now=now)
    upto = revisions.list_history(edition.id)[0].sequence
    address = f"/editions/{edition.id}/history/restore/"
    assert editor.post(address, {"since": since, "upto": since}).status_code == 409
    assert editor.post(address, {"since": since}).status_code == 422
    assert editor.post(address, {"since": since, "upto": upto, "address": "|subject"}).status_code == 302
    assert (read(edition).subject, read(edition).preheader) == (edition.subject, "Theirs too")
    assert editor.post(address, {"since": since, "upto": upto + 1}).status_code == 302
    assert read(edition).preheader == edition.preheader


def test_an_approved_edition_is_neither_undone_nor_restored(
    editor: Client, signed_in: Callable[[str], Client], edition: Any, now: datetime
) -> None:
    preflight.approve_edition(edition.id, content_hash=None, by=SYSTEM, now=now)
    page = editor.get(f"/editions/{edition.id}/history/?from=0").content.decode()
    assert "Approved" in page
    assert "Restore" not in page
    form = {"since": "0", "upto": "99"}
    answer = editor.post(f"/editions/{edition.id}/history/restore/", form)
    assert answer.status_code == 409
    assert read(edition).snapshot_id is not None
    assert "Restore" not in signed_in("viewer").get(f"/editions/{edition.id}/history/?from=0").content.decode()
