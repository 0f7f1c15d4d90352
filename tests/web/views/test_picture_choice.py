"""The dialog of a picture, for those who may edit; and what it refuses."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from newsletter.curator.editions import edition_lookup
from newsletter.web import uploads

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def draw(width: int = 1280, height: int = 720) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return SimpleUploadedFile("a.png", out.getvalue())


def upload(client: Client, edition: Any, file: SimpleUploadedFile) -> Any:
    sent = {"edition": edition.id, "story": edition.picks[0].key, "file": file}
    return client.post("/editions/pictures/", sent, headers=HTMX)


def test_a_picture_is_uploaded_then_chosen(editor: Client, edition: Any) -> None:
    here = f"/editions/{edition.id}/picks/{edition.picks[0].key}/picture/"
    opened = editor.get(here, headers=HTMX)
    permit = f"{uploads.COOKIE}={opened.cookies[uploads.COOKIE].value}"
    assert uploads.find_limit("/editions/pictures/", permit) == uploads.LARGEST_UPLOAD
    assert uploads.find_limit("/editions/pictures/", "") == uploads.LARGEST_POST
    offered = upload(editor, edition, draw())
    name = offered.context["candidates"][0][0].picture.name
    sent = {"picture": name, "focus": "60 44", "image_alt": "A", "image_caption": "B", "image_credit": "C"}
    seen = {f"seen_{each}": "" for each in sent}
    answer = editor.post(here, sent | seen, headers=HTMX)
    assert answer.headers["X-Parts"] == "1"
    story = edition_lookup.get_edition(edition.id).picks[0]
    assert (story.picture_name, story.focus, story.image_credit) == (name, "60 44", "C")
    seen = {f"seen_{each}": value for each, value in sent.items()}
    assert editor.post(here, sent | seen | {"remove": "1"}).status_code == 302
    assert edition_lookup.get_edition(edition.id).picks[0].picture_id is None


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(editor: Client, edition: Any) -> None:
    here = f"/editions/{edition.id}/picks/{edition.picks[0].key}/picture/"
    small = upload(editor, edition, draw(240, 180))
    assert "never enlarged" in small.content.decode()
    name = small.context["candidates"][0][0].picture.name
    sent = {"picture": name, "focus": "", "image_alt": "Typed", "image_caption": "", "image_credit": ""}
    answer = editor.post(here, sent | {f"seen_{each}": "" for each in sent}, headers=HTMX)
    assert answer.status_code == 422
    assert "never enlarged" in answer.content.decode()
    assert 'value="Typed"' in answer.content.decode()
    assert upload(editor, edition, SimpleUploadedFile("a.png", b"text")).status_code == 409
    assert editor.post("/editions/pictures/", {"edition": "x"}, headers=HTMX).status_code == 422


def test_a_picture_that_became_too_small_stays_chosen_until_another_is(editor: Client, edition: Any) -> None:
    here = f"/editions/{edition.id}/picks/{edition.picks[0].key}/picture/"
    name = upload(editor, edition, draw(240, 180)).context["candidates"][0][0].picture.name
    opened = editor.get(here, {"picture": name}).content.decode()
    radio = re.search(rf'<input type="radio"[^>]*value="{re.escape(name)}"[^>]*>', opened)
    assert radio is not None
    assert "checked" in radio[0]
    assert "disabled" not in radio[0]


def test_whoever_may_not_edit_is_refused(signed_in: Callable[[str], Client], edition: Any) -> None:
    here = f"/editions/{edition.id}/picks/{edition.picks[0].key}/picture/"
    for who in ("viewer", "stranger"):
        assert signed_in(who).get(here, headers=HTMX).status_code == 403
        assert signed_in(who).post(here, {}, headers=HTMX).status_code == 403
        assert upload(signed_in(who), edition, draw()).status_code == 403
