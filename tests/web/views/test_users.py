"""Users of the desk and their roles."""

from __future__ import annotations

from typing import Any

from django.test import Client

from newsletter.accounts import users


def roles(email: str) -> list[tuple[int | None, str]]:
    (person,) = [each for each in users.list_users() if each.email == email]
    return [(newsletter, role.value) for newsletter, role in person.roles]


def test_a_role_is_given_and_taken_away(admin: Client, house: Any) -> None:
    given = {"email": "stranger@example.com", "newsletter": "morning", "role": "viewer"}
    assert "stranger@example.com: saved." in admin.post("/people/", given, follow=True).content.decode()
    assert (house.briefing.id, "viewer") in roles("stranger@example.com")
    admin.post("/people/", given | {"role": "none"})
    assert roles("stranger@example.com") == [(house.other.id, "editor")]


def test_what_cannot_be_is_said_and_changes_nothing(admin: Client, house: Any) -> None:
    before = roles("editor@example.com")
    for wrong, said in (({"role": "king"}, "king"), ({"newsletter": "nowhere"}, "nowhere"), ({"email": "x"}, "x")):
        given = {"email": "editor@example.com", "role": "viewer", "newsletter": "morning"} | wrong
        assert said in admin.post("/people/", given, follow=True).content.decode()
    assert roles("editor@example.com") == before


def test_an_editor_does_not_see_the_page(editor: Client) -> None:
    assert editor.get("/people/").status_code == 403
