"""The forms of users."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

from newsletter.accounts import users
from newsletter.catalog import newsletters
from newsletter.web.forms.users import AccessForm, RemoveUserForm, RoleForm

SEEN = "%7B%22editor%40example.com%22%3A%7B%22morning%22%3A%22editor%22%7D%7D"  # the editor is one of the morning


def list_offered() -> dict[str, Any]:
    return {"emails": [each.email for each in users.list_users()], "newsletters": newsletters.list_newsletters()}


def read(sent: str) -> RoleForm:
    return RoleForm(QueryDict(f"email=editor%40example.com&role=viewer&{sent}"), **list_offered())


@pytest.mark.parametrize(("newsletter", "role"), [("morning", "editor"), ("evening", "none"), ("*", "none")])
def test_the_role_that_was_shown_is_that_of_the_newsletter(
    people: Any, newsroom: Any, newsletter: str, role: str
) -> None:
    form = read(f"newsletter={newsletter}&seen_roles={SEEN}")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["seen_roles"] == role


@pytest.mark.parametrize("seen", ["", "seen_roles=", "seen_roles=[]", "seen_roles=%7B", "seen_roles=%7B%22editor"])
def test_a_page_that_says_nothing_of_what_it_showed_is_not_saved(people: Any, newsroom: Any, seen: str) -> None:
    form = read(f"newsletter=morning&{seen}")
    assert not form.is_valid()
    assert "too old to save from" in str(form.non_field_errors())


def test_only_users_roles_and_newsletters_that_there_are_can_be_chosen(people: Any, newsroom: Any) -> None:
    sent = QueryDict(f"email=x%40example.com&role=king&newsletter=nowhere&seen_roles={SEEN}")
    form = RoleForm(sent, **list_offered())
    assert {*form.errors} == {"email", "role", "newsletter"}


def test_a_removal_is_meant(people: Any) -> None:
    assert {*RemoveUserForm(QueryDict("email=editor%40example.com"), **list_offered()).errors} == {"sure"}
    assert RemoveUserForm(QueryDict("email=editor%40example.com&sure=1"), **list_offered()).is_valid()


def test_a_button_of_the_table_says_whose_it_is() -> None:
    assert not AccessForm(QueryDict(""), emails=(), newsletters=()).is_valid()
