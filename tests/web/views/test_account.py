"""A user's own account."""

from __future__ import annotations

from django.test import Client


def test_a_token_is_shown_once_and_revoked(editor: Client) -> None:
    from newsletter.accounts import api_tokens

    made = editor.post("/account/", {"do": "token", "name": "Our site"}).content.decode()
    assert "nl_" in made
    assert "cannot be shown again" in made
    (token,) = api_tokens.list_tokens("editor@example.com")
    later = editor.get("/account/").content.decode()
    assert token.prefix in later
    assert "cannot be shown again" not in later
    editor.post("/account/", {"do": "revoke", "token": token.id})
    assert api_tokens.list_tokens() == ()
