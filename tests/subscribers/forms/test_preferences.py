"""The forms of what a reader gets."""

from __future__ import annotations

from datetime import date

import pytest
from django.http import QueryDict

from subscribers.forms.preferences import OwnAddressForm, OwnDetailsForm, OwnErasureForm, PreferencesForm

TODAY, PAUSED = date(2026, 11, 24), date(2026, 12, 1)


@pytest.mark.parametrize(
    ("chosen", "read"),
    [
        ("every", ("every", None)),
        ("weekly", ("weekly", None)),
        ("pause-30", ("every", date(2026, 12, 24))),
        ("paused", ("every", PAUSED)),
        ("pause-9999999", ("pause-9999999", None)),
        ("", None),
    ],
)
def test_how_often_is_read_and_what_is_nothing_is_left_to_the_service(chosen: str, read: object) -> None:
    form = PreferencesForm(QueryDict(f"lists=7&often-7={chosen}"))
    assert form.read_frequency(7, PAUSED, TODAY) == read
    assert (form.wants(7), form.wants(8)) == (True, False)


@pytest.mark.parametrize(("mail", "wish"), [("address", "address"), ("data", "data"), ("money", ""), ("", "")])
def test_a_link_is_mailed_for_what_there_is(mail: str, wish: str) -> None:
    form = PreferencesForm(QueryDict(f"mail={mail}"))
    assert form.is_valid()
    assert form.cleaned_data["mail"] == wish


@pytest.mark.parametrize(
    ("sent", "was", "agrees"),
    [
        ("asked=1&tracked=1", False, True),
        ("asked=1", True, False),
        ("", True, True),
        ("", False, False),
        ("untracked=1", True, False),
    ],
)
def test_whether_they_are_counted_is_as_before_unless_the_page_asked(sent: str, was: bool, agrees: bool) -> None:
    form = OwnDetailsForm(QueryDict(f"zone=+Europe/Berlin+&{sent}"))
    assert form.is_valid()
    assert form.cleaned_data["zone"] == "Europe/Berlin"
    assert form.read_tracking(was) is agrees


def test_an_address_is_read_as_it_was_typed() -> None:
    form = OwnAddressForm(QueryDict("email=+ann%40&website="))
    assert form.is_valid()
    assert form.cleaned_data == {"email": " ann@", "website": ""}


def test_an_erasure_is_meant() -> None:
    for sent, sure in (("", False), ("sure=1", True)):
        form = OwnErasureForm(QueryDict(sent))
        assert form.is_valid()
        assert form.cleaned_data["sure"] is sure
