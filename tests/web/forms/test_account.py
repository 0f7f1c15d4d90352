"""The forms of a user's own account."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from newsletter.kernel.errors import BadInput
from newsletter.web.forms.account import (
    BeginCodeForm,
    CalendarForm,
    EndCodeForm,
    FirstCodeForm,
    LanguageForm,
    PasswordForm,
    RevokeTokenForm,
    TokenForm,
)

TOKEN = "name=+Our+site+&scope=articles%3Aread&days=30&password=+secret"


def test_a_token_is_read() -> None:
    form = TokenForm(QueryDict(TOKEN))
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"name": "Our site", "scope": ["articles:read"], "days": 30, "password": " secret"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ("name=", "name"),
        ("scope=everything", "scope"),
        ("days=", "days"),
        ("days=many", "days"),
        ("password=", "password"),
    ],
)
def test_what_is_wrong_with_a_token_is_said_at_its_field(wrong: str, field: str) -> None:
    name = wrong.partition("=")[0]
    kept = [each for each in TOKEN.split("&") if not each.startswith(f"{name}=")]
    form = TokenForm(QueryDict("&".join([*kept, wrong])))
    assert {*form.errors} == {field}


def test_a_wrong_old_password_is_said_at_the_old_one() -> None:
    form = PasswordForm(QueryDict("old_password=x&new_password=y"))
    form.show_problem(BadInput("The password is wrong.", "password"))
    assert {*form.errors} == {"old_password"}
    assert "value=" not in str(form["old_password"]), "a password is never sent back"


@pytest.mark.parametrize("form_class", [BeginCodeForm, EndCodeForm, FirstCodeForm, PasswordForm, RevokeTokenForm])
def test_nothing_is_done_with_an_empty_form(form_class: type[PasswordForm]) -> None:
    assert not form_class(QueryDict("")).is_valid()


def test_a_language_is_one_of_the_desk_or_that_of_the_browser() -> None:
    assert [LanguageForm(QueryDict(f"language={each}")).is_valid() for each in ("de", "", "tlh")] == [True, True, False]


def test_the_calendar_has_buttons_alone() -> None:
    assert CalendarForm(QueryDict("")).is_valid()
