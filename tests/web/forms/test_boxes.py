"""The forms that say which box is meant."""

from __future__ import annotations

from django.http import QueryDict

from newsletter.web.forms.boxes import BoxNumberForm, DropBoxForm


def test_a_box_is_meant_by_its_number_or_a_new_one() -> None:
    assert BoxNumberForm(QueryDict("box=7")).require_valid() == {"do": "", "box": 7}
    assert BoxNumberForm(QueryDict("do=drop&box=x")).require_valid() == {"do": "drop", "box": None}


def test_a_box_is_removed_as_it_was_seen() -> None:
    assert DropBoxForm(QueryDict("box=7&content_hash=abc")).is_valid()
    assert not DropBoxForm(QueryDict("box=7")).is_valid()
