"""The forms of what is decided about an edition."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.http import QueryDict

from newsletter.web.forms.base import DecisionForm
from newsletter.web.forms.review import (
    ApprovalForm,
    ApprovalRequestForm,
    CorrectionForm,
    MailCorrectionForm,
    NewEditionForm,
    OverrideForm,
    SendBackForm,
    SendTestForm,
    SkipForm,
)

SEEN = "content_hash=abc&"


@pytest.mark.parametrize("form_class", [ApprovalForm, SendBackForm, SendTestForm, SkipForm, OverrideForm])
def test_a_decision_says_what_it_is_about(form_class: type[DecisionForm]) -> None:
    form = form_class(QueryDict("reason=x&note=x&addresses=a@example.com&code=x"))
    assert not form.is_valid()
    assert "does not say what you saw" in form.non_field_errors()[0]


@pytest.mark.parametrize(
    ("form_class", "sent", "field"),
    [
        (SendBackForm, "note=+", "note"),
        (SendTestForm, "addresses=", "addresses"),
        (SkipForm, "reason=", "reason"),
        (SkipForm, f"reason={'x' * 251}", "reason"),
        (OverrideForm, "code=placeholder&reason=", "reason"),
        (partial(CorrectionForm, picks=()), "text=", "text"),
        (MailCorrectionForm, "sure=yes", "sure"),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    form_class: Callable[[QueryDict], DecisionForm], sent: str, field: str
) -> None:
    form = form_class(QueryDict(SEEN + sent))
    assert not form.is_valid()
    assert list(form.errors) == [field]
    assert len(form.errors[field]) == 1


def test_an_edition_is_opened_again_without_a_reason() -> None:
    assert SkipForm(QueryDict(f"{SEEN}open=1")).is_valid()


def test_the_word_may_be_typed_in_capitals() -> None:
    assert MailCorrectionForm(QueryDict(f"{SEEN}sure=Correct")).is_valid()


def test_addresses_stand_apart_by_commas_semicolons_or_blanks() -> None:
    form = SendTestForm(QueryDict(f"{SEEN}addresses=ann@example.com,bo@example.com;+cy@example.com"))
    assert form.is_valid()
    assert form.list_addresses() == ["ann@example.com", "bo@example.com", "cy@example.com"]


def test_anybody_or_one_who_may_approve_is_asked() -> None:
    form = ApprovalRequestForm(approvers={"ben@example.com": "Ben"})
    select: Any = form.fields["of"].widget
    assert select.choices[1:] == [("ben@example.com", "Ben")]


def test_an_edition_is_of_a_newsletter_and_a_day(newsroom: Any) -> None:
    form = NewEditionForm(QueryDict("newsletter=&date=24.11."), newsletters=[newsroom.briefing])
    assert not form.is_valid()
    assert set(form.errors) == {"newsletter", "date"}
    assert NewEditionForm(QueryDict("newsletter=morning"), newsletters=[newsroom.briefing]).is_valid()
