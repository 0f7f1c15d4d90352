"""Tokens of other programs: how long they hold, how they are kept, and how many there may be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from newsletter.accounts import api_tokens
from newsletter.accounts.models import ApiToken, User
from newsletter.kernel.errors import BadInput, NotFound, Refused


def test_a_token_ends_with_its_revocation_and_with_the_account(people: Any, now: Any) -> None:
    token, text = api_tokens.create_token("editor@example.com", "CMS", now=now)
    assert api_tokens.find_token_user(text, now=now) == people["editor"]
    assert api_tokens.find_token_user(text[:-1], now=now) is None
    with pytest.raises(NotFound):
        api_tokens.revoke_token(token.id, email="viewer@example.com")
    User.objects.filter(email="editor@example.com").update(is_active=False)
    assert api_tokens.find_token_user(text, now=now) is None
    User.objects.filter(email="editor@example.com").update(is_active=True)
    api_tokens.revoke_token(token.id)
    assert api_tokens.find_token_user(text, now=now) is None


def test_a_token_is_kept_as_a_hash_and_says_when_it_was_used(people: Any, now: Any) -> None:
    token, text = api_tokens.create_token("editor@example.com", "CMS", now=now)
    row = ApiToken.objects.get(id=token.id)
    assert text.split("_", 2)[2] not in (row.digest, row.prefix, token.prefix)
    assert api_tokens.list_tokens()[0].used_at is None
    api_tokens.find_token_user(text, now=now)
    api_tokens.find_token_user(text, now=now + timedelta(minutes=1))
    assert api_tokens.list_tokens("editor@example.com")[0].used_at == now


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_token_has_a_name(people: Any, now: Any, name: str) -> None:
    with pytest.raises(BadInput):
        api_tokens.create_token("editor@example.com", name, now=now)


def test_the_name_of_a_token_may_be_as_long_as_the_limit(people: Any, now: Any) -> None:
    token, _ = api_tokens.create_token("editor@example.com", "x" * api_tokens.LONGEST_NAME, now=now)
    assert token.name == "x" * 60


def test_there_is_an_end_of_tokens(people: Any, now: Any) -> None:
    for number in range(api_tokens.MOST_TOKENS):
        api_tokens.create_token("editor@example.com", f"CMS {number}", now=now)
    with pytest.raises(Refused):
        api_tokens.create_token("editor@example.com", "One more", now=now)
