"""The page on which an administrator says who works here."""

from __future__ import annotations

from typing import Any

from django.test import Client

from newsletter.accounts import users

EDITOR = "editor@example.com"


def test_a_role_is_given(admin: Client, house: Any) -> None:
    admin.post("/people/", {"email": EDITOR, "role": "author", "newsletter": "morning"})
    assert users.get_user(EDITOR).roles == ((house.briefing.id, "author"),)


def test_who_is_disabled_is_out_at_once(admin: Client, editor: Client) -> None:
    assert editor.get("/").status_code == 200
    page = admin.post("/people/", {"do": "disable", "email": EDITOR}, follow=True).content.decode()
    assert "editor@example.com is disabled" in page
    assert "Disabled" in page
    assert editor.get("/").status_code == 302
    admin.post("/people/", {"do": "enable", "email": EDITOR})
    assert users.get_user(EDITOR).active


def test_a_removal_is_confirmed(admin: Client, editor: Client) -> None:
    page = admin.post("/people/", {"do": "remove", "email": EDITOR}, follow=True).content.decode()
    assert "Tick the box" in page
    assert editor.get("/").status_code == 200
    admin.post("/people/", {"do": "remove", "email": EDITOR, "sure": "1"})
    assert EDITOR not in [each.email for each in users.list_users()]
    assert editor.get("/").status_code == 302


def test_the_last_administrator_stays_and_the_page_says_why(admin: Client) -> None:
    for form in ({"do": "disable"}, {"do": "remove", "sure": "1"}):
        page = admin.post("/people/", {"email": "admin@example.com"} | form, follow=True).content.decode()
        assert "is the only administrator" in page
    assert users.get_user("admin@example.com").active


def test_a_form_without_a_known_action_changes_nothing(admin: Client) -> None:
    assert "no known action" in admin.post("/people/", {"do": "promote", "email": EDITOR}, follow=True).content.decode()
