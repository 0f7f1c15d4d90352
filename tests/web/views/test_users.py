"""Users of the desk and their roles."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import Any

import lxml.html
from django.test import Client
from django_otp.oath import totp

from newsletter.accounts import audit_log, second_factor, users
from newsletter.accounts.audit_log import AuditFilter
from newsletter.accounts.otp_devices import SealedTOTPDevice
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.conftest import PASSWORD
from tests.web.seen import flatten

EDITOR, ADMIN = "editor@example.com", "admin@example.com"


def roles(email: str) -> list[tuple[int | None, str]]:
    (person,) = [each for each in users.list_users() if each.email == email]
    return [(newsletter, role.value) for newsletter, role in person.roles]


def read_page(admin: Client) -> dict[str, str]:
    """What the form says of what was seen."""
    (seen,) = re.findall(r'name="seen_roles" value="([^"]*)"', admin.get("/people/").content.decode())
    return {"seen_roles": unescape(seen)}


def test_a_role_is_given_and_taken_away(admin: Client, newsroom: Any) -> None:
    given = {"email": "stranger@example.com", "newsletter": "morning", "role": "viewer"} | read_page(admin)
    assert "The role of stranger@example.com is saved." in admin.post("/people/", given, follow=True).content.decode()
    assert (newsroom.briefing.id, "viewer") in roles("stranger@example.com")
    admin.post("/people/", given | {"role": "none"} | read_page(admin))
    assert roles("stranger@example.com") == [(newsroom.other.id, "editor")]


def test_a_role_that_somebody_else_changed_is_not_overwritten(admin: Client, newsroom: Any, now: datetime) -> None:
    form = {"email": EDITOR, "newsletter": "morning", "role": "author"} | read_page(admin)
    users.set_role(EDITOR, "viewer", newsletter_id=newsroom.briefing.id, seen=None, by=SYSTEM, now=now)
    refused = admin.post("/people/", form)
    assert refused.status_code == 409
    page = flatten(refused.content.decode())
    assert "Somebody else changed this since you opened it: Role." in page
    assert all(choice in page for choice in ('value="author" selected', f'value="{EDITOR}" selected'))
    assert roles(EDITOR) == [(newsroom.briefing.id, "viewer")]
    for seen in ({"seen_roles": ""}, {"seen_roles": "[]"}, {"seen_roles": '{"editor@example.com": 1}'}):
        assert "too old to save from" in admin.post("/people/", form | seen).content.decode()
    del form["seen_roles"]
    assert "too old to save from" in admin.post("/people/", form).content.decode()
    assert roles(EDITOR) == [(newsroom.briefing.id, "viewer")]


def test_what_cannot_be_is_said_and_changes_nothing(admin: Client, newsroom: Any) -> None:
    before = roles("editor@example.com")
    for wrong, message in (({"role": "king"}, "king"), ({"newsletter": "nowhere"}, "nowhere"), ({"email": "x"}, "x")):
        given = {"email": "editor@example.com", "role": "viewer", "newsletter": "morning"} | wrong | read_page(admin)
        refused = admin.post("/people/", given)
        assert (refused.status_code, f"{message} is not one of" in refused.content.decode()) == (422, True)
    assert roles("editor@example.com") == before


def test_an_editor_does_not_see_the_page(editor: Client) -> None:
    assert editor.get("/people/").status_code == 403


def test_who_is_disabled_is_out_at_once(admin: Client, editor: Client) -> None:
    assert editor.get("/").status_code == 200
    page = admin.post("/people/", {"do": "disable", "email": EDITOR, "sure": "1"}, follow=True).content.decode()
    assert "editor@example.com is disabled" in page
    assert "Disabled" in page
    assert editor.get("/").status_code == 302
    admin.post("/people/", {"do": "enable", "email": EDITOR})
    assert users.get_user(EDITOR).active
    assert editor.get("/").status_code == 302, "the session has ended for good"


NEW = "vivid otter brass lantern"


def test_a_lost_password_is_replaced_once_that_is_confirmed(admin: Client, editor: Client) -> None:
    form = {"do": "password", "email": EDITOR, "password": NEW}
    refused = admin.post("/people/", form)
    assert refused.status_code == 422
    assert "Tick the box" in refused.content.decode()
    assert NEW not in refused.content.decode(), "a password is never shown"
    assert editor.get("/").status_code == 200
    weak = admin.post("/people/", form | {"password": "editor", "sure": "1"})
    assert "This password cannot be used" in flatten(weak.content.decode())
    said = admin.post("/people/", form | {"sure": "1"}, follow=True).content.decode()
    assert "editor@example.com has the new password" in said
    assert editor.get("/").status_code == 302, "their session has ended"
    assert users.get_user_row(EDITOR).check_password(NEW)
    (entry,) = audit_log.list_entries(AuditFilter(exact_action="changed password"))
    assert (entry.actor, entry.target) == (ADMIN, EDITOR)


def test_sign_in_with_a_code_is_turned_off_once_that_is_confirmed(
    admin: Client, people: dict[str, Any], now: datetime
) -> None:
    second_factor.begin_enrolment(EDITOR, PASSWORD, by=SYSTEM, now=now)
    device = SealedTOTPDevice.objects.get(user=people["editor"])
    second_factor.confirm_enrolment(EDITOR, f"{totp(device.bin_key):06}", by=SYSTEM, now=now)
    assert admin.post("/people/", {"do": "code", "email": EDITOR}).status_code == 422
    assert second_factor.is_on(people["editor"])
    said = admin.post("/people/", {"do": "code", "email": EDITOR, "sure": "1"}, follow=True).content.decode()
    assert "signs in with the password alone" in said
    assert not second_factor.is_on(people["editor"])
    (entry,) = audit_log.list_entries(AuditFilter(exact_action="turned off sign-in with a code"))
    assert (entry.actor, entry.target) == (ADMIN, EDITOR)


def test_nobody_resets_their_own_without_their_password(admin: Client, people: dict[str, Any]) -> None:
    for form in ({"do": "password", "password": NEW}, {"do": "code"}):
        refused = admin.post("/people/", form | {"email": ADMIN, "sure": "1"})
        assert refused.status_code == 422
        assert "This is your own account." in refused.content.decode()
    assert admin.get("/").status_code == 200
    assert people["admin"].check_password(PASSWORD)


def test_a_removal_is_confirmed(admin: Client, editor: Client) -> None:
    refused = admin.post("/people/", {"do": "remove", "email": EDITOR})
    assert refused.status_code == 422
    page = flatten(refused.content.decode())
    assert re.search(r'id="removed-sure_error">Tick the box.*?<input[^>]*aria-describedby="removed-sure_error"', page)
    assert f'value="{EDITOR}" selected' in page, "who was chosen stays"
    assert editor.get("/").status_code == 200
    admin.post("/people/", {"do": "remove", "email": EDITOR, "sure": "1"})
    assert EDITOR not in [each.email for each in users.list_users()]
    assert editor.get("/").status_code == 302


def test_the_last_administrator_stays_and_the_page_says_why(admin: Client) -> None:
    for act, why in (("disable", "Ask another administrator"), ("remove", "is the only administrator")):
        refused = admin.post("/people/", {"email": "admin@example.com", "do": act, "sure": "1"})
        assert refused.status_code >= 400
        assert why in refused.content.decode()
    assert users.get_user("admin@example.com").active


def test_a_form_without_a_known_action_changes_nothing(admin: Client) -> None:
    refused = admin.post("/people/", {"do": "promote", "email": EDITOR})
    assert (refused.status_code, "no known action" in refused.content.decode()) == (422, True)


def test_a_user_is_added_with_a_role_and_a_first_password(admin: Client, newsroom: Any) -> None:
    given = {"do": "add", "email": "Pat@example.com", "role": "author", "newsletter": "morning", "name": "Pat"}
    refused = admin.post("/people/", given | {"password": "secret"})
    assert refused.status_code == 422
    assert 'value="Pat@example.com"' in refused.content.decode()
    assert "secret" not in refused.content.decode()
    added = admin.post("/people/", given | {"password": "quay lantern mooring tide"}, follow=True)
    assert "pat@example.com is added" in added.content.decode()
    assert roles("pat@example.com") == [(newsroom.briefing.id, "author")]


def test_a_user_who_is_locked_out_is_let_in_again(admin: Client, newsroom: Any) -> None:
    done = admin.post("/people/", {"do": "unlock", "email": EDITOR}, follow=True)
    assert "may try to sign in again at once" in done.content.decode()


def test_nobody_is_disabled_by_one_press_and_oneself_not_at_all(admin: Client, editor: Client) -> None:
    users.create_user("second@example.com", PASSWORD, role="admin", by=SYSTEM, now=clock.now())
    refused = admin.post("/people/", {"do": "disable", "email": EDITOR})
    assert refused.status_code == 422
    assert "Tick the box to confirm that this user is to be disabled." in refused.content.decode()
    assert editor.get("/").status_code == 200
    own = admin.post("/people/", {"do": "disable", "email": "admin@example.com", "sure": "1"})
    assert "Ask another administrator to disable you." in own.content.decode()
    assert admin.get("/").status_code == 200


def test_nothing_grave_is_chosen_before_somebody_chose_it(admin: Client) -> None:
    page = lxml.html.fromstring(admin.get("/people/").content.decode())
    chosen = {each.get("id"): each.value for each in page.cssselect("main select")}
    assert chosen
    assert set(chosen.values()) == {""}
    for act in ("add", "role", "password", "code", "remove"):
        answer = admin.post("/people/", {"do": act, "sure": "1"})
        assert answer.status_code == 422, act
    assert "Choose a newsletter, or all of them." in admin.post("/people/", {"do": "add"}).content.decode()
