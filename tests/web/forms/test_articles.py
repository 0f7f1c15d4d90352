"""The forms of an article in the pool."""

from __future__ import annotations

from datetime import date

import pytest
from django.http import QueryDict

from newsletter.kernel.errors import BadInput
from newsletter.web.forms.articles import DaysForm, NoteForm, StandingForm, TagsForm


def test_days_are_read_with_those_that_were_seen() -> None:
    sent = DaysForm(QueryDict("from=2026-11-24&until=&seen_from=&seen_until=2026-12-01")).require_valid()
    assert (sent["from"], sent["until"]) == (date(2026, 11, 24), None)
    assert (sent["seen_from"], sent["seen_until"]) == (None, date(2026, 12, 1))


@pytest.mark.parametrize(
    "sent", ["from=tomorrow&seen_from=&seen_until=", "from=2026-11-24", "seen_from=tomorrow&seen_until="]
)
def test_days_that_are_none_or_unseen_are_refused(sent: str) -> None:
    with pytest.raises(BadInput):
        DaysForm(QueryDict(sent)).require_valid()


def test_a_standing_is_one_that_there_is_and_was_seen() -> None:
    assert StandingForm(QueryDict("do=ignored&seen_standing=new")).is_valid()
    assert not StandingForm(QueryDict("do=famous&seen_standing=new")).is_valid()
    assert not StandingForm(QueryDict("do=ignored")).is_valid()


def test_no_tags_and_a_note_are_read_as_they_are() -> None:
    assert TagsForm(QueryDict("tags=&seen_tags=")).require_valid() == {"tags": "", "seen_tags": ""}
    assert NoteForm(QueryDict("note=Call+first.")).require_valid() == {"note": "Call first."}
