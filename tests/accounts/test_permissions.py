"""Who may do what: the table, and the people service."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from newsletter.accounts import users
from newsletter.accounts.permissions import ROLES, VERBS, can, list_visible_newsletters, require
from newsletter.kernel.errors import BadInput, NotAllowed, Refused


def test_a_role_for_one_newsletter_covers_only_that_one(people: dict[str, Any], house: Any) -> None:
    assert can(people["editor"], "edit", house.briefing)
    assert not can(people["editor"], "edit", house.other)
    assert not can(people["editor"], "edit")


def test_a_role_for_the_house_covers_all(people: dict[str, Any], house: Any) -> None:
    for verb in VERBS:
        assert can(people["admin"], verb, house.briefing.id)
        assert can(people["admin"], verb)
    assert list_visible_newsletters(people["admin"]) is None


def test_editing_is_not_sending() -> None:
    assert "edit" in ROLES["author"]
    assert "send" not in ROLES["author"]
    assert "approve" not in ROLES["author"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_stranger_may_nothing(verb: str, people: dict[str, Any], house: Any) -> None:
    assert not can(AnonymousUser(), verb, house.briefing)
    assert not can(None, verb)
    assert not can(people["stranger"], verb, house.briefing)
    people["admin"].is_active = False
    assert not can(people["admin"], verb)


def test_refusing_says_who_can_help(people: dict[str, Any], house: Any) -> None:
    with pytest.raises(NotAllowed, match="administrator"):
        require(people["viewer"], "send", house.briefing)


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
