"""The forms of a story's picture."""

from __future__ import annotations

import pytest

from newsletter.web.forms.picture import PictureForm, PictureSourceForm

SENT = {f"{prefix}{name}": "" for name in PictureForm.VALUES for prefix in ("", "seen_")} | {"picture": "a.jpg"}


def test_what_was_seen_may_be_empty_and_not_missing() -> None:
    assert PictureForm(SENT).is_valid()
    lacking = PictureForm({name: value for name, value in SENT.items() if name != "seen_picture"})
    assert not lacking.is_valid()
    assert lacking.status == 422


def test_a_picture_is_chosen_or_taken_away() -> None:
    nothing = PictureForm(SENT | {"picture": ""})
    assert nothing.non_field_errors() == ["Choose a picture, or add one."]
    assert PictureForm(SENT | {"picture": "", "remove": "1"}).is_valid()


@pytest.mark.parametrize(("edition", "story"), [("", "a"), ("0", "a"), ("9" * 20, "a"), ("1", ""), ("1", "a b")])
def test_a_source_needs_an_edition_and_a_story(edition: str, story: str) -> None:
    assert not PictureSourceForm({"edition": edition, "story": story}).is_valid()
    assert PictureSourceForm({"edition": "1", "story": "a-b"}).is_valid()
