"""Users: roles, passwords, who is disabled or removed; the last administrator stays."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client

from newsletter.accounts import audit_log, users
from newsletter.accounts.audit_log import AuditFilter
from newsletter.accounts.roles import RoleName
from newsletter.kernel.actors import ActionRecord
from newsletter.kernel.errors import BadInput, Conflict, NotAllowed, NotFound, Refused
from tests.actors import SYSTEM, act_as
from tests.conftest import NOW, PASSWORD


def test_the_last_administrator_stays(people: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="only administrator"):
        users.set_role("admin@example.com", "none", seen=None, by=SYSTEM, now=NOW)
    with pytest.raises(Refused, match="only administrator"):
        users.set_role("admin@example.com", "viewer", seen=None, by=SYSTEM, now=NOW)


@pytest.mark.parametrize("newsletter", ["the newsroom", "one newsletter"])
@pytest.mark.parametrize("active", [True, False])
def test_an_administrator_may_go_only_where_another_active_one_of_the_newsroom_stays(
    people: dict[str, Any], newsroom: Any, now: datetime, newsletter: str, active: bool
) -> None:
    only_one = None if newsletter == "the newsroom" else newsroom.briefing.id
    users.create_user(
        "other@example.com", "a long enough password", role="admin", newsletter_id=only_one, by=SYSTEM, now=now
    )
    type(people["admin"]).objects.filter(email="other@example.com").update(is_active=active)
    if active and only_one is None:
        assert users.set_role("admin@example.com", "none", seen=None, by=SYSTEM, now=NOW).roles == ()
    else:
        with pytest.raises(Refused, match="only administrator"):
            users.set_role("admin@example.com", "none", seen=None, by=SYSTEM, now=NOW)


@pytest.mark.parametrize("text", ["readers", "Audience", "audience"])
def test_a_role_is_given_by_its_stored_name_or_its_label(people: dict[str, Any], text: str) -> None:
    assert users.set_role("viewer@example.com", text, seen=None, by=SYSTEM, now=NOW).roles[0] == (
        None,
        RoleName.AUDIENCE,
    )


def test_a_role_that_does_not_exist_is_refused_with_the_ones_that_do(people: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="admin, editor, author, audience, viewer"):
        users.set_role("viewer@example.com", "owner", seen=None, by=SYSTEM, now=NOW)


def test_giving_a_role_again_changes_it(people: dict[str, Any], newsroom: Any) -> None:
    person = users.set_role(
        "viewer@example.com", "author", newsletter_id=newsroom.briefing.id, seen=None, by=SYSTEM, now=NOW
    )
    assert person.roles == ((newsroom.briefing.id, "author"),)


@pytest.mark.parametrize(
    ("email", "password"),
    [("nobody", "a long enough password"), ("a@example.com", "short"), ("a@example.com", "password1234")],
)
def test_bad_addresses_and_passwords_are_refused(email: str, password: str, db: None, now: datetime) -> None:
    with pytest.raises(BadInput):
        users.create_user(email, password, by=SYSTEM, now=now)


EDITOR, ADMIN = "editor@example.com", "admin@example.com"


def entries(target: str = EDITOR) -> list[tuple[str, str]]:
    return [(each.action, each.actor) for each in reversed(audit_log.list_entries(AuditFilter(target=target)))]


def test_an_administrator_of_one_newsletter_gives_no_role_even_there(people: dict[str, Any], newsroom: Any) -> None:
    users.create_user("desk@example.com", PASSWORD, newsletter_id=newsroom.briefing.id, by=SYSTEM, now=NOW)
    with pytest.raises(NotAllowed):
        users.set_role(
            EDITOR, "admin", newsletter_id=newsroom.briefing.id, seen=None, by=act_as("desk@example.com"), now=NOW
        )
    with pytest.raises(NotAllowed):
        users.create_user(
            "new@example.com", PASSWORD, newsletter_id=newsroom.briefing.id, by=act_as("desk@example.com"), now=NOW
        )


def test_whoever_may_not_change_users_does_not_learn_who_there_is(people: dict[str, Any]) -> None:
    with pytest.raises(NotAllowed):
        users.set_role("nobody@example.com", "editor", seen=None, by=act_as(EDITOR), now=NOW)


def test_a_role_is_changed_from_the_one_that_was_seen(people: dict[str, Any], newsroom: Any) -> None:
    change = partial(users.set_role, EDITOR, newsletter_id=newsroom.briefing.id, by=SYSTEM, now=NOW)
    for seen in ("viewer", users.NO_ROLE, "of a later version"):
        with pytest.raises(Conflict) as refused:
            change("author", seen=seen)
        assert [(each.label, each.present) for each in refused.value.differences] == [("Role", "Editor")]
    assert change("author", seen="editor").roles == ((newsroom.briefing.id, "author"),)


def test_a_role_is_recorded_with_the_one_before(people: dict[str, Any], newsroom: Any) -> None:
    users.set_role(EDITOR, "author", newsletter_id=newsroom.briefing.id, seen=None, by=act_as(ADMIN), now=NOW)
    (entry,) = audit_log.list_entries(AuditFilter(target=EDITOR, actor=ADMIN))
    assert (entry.action, entry.newsletter_id, entry.before, entry.after) == (
        "gave role",
        newsroom.briefing.id,
        {"role": "editor"},
        {"role": "author"},
    )
    users.set_role(EDITOR, "author", newsletter_id=newsroom.briefing.id, seen=None, by=act_as(ADMIN), now=NOW)
    assert len(audit_log.list_entries(AuditFilter(target=EDITOR, actor=ADMIN))) == 1, "nothing changed"


def test_one_changes_the_own_password_with_the_old_one(people: dict[str, Any]) -> None:
    by = act_as(EDITOR)
    with pytest.raises(BadInput, match="password is wrong"):
        users.change_own_password(EDITOR, "wrong", "quite another password", by=by, now=NOW)
    with pytest.raises(BadInput, match="is the old one"):
        users.change_own_password(EDITOR, PASSWORD, PASSWORD, by=by, now=NOW)
    with pytest.raises(BadInput, match="too short"):
        users.change_own_password(EDITOR, PASSWORD, "short", by=by, now=NOW)
    with pytest.raises(NotAllowed):
        users.change_own_password(EDITOR, PASSWORD, "quite another password", by=act_as(ADMIN), now=NOW)
    users.change_own_password(EDITOR, PASSWORD, "quite another password", by=by, now=NOW)
    people["editor"].refresh_from_db()
    assert people["editor"].check_password("quite another password")
    assert entries()[-2:] == [("gave a wrong password", EDITOR), ("changed password", EDITOR)]


def test_who_is_disabled_signs_in_again_once_enabled(people: dict[str, Any]) -> None:
    assert not users.disable_user(EDITOR, by=act_as(ADMIN), now=NOW).active
    users.disable_user(EDITOR, by=act_as(ADMIN), now=NOW)
    assert not Client().login(request=HttpRequest(), email=EDITOR, password=PASSWORD)
    assert users.enable_user(EDITOR, by=act_as(ADMIN), now=NOW).active
    users.enable_user(EDITOR, by=act_as(ADMIN), now=NOW)
    assert Client().login(request=HttpRequest(), email=EDITOR, password=PASSWORD)
    assert [each for each in entries() if "abled" in each[0]] == [("disabled user", ADMIN), ("enabled user", ADMIN)]


@pytest.mark.parametrize("change", [users.disable_user, users.remove_user])
def test_the_last_active_administrator_is_neither_disabled_nor_removed(people: dict[str, Any], change: Any) -> None:
    users.create_user("second@example.com", PASSWORD, by=SYSTEM, now=NOW)
    users.disable_user("second@example.com", by=SYSTEM, now=NOW)
    with pytest.raises(Refused, match="only administrator"):
        change(ADMIN, by=act_as(ADMIN), now=NOW)
    users.enable_user("second@example.com", by=SYSTEM, now=NOW)
    change(ADMIN, by=act_as(ADMIN), now=NOW)


def test_a_disabled_administrator_may_be_removed(people: dict[str, Any]) -> None:
    users.create_user("second@example.com", PASSWORD, by=SYSTEM, now=NOW)
    users.disable_user("second@example.com", by=SYSTEM, now=NOW)
    users.remove_user("second@example.com", by=SYSTEM, now=NOW)


def test_what_a_removed_user_did_stays_under_their_address(people: dict[str, Any]) -> None:
    act_as(EDITOR).record(ActionRecord("approved", "edition 1", NOW))
    users.remove_user(EDITOR, by=act_as(ADMIN), now=NOW)
    with pytest.raises(NotFound):
        users.get_user(EDITOR)
    (approved,) = audit_log.list_entries(AuditFilter(target="edition 1"))
    assert (approved.action, approved.actor) == ("approved", EDITOR)
    assert entries()[-1] == ("removed user", ADMIN)
