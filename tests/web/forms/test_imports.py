"""The form that takes a file of subscribers."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from newsletter.web.forms.imports import ImportForm
from subscribers import lists

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
