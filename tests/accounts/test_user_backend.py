"""The user of a session, with the roles."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory

from newsletter.accounts.models import Role, User
from newsletter.accounts.permissions import can
from newsletter.accounts.user_backend import UserBackend
from newsletter.kernel.actors import Verb
from tests.conftest import PASSWORD


def test_user_and_roles_are_one_query_and_decide_the_request(
    people: dict[str, Any], django_assert_num_queries: Any
) -> None:
    editor = people["editor"]
    (role,) = Role.objects.filter(user=editor)
    with django_assert_num_queries(1):
        user = UserBackend().get_user(editor.id)
        assert can(user, Verb.EDIT, role.newsletter_id)
        assert not can(user, Verb.USERS)
    role.delete()
    assert can(UserBackend().get_user(editor.id), Verb.VIEW, role.newsletter_id) is False


def test_nobody_is_read_who_is_gone_or_may_not_sign_in(people: dict[str, Any]) -> None:
    viewer = people["viewer"]
    User.objects.filter(id=viewer.id).update(is_active=False)
    assert UserBackend().get_user(viewer.id) is None
    assert UserBackend().get_user(10_000) is None


@pytest.mark.parametrize(("password", "signs_in"), [(PASSWORD, True), ("another one", False)])
def test_a_password_is_checked_by_one_backend(people: dict[str, Any], password: str, signs_in: bool) -> None:
    user = authenticate(RequestFactory().post("/"), username="editor@example.com", password=password)
    assert (getattr(user, "backend", "") == "django.contrib.auth.backends.ModelBackend") is signs_in
