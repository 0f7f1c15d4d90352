"""Tokens of other programs: how long they hold, how they are kept, and how many there may be."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection

from newsletter.accounts import api_tokens, audit_log, users
from newsletter.accounts.api_tokens import ApiTokenInfo
from newsletter.accounts.audit_log import AuditFilter
from newsletter.accounts.models import ApiToken, User
from newsletter.accounts.own_account import MOST_WRONG_PASSWORDS, TooManyPasswords
from newsletter.accounts.token_scopes import TokenScope
from newsletter.kernel.errors import BadInput, NotAllowed, NotFound, Refused
from tests.actors import SYSTEM, act_as
from tests.conftest import PASSWORD

EDITOR = "editor@example.com"


def create(name: str = "CMS", *, now: datetime, **more: Any) -> tuple[ApiTokenInfo, str]:
    """A token of the editor, made by a command."""
    return api_tokens.create_token(
        EDITOR, name, **({"scopes": ["articles:read"], "password": None, "by": SYSTEM, "now": now} | more)
    )


def test_a_token_ends_with_its_revocation_and_with_the_account(people: Any, now: Any) -> None:
    token, text = create(now=now)
    active = api_tokens.find_active_token(text, now=now)
    assert active is not None
    assert active.user == people["editor"]
    assert api_tokens.find_active_token(text[:-1], now=now) is None
    with pytest.raises(NotFound):
        api_tokens.revoke_token(token.id, email="viewer@example.com", by=SYSTEM, now=now)
    User.objects.filter(email="editor@example.com").update(is_active=False)
    assert api_tokens.find_active_token(text, now=now) is None
    User.objects.filter(email="editor@example.com").update(is_active=True)
    api_tokens.revoke_token(token.id, by=SYSTEM, now=now)
    assert api_tokens.find_active_token(text, now=now) is None


def test_a_token_is_kept_as_a_hash_and_says_when_it_was_used(people: Any, now: Any) -> None:
    token, text = create(now=now)
    row = ApiToken.objects.get(id=token.id)
    assert text.split("_", 2)[2] not in (row.digest, row.prefix, token.prefix)
    assert api_tokens.list_tokens()[0].used_at is None
    api_tokens.find_active_token(text, now=now)
    api_tokens.find_active_token(text, now=now + timedelta(minutes=1))
    assert api_tokens.list_tokens("editor@example.com")[0].used_at == now


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_token_has_a_name(people: Any, now: Any, name: str) -> None:
    with pytest.raises(BadInput):
        create(name, now=now)


def test_the_name_of_a_token_may_be_as_long_as_the_limit(people: Any, now: Any) -> None:
    token, _ = create("x" * api_tokens.LONGEST_NAME, now=now)
    assert token.name == "x" * 60


def test_there_is_an_end_of_tokens(people: Any, now: Any) -> None:
    for number in range(api_tokens.MOST_TOKENS):
        create(f"CMS {number}", now=now)
    with pytest.raises(Refused):
        create("One more", now=now)


def test_a_user_makes_a_token_with_the_password_alone(people: Any, now: datetime) -> None:
    by = act_as(EDITOR)
    for password in (None, "", "wrong"):
        with pytest.raises(BadInput, match="password is wrong"):
            create(by=by, password=password, now=now)
    assert api_tokens.list_tokens() == ()
    assert create(by=by, password=PASSWORD, now=now)[0].email == EDITOR


def test_a_session_left_open_is_no_place_to_guess_the_password(people: Any, now: datetime) -> None:
    by = act_as(EDITOR, network="192.0.2.7")
    for _ in range(MOST_WRONG_PASSWORDS):
        with pytest.raises(BadInput):
            create(by=by, password="wrong", now=now)
    with pytest.raises(TooManyPasswords):
        create(by=by, password=PASSWORD, now=now)
    found = audit_log.list_entries(AuditFilter(actor=EDITOR, action="gave a wrong password"))
    assert [each.network for each in found] == ["192.0.2.7"] * MOST_WRONG_PASSWORDS
    create(by=by, password=PASSWORD, now=now + timedelta(minutes=16))


def test_nobody_makes_a_token_that_acts_for_somebody_else(people: Any, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        create(by=act_as("admin@example.com"), password=PASSWORD, now=now)


def test_a_user_revokes_their_own_tokens_and_an_administrator_those_of_all(people: Any, now: datetime) -> None:
    (first, _), (second, _) = create(now=now), create(now=now)
    with pytest.raises(NotAllowed):
        api_tokens.revoke_token(first.id, email=EDITOR, by=act_as("viewer@example.com"), now=now)
    with pytest.raises(NotAllowed):
        api_tokens.revoke_token(first.id, by=act_as(EDITOR), now=now)
    api_tokens.revoke_token(first.id, email=EDITOR, by=act_as(EDITOR), now=now)
    api_tokens.revoke_token(second.id, by=act_as("admin@example.com"), now=now)
    assert api_tokens.list_tokens() == ()


def test_a_token_expires_after_a_year_at_most(people: Any, now: datetime) -> None:
    token, text = create(now=now)
    assert token.expires_at == now + timedelta(days=365)
    assert api_tokens.find_active_token(text, now=now + timedelta(days=365, seconds=-1))
    assert api_tokens.find_active_token(text, now=now + timedelta(days=365)) is None
    assert create(days=1, now=now)[0].expires_at == now + timedelta(days=1)
    for days in (0, -1, 366):
        with pytest.raises(BadInput, match="1 to 365"):
            create(days=days, now=now)


def test_a_token_has_the_scopes_it_was_given(people: Any, now: datetime) -> None:
    token, text = create(scopes=["tiers:write", "articles:read", "tiers:write"], now=now)
    assert token.scopes == (TokenScope.ARTICLES_READ, TokenScope.TIERS_WRITE)
    active = api_tokens.find_active_token(text, now=now)
    assert active is not None
    assert active.scopes == {TokenScope.ARTICLES_READ, TokenScope.TIERS_WRITE}
    for wrong in ([], ["everything"], ["articles:read", "everything"]):
        with pytest.raises(BadInput):
            create(scopes=wrong, now=now)


def test_a_token_of_the_version_before_keeps_its_powers(people: Any, now: datetime) -> None:
    with connection.cursor() as cursor:  # as that version writes it
        cursor.execute(
            "INSERT INTO accounts_apitoken (user_id, name, prefix, digest, created_at) VALUES (%s, %s, %s, %s, %s)",
            [people["editor"].id, "CMS", "0123abcd", sha256(b"nl_0123abcd_secret").hexdigest(), now],
        )
    active = api_tokens.find_active_token("nl_0123abcd_secret", now=now + timedelta(days=4000))
    assert active is not None
    assert active.scopes == {TokenScope.ARTICLES_READ, TokenScope.ARTICLES_WRITE}
    (listed,) = api_tokens.list_tokens()
    assert (listed.scopes, listed.expires_at) == ((TokenScope.ARTICLES_READ, TokenScope.ARTICLES_WRITE), None)


def test_tokens_are_revoked_with_the_password(people: Any, now: datetime) -> None:
    _, text = create(now=now)
    users.set_password(EDITOR, f"{PASSWORD} indeed", by=SYSTEM, now=now)
    assert api_tokens.find_active_token(text, now=now) is None


def test_tokens_are_revoked_for_good_when_their_user_is_disabled(people: Any, now: datetime) -> None:
    _, text = create(now=now)
    users.disable_user(EDITOR, by=SYSTEM, now=now)
    with pytest.raises(Refused, match="disabled"):
        create(now=now)
    users.enable_user(EDITOR, by=SYSTEM, now=now)
    assert api_tokens.find_active_token(text, now=now) is None


def test_the_text_of_a_token_is_in_no_entry(people: Any, now: datetime) -> None:
    token, text = create(now=now)
    api_tokens.revoke_token(token.id, by=SYSTEM, now=now)
    made, revoked = reversed(audit_log.list_entries(AuditFilter(target=EDITOR))[:2])
    assert (made.action, made.detail, made.after["scopes"]) == ("made token", "CMS", ["articles:read"])
    assert (revoked.action, revoked.detail) == ("revoked token", "CMS")
    assert text.split("_", 2)[2] not in f"{made}{revoked}"
