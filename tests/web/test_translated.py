"""What services say, in the language of a page."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from newsletter.kernel.errors import BadInput, Refused
from newsletter.kernel.sentences import Sentence, phrase
from newsletter.web.translated import describe_error, translate


def test_words_are_translated_and_values_are_written_as_the_language_does() -> None:
    ran = phrase("ran {day} in {newsletter}", day=date(2026, 11, 24), newsletter="{day}")
    said = phrase("{name} {ran}. Drop it, or let it stand for those who missed it.", name="“A”", ran=ran)
    assert translate(said) == "“A” ran Tue 24 Nov in {day}. Drop it, or let it stand for those who missed it."
    with translation.override("de"):
        assert translate(said).startswith("“A” lief am Di 24. Nov in {day}. Entfernen Sie")
        assert translate(phrase("{count} stories", count=1200)) == "1.200 Beiträge"


@pytest.mark.parametrize("text", ["", "Cancel", Sentence("Cancel"), "{count} stories"])
def test_what_somebody_typed_stays_as_it_is(text: str) -> None:
    with translation.override("de"):
        assert translate(text) == text


def test_an_error_is_said_in_the_language_of_the_page() -> None:
    with translation.override("de"):
        assert describe_error(Refused(phrase("{count} stories", count=2))) == "2 Beiträge"
        assert describe_error(BadInput("Plain", "field")) == "Plain"
        assert describe_error(Refused()) == ""
