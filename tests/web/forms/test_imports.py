"""The forms of an import."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict

from newsletter.web.forms.base import ButtonForm
from newsletter.web.forms.imports import AnswersForm, ConfirmImportForm, ImportForm, list_states
from subscribers import lists
from subscribers.imports.staging import ImportOptions
from subscribers.states import SubscriptionState

FILE = SimpleUploadedFile("readers.csv", b"email\nann@example.com\n")


@pytest.fixture
def two_lists(newsroom: Any) -> list[Any]:
    return [newsroom.list, lists.get_list_by_slug("evening")]


def test_of_several_lists_none_is_chosen_beforehand(two_lists: list[Any]) -> None:
    form = ImportForm({"list": ""}, {"file": FILE}, lists=two_lists)
    assert form.errors == {"list": ["Choose the list."]}
    assert [value for value, _ in form.fields["list"].widget.choices] == ["", "morning", "evening"]


def test_a_single_list_is_chosen(two_lists: list[Any]) -> None:
    form = ImportForm(lists=two_lists[:1])
    assert [value for value, _ in form.fields["list"].widget.choices] == ["morning"]


def test_something_must_be_given(two_lists: list[Any]) -> None:
    form = ImportForm({"list": "morning", "pasted": " \n"}, lists=two_lists)
    assert form.errors == {"file": ["Choose a file, or paste addresses."]}


def test_a_file_goes_before_what_was_pasted(two_lists: list[Any]) -> None:
    form = ImportForm({"list": "morning", "pasted": "ben@example.com"}, {"file": FILE}, lists=two_lists)
    assert form.is_valid()
    stream, name = form.open()
    assert (stream.read(), name) == (b"email\nann@example.com\n", "readers.csv")


def test_what_was_pasted_is_taken_without_a_file(two_lists: list[Any]) -> None:
    form = ImportForm({"list": "morning", "pasted": "bén@example.com"}, lists=two_lists)
    assert form.is_valid()
    stream, name = form.open()
    assert (stream.read().decode(), name) == ("bén@example.com", "pasted addresses")


def test_what_was_answered_is_read_by_the_names_that_were_sent() -> None:
    form = AnswersForm(
        QueryDict(
            "seen=abc&name-0=Kunde&col-0=attribute&name-2=Since&order-2=day&name-1=status&col-1=&value-1-0=VIP"
            "&means-1-0=active&name-3=plan&value-3-0=gold&tier-3-0=paid&overwrite=1&status=pending&others=ignore"
        )
    )
    assert form.is_valid(), form.errors
    assert form.read_options() == ImportOptions(
        mapping={"Kunde": "attribute", "status": "status"},
        status="pending",
        statuses={"status:VIP": "active"},
        overwrite=True,
        tiers={"gold": "paid"},
        dates={"Since": "day"},
        other_columns="ignore",
    )


def test_an_import_names_what_was_seen() -> None:
    for form_class in (ConfirmImportForm, AnswersForm):
        assert "does not say what you saw" in str(form_class(QueryDict("")).errors["__all__"])
    assert ButtonForm(QueryDict("")).is_valid()


def test_a_word_of_a_file_can_mean_every_state_and_suppressed() -> None:
    assert [value for value, _ in list_states()] == [*SubscriptionState, "suppressed"]
