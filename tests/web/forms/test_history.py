"""What the forms that undo and restore read."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from newsletter.web.forms.history import RestoreForm, UndoForm


@pytest.mark.parametrize(
    ("address", "wanted"), [("", None), ("|subject", [("", "subject")]), ("story:ab|", [("story:ab", "")])]
)
def test_a_field_a_part_or_all_are_restored(address: str, wanted: object) -> None:
    form = RestoreForm(QueryDict(f"since=3&upto=9&address={address}"))
    assert form.is_valid()
    assert (form.cleaned_data["since"], form.cleaned_data["upto"], form.read_wanted()) == (3, 9, wanted)


@pytest.mark.parametrize("sent", ["since=3&upto=x", "since=3", "upto=9"])
def test_what_was_not_seen_is_not_restored(sent: str) -> None:
    form = RestoreForm(QueryDict(sent))
    assert not form.is_valid()
    assert "does not say what you saw" in form.non_field_errors()[0]


def test_the_change_to_undo_is_named() -> None:
    form = UndoForm(QueryDict("act=x"))
    assert not form.is_valid()
    assert "which change" in form.non_field_errors()[0]
