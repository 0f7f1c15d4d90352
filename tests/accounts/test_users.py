"""Creating users and giving them roles; the last administrator stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts import users
from newsletter.accounts.roles import RoleName
from newsletter.kernel.errors import BadInput, Refused


def test_the_last_administrator_stays(people: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="only administrator"):
        users.set_role("admin@example.com", "none")
    with pytest.raises(Refused, match="only administrator"):
        users.set_role("admin@example.com", "viewer")


@pytest.mark.parametrize("newsletter", ["the house", "one newsletter"])
@pytest.mark.parametrize("active", [True, False])
def test_an_administrator_may_go_only_where_another_active_one_of_the_house_stays(
    people: dict[str, Any], house: Any, now: datetime, newsletter: str, active: bool
) -> None:
    only_one = None if newsletter == "the house" else house.briefing.id
    users.create_user("other@example.com", "a long enough password", role="admin", newsletter_id=only_one, now=now)
    type(people["admin"]).objects.filter(email="other@example.com").update(is_active=active)
    if active and only_one is None:
        assert users.set_role("admin@example.com", "none").roles == ()
    else:
        with pytest.raises(Refused, match="only administrator"):
            users.set_role("admin@example.com", "none")


@pytest.mark.parametrize("text", ["readers", "Audience", "audience"])
def test_a_role_is_given_by_its_stored_name_or_its_label(people: dict[str, Any], text: str) -> None:
    assert users.set_role("viewer@example.com", text).roles[0] == (None, RoleName.AUDIENCE)


def test_a_role_that_does_not_exist_is_refused_with_the_ones_that_do(people: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="admin, editor, author, audience, viewer"):
        users.set_role("viewer@example.com", "owner")


def test_giving_a_role_again_changes_it(people: dict[str, Any], house: Any) -> None:
    person = users.set_role("viewer@example.com", "author", newsletter_id=house.briefing.id)
    assert person.roles == ((house.briefing.id, "author"),)


@pytest.mark.parametrize(
    ("email", "password"),
    [("nobody", "a long enough password"), ("a@example.com", "short"), ("a@example.com", "password1234")],
)
def test_bad_addresses_and_passwords_are_refused(email: str, password: str, db: None, now: datetime) -> None:
    with pytest.raises(BadInput):
        users.create_user(email, password, now=now)
