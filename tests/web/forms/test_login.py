"""The forms of signing in."""

from __future__ import annotations

from django.http import QueryDict

from newsletter.web.forms.login import CodeForm, SignInForm, join_errors


def test_an_address_is_read_without_regard_to_case_and_a_password_as_it_is() -> None:
    form = SignInForm(QueryDict("email=+Ann%40Example.com+&password=+secret+"))
    assert form.is_valid()
    assert form.cleaned_data == {"next": "", "unsent": "", "email": "ann@example.com", "password": " secret "}


def test_what_is_missing_is_said_at_its_field_and_in_one_text_for_the_dialog() -> None:
    form = SignInForm(QueryDict("email=&password="))
    assert {*form.errors} == {"email", "password"}
    assert join_errors(form) == "Type your e-mail address. Type your password."


def test_a_code_has_at_most_twenty_characters() -> None:
    assert CodeForm(QueryDict("code=+123456+")).is_valid()
    assert {*CodeForm(QueryDict(f"code={'1' * 21}")).errors} == {"code"}
