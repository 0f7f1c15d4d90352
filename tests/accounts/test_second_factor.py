"""Signing in with a code as well: right codes once, wrong ones never, spare codes when the phone is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from newsletter.accounts import audit_log, second_factor, users
from newsletter.accounts.audit_log import AuditFilter
from newsletter.accounts.models import AuditEntry, User
from newsletter.accounts.otp_devices import SealedStaticDevice
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, Refused
from tests.actors import SYSTEM
from tests.conftest import NOW, PASSWORD


@pytest.fixture
def editor(people: dict[str, Any]) -> User:
    return people["editor"]  # type: ignore[no-any-return]


def shown_now(user: User) -> str:
    """What the authenticator shows; used codes are let be, for half a minute is long for a test."""
    device = TOTPDevice.objects.get(user=user)
    TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0)
    return f"{totp(device.bin_key):06}"


def wrong(user: User) -> str:
    return f"{(int(shown_now(user)) + 1) % 10**6:06}"


@pytest.fixture
def spare(editor: User) -> tuple[str, ...]:
    """The second step is on; its spare codes."""
    second_factor.begin_enrolment(editor.email, PASSWORD, by=SYSTEM, now=NOW)
    return second_factor.confirm_enrolment(editor.email, shown_now(editor), by=SYSTEM, now=NOW)


def password_given(email: str = "editor@example.com") -> Client:
    client = Client()
    answer = client.post("/login/", {"email": email, "password": PASSWORD, "next": "/editions/"})
    assert answer.status_code == 302
    return client


def test_without_it_the_password_is_enough(editor: User) -> None:
    assert password_given().get("/").status_code == 200


def test_with_it_the_password_alone_opens_nothing(spare: tuple[str, ...]) -> None:
    client = password_given()
    assert client.get("/").url.startswith("/login/")  # type: ignore[attr-defined]
    assert client.get("/login/code/").status_code == 200


def test_the_right_code_leads_to_where_one_wanted_to_go(editor: User, spare: tuple[str, ...]) -> None:
    client = password_given()
    answer = client.post("/login/code/", {"code": shown_now(editor)})
    assert answer.url == "/editions/"  # type: ignore[attr-defined]
    assert client.get("/").status_code == 200


def test_the_session_is_new_after_the_code(editor: User, spare: tuple[str, ...]) -> None:
    client = password_given()
    before = client.session.session_key
    client.post("/login/code/", {"code": shown_now(editor)})
    assert client.session.session_key != before


def test_a_code_works_once(editor: User, spare: tuple[str, ...]) -> None:
    code = shown_now(editor)
    assert second_factor.verify_code(editor, code)
    assert not second_factor.verify_code(editor, code)


def test_a_wrong_code_opens_nothing_and_the_next_has_to_wait(editor: User, spare: tuple[str, ...]) -> None:
    client, code = password_given(), wrong(editor)
    assert client.post("/login/code/", {"code": code}).status_code == 422
    device = TOTPDevice.objects.get(user=editor)
    assert device.throttling_failure_count == 1
    right_at_once = f"{totp(device.bin_key):06}"
    assert client.post("/login/code/", {"code": right_at_once}).status_code == 429
    assert client.get("/").status_code == 302


def test_what_is_typed_too_soon_after_a_wrong_code_is_not_recorded(editor: User, spare: tuple[str, ...]) -> None:
    client, code = password_given(), wrong(editor)
    assert [client.post("/login/code/", {"code": code}).status_code for _ in range(4)] == [422, 429, 429, 429]
    assert AuditEntry.objects.filter(verb="failed to sign in").count() == 1


def end_by_password(email: str) -> None:
    users.set_password(email, "vivid otter brass lantern", by=SYSTEM, now=clock.now())


def end_by_disabling(email: str) -> None:
    users.disable_user(email, by=SYSTEM, now=clock.now())
    users.enable_user(email, by=SYSTEM, now=clock.now())


@pytest.mark.parametrize("end", [end_by_password, end_by_disabling])
def test_a_password_that_waits_for_its_code_ends_with_the_sessions(
    editor: User, spare: tuple[str, ...], end: Callable[[str], None]
) -> None:
    client = password_given()
    end(editor.email)
    assert client.post("/login/code/", {"code": spare[0]}).url == "/login/"  # type: ignore[attr-defined]
    assert client.get("/").status_code == 302
    assert SealedStaticDevice.objects.get().token_set.count() == len(spare), "the code is not used up"


def test_each_spare_code_works_once(editor: User, spare: tuple[str, ...]) -> None:
    assert len(set(spare)) == second_factor.SPARE_CODES
    client = password_given()
    client.post("/login/code/", {"code": f" {spare[0].upper()} "})
    assert client.get("/").status_code == 200
    assert not second_factor.verify_code(editor, spare[0])


def test_the_code_page_without_a_password_leads_back(spare: tuple[str, ...]) -> None:
    assert Client().get("/login/code/").url == "/login/"  # type: ignore[attr-defined]
    assert Client().post("/login/code/", {"code": spare[0]}).url == "/login/"  # type: ignore[attr-defined]


def test_whoever_takes_too_long_begins_again(spare: tuple[str, ...]) -> None:
    client = password_given()
    session = client.session
    session["waits_for_code"] = session["waits_for_code"] | {"since": 0}
    session.save()
    assert client.post("/login/code/", {"code": spare[0]}).url == "/login/"  # type: ignore[attr-defined]


def test_it_is_set_up_on_the_account_page(editor: User) -> None:
    client = password_given()
    client.post("/account/", {"do": "begin", "password": PASSWORD})
    page = client.get("/account/").content.decode()
    key = second_factor.find_pending_enrolment(editor)
    assert key is not None
    assert key.key in page
    assert "<svg" in page
    assert client.post("/account/", {"do": "confirm", "code": wrong(editor)}).status_code == 422
    assert not second_factor.is_on(editor)
    page = client.post("/account/", {"do": "confirm", "code": shown_now(editor)}).content.decode()
    assert "spare codes" in page
    assert second_factor.is_on(editor)
    assert AuditEntry.objects.filter(verb="turned on sign-in with a code").exists()


def test_turning_it_off_asks_for_the_password(editor: User, spare: tuple[str, ...]) -> None:
    client = Client()
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/account/", {"do": "off", "password": "wrong"}).status_code == 422
    assert second_factor.is_on(editor)
    client.post("/account/", {"do": "off", "password": PASSWORD})
    assert not second_factor.is_on(editor)


def test_setting_it_up_asks_for_the_password(editor: User) -> None:
    client = Client()
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    for form in ({"do": "begin"}, {"do": "begin", "password": "wrong"}):
        assert client.post("/account/", form).status_code == 422
    assert not TOTPDevice.objects.exists()
    assert audit_log.list_entries(AuditFilter(target=editor.email))[0].action == "gave a wrong password"
    client.post("/account/", {"do": "begin", "password": PASSWORD})
    assert second_factor.find_pending_enrolment(editor) is not None


def test_a_second_key_is_not_made_over_the_first(editor: User, spare: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match="on already"):
        second_factor.begin_enrolment(editor.email, PASSWORD, by=SYSTEM, now=NOW)


def test_whoever_runs_the_desk_can_let_somebody_in_again(editor: User, spare: tuple[str, ...]) -> None:
    assert second_factor.reset("EDITOR@example.com", by=SYSTEM, now=NOW) == "editor@example.com"
    assert password_given().get("/").status_code == 200


def test_codes_right_and_wrong_stand_in_the_audit_log(editor: User, spare: tuple[str, ...]) -> None:
    client = password_given()
    client.post("/login/code/", {"code": wrong(editor)}, REMOTE_ADDR="192.0.2.7")
    client.post("/login/code/", {"code": shown_now(editor)}, REMOTE_ADDR="192.0.2.7")
    password_given().post("/login/code/", {"code": spare[0]}, REMOTE_ADDR="192.0.2.7")
    found = audit_log.list_entries(AuditFilter(target=editor.email))[:3]
    assert [(each.action, each.actor, each.network, each.detail) for each in reversed(found)] == [
        ("failed to sign in", "not signed in", "192.0.2.7", "the password was right, the code wrong"),
        ("signed in", editor.email, "192.0.2.7", "password and code"),
        ("signed in", editor.email, "192.0.2.7", "password and spare code"),
    ]


def test_a_wrong_first_code_counts(editor: User) -> None:
    second_factor.begin_enrolment(editor.email, PASSWORD, by=SYSTEM, now=NOW)
    with pytest.raises(BadInput, match="does not fit"):
        second_factor.confirm_enrolment(editor.email, wrong(editor), by=SYSTEM, now=NOW)
    assert TOTPDevice.objects.get(user=editor).throttling_failure_count == 1
