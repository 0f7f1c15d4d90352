"""The pictures that a story can have, and who may look for them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from PIL import Image

from newsletter.curator.editions import picks, picture_choice
from newsletter.curator.editions.values import Edition
from newsletter.fetching import FetchError, FetchResponse
from newsletter.kernel.errors import NotAllowed, NotFound, Refused
from tests.actors import SYSTEM, act_as


def draw(colour: str = "teal", **how: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1280, 720), colour).save(out, "JPEG", **how)
    return out.getvalue()


def test_an_upload_is_turned_as_the_camera_says_and_loses_its_metadata(filled: Edition, now: datetime) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    found = picture_choice.upload_picture(filled.id, draw(exif=exif), "boat.jpg", by=SYSTEM, now=now)
    assert (found.picture.width, found.picture.height) == (720, 1280)
    with pytest.raises(Refused, match="boat.txt is not a picture"):
        picture_choice.upload_picture(filled.id, b"text", "boat.txt", by=SYSTEM, now=now)


def test_a_page_that_cannot_be_read_is_refused_by_name(filled: Edition, now: datetime) -> None:
    def fail(url: str, **how: Any) -> FetchResponse:
        raise FetchError(f"{url} answered 500.", status=500)

    with pytest.raises(Refused, match=r"cannot be read: https://.* answered 500"):
        picture_choice.copy_page_pictures(filled.id, filled.picks[0].key, fetch=fail, by=SYSTEM, now=now)


def test_pictures_used_before_come_with_their_words_the_latest_first(filled: Edition, now: datetime) -> None:
    one, other = (
        picture_choice.upload_picture(filled.id, draw(each), "", by=SYSTEM, now=now).picture for each in ("red", "blue")
    )
    for story, each in zip(filled.picks, (one, other), strict=False):
        words: Any = {"image_alt": each.name, "image_credit": "Kim Example", "focus": "1 2"}
        picks.edit_pick(filled.id, story.key, picture=each.name, seen=None, by=SYSTEM, now=now, **words)
    used = picture_choice.list_used_pictures(filled.id, by=SYSTEM)
    assert [each.picture for each in used][:2] == [other, one]
    assert (used[0].alt, used[0].credit, used[0].focus) == (other.name, "Kim Example", "1 2")


def test_the_pictures_of_the_page_are_copied_and_what_cannot_be_read_is_left_out(
    filled: Edition, now: datetime
) -> None:
    page = b"<article><img src=/a.jpg alt='A boat'><img src=/gone.jpg><img src=/text.jpg></article>"

    def fetch(url: str, **_: Any) -> FetchResponse:
        if url.endswith("gone.jpg"):
            raise FetchError("It is gone.")
        body = draw() if url.endswith("/a.jpg") else b"text" if url.endswith(".jpg") else page
        return FetchResponse(url, 200, body)

    (found,) = picture_choice.copy_page_pictures(filled.id, filled.picks[0].key, fetch=fetch, by=SYSTEM, now=now)
    assert (found.picture.width, found.alt) == (1280, "A boat")
    page = b"<p>No picture</p>"
    with pytest.raises(Refused, match="No picture was found"):
        picture_choice.copy_page_pictures(filled.id, filled.picks[0].key, fetch=fetch, by=SYSTEM, now=now)
    with pytest.raises(NotFound):
        picture_choice.copy_page_pictures(filled.id, "gone", fetch=fetch, by=SYSTEM, now=now)


def test_whoever_may_not_edit_gets_none(filled: Edition, people: Any, now: datetime) -> None:
    viewer = act_as("viewer@example.com")
    acts: tuple[Callable[[], object], ...] = (
        lambda: picture_choice.upload_picture(filled.id, draw(), "", by=viewer, now=now),
        lambda: picture_choice.list_used_pictures(filled.id, by=viewer),
        lambda: picture_choice.copy_page_pictures(filled.id, "x", fetch=pytest.fail, by=viewer, now=now),
    )
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
