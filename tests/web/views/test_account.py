"""A user's own account."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from newsletter.accounts import api_tokens
from newsletter.accounts.models import User
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.conftest import PASSWORD
from tests.web.seen import flatten

TOKEN = {"do": "token", "name": "Our site", "scope": ["articles:read"], "days": "30", "password": PASSWORD}
CHANGE = {"do": "password", "old_password": PASSWORD, "new_password": "quite another password"}


def test_a_token_is_shown_once_and_revoked(editor: Client) -> None:
    made = editor.post("/account/", TOKEN).content.decode()
    assert "nl_" in made
    assert "cannot be shown again" in made
    (token,) = api_tokens.list_tokens("editor@example.com")
    later = editor.get("/account/").content.decode()
    assert token.prefix in later
    assert "cannot be shown again" not in later
    editor.post("/account/", {"do": "revoke", "token": token.id})
    assert api_tokens.list_tokens() == ()


def test_a_token_made_at_the_desk_needs_the_password(editor: Client) -> None:
    refused = editor.post("/account/", TOKEN | {"password": "wrong"})
    assert refused.status_code == 422
    shown = flatten(refused.content.decode())
    assert 'id="token-password_error">The password is wrong' in shown
    assert all(typed in shown for typed in ('value="Our site"', 'value="30"', 'value="articles:read"')), "it stays"
    assert re.search(r'<input[^>]*value="articles:read"[^>]*checked', shown)
    assert api_tokens.list_tokens() == ()


def test_a_token_says_what_it_may_do_and_until_when(editor: Client) -> None:
    page = editor.post("/account/", TOKEN).content.decode()
    assert "Look up articles" in page
    (token,) = api_tokens.list_tokens()
    assert token.expires_at is not None
    assert (token.expires_at - token.created_at).days == 30
    for wrong in ({"days": "400"}, {"days": ""}, {"scope": []}, {"name": ""}):
        assert editor.post("/account/", TOKEN | wrong).status_code == 422


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(
    editor: Client, signed_in: Callable[[str], Client]
) -> None:
    elsewhere = signed_in("editor")
    assert elsewhere.get("/").status_code == 200
    api_tokens.create_token(
        "editor@example.com", "CMS", scopes=["articles:read"], password=None, by=SYSTEM, now=clock.now()
    )
    before = editor.session.session_key
    done = editor.post("/account/", CHANGE)
    assert done.url == "/account/"  # type: ignore[attr-defined]
    assert "Your password is changed" in editor.get("/account/").content.decode()
    assert editor.session.session_key != before
    assert elsewhere.get("/").status_code == 302
    assert api_tokens.list_tokens() == ()
    old, new = ({"email": "editor@example.com", "password": each} for each in (PASSWORD, CHANGE["new_password"]))
    assert Client().post("/login/", old).status_code == 422
    assert Client().post("/login/", new).status_code == 302


@pytest.mark.parametrize("wrong", [{"old_password": "wrong"}, {"new_password": "short"}, {"new_password": PASSWORD}])
def test_a_password_that_cannot_be_changed_says_why(editor: Client, wrong: dict[str, str]) -> None:
    refused = editor.post("/account/", CHANGE | wrong)
    assert refused.status_code == 422
    (field,) = wrong
    shown = flatten(refused.content.decode())
    assert re.search(rf'class="error" id="{field}_error".*?<input[^>]*name="{field}"[^>]*aria-invalid="true"', shown)
    assert Client().post("/login/", {"email": "editor@example.com", "password": PASSWORD}).status_code == 302


def test_somebody_without_a_role_still_has_an_account(
    people: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    people["viewer"].roles.all().delete()
    nobody = signed_in("viewer")
    assert nobody.get("/").status_code == 403
    assert nobody.get("/account/").status_code == 200
    nobody.post("/account/", CHANGE)
    people["viewer"].refresh_from_db()
    assert people["viewer"].check_password(CHANGE["new_password"])
