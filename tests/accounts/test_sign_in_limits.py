"""How many failures to sign in there may be, and that strangers cannot keep a user out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db.models import F
from django.test import Client

from newsletter.accounts import audit_log, known_devices, sign_in_limits
from newsletter.accounts.audit_log import AuditFilter
from tests.actors import SYSTEM
from tests.conftest import NOW, PASSWORD

EDITOR = "editor@example.com"
pytestmark = pytest.mark.django_db


def attempt(email: str, password: str = "wrong", *, network: str = "192.0.2.1", client: Client | None = None) -> int:
    """The status with which an attempt to sign in is answered: 302, 422 or 429."""
    answer = (client or Client()).post("/login/", {"email": email, "password": password}, REMOTE_ADDR=network)
    return answer.status_code


def spread_failures(count: int, email: str = EDITOR) -> None:
    """Fails to sign in with one name, from many networks."""
    for number in range(count):
        assert attempt(email, network=f"198.51.100.{number // 4 + 1}") in (422, 429)


def let_time_pass(minutes: int) -> None:
    """As if what was counted had been counted so long ago."""
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=minutes))


def test_a_name_is_locked_for_all_networks_in_the_end(people: Any) -> None:
    spread_failures(sign_in_limits.FAILURES_OF_A_NAME - 1)
    assert attempt(EDITOR, PASSWORD, network="203.0.113.1") == 302
    spread_failures(1)
    assert attempt(EDITOR, PASSWORD, network="203.0.113.2") == 429
    assert attempt("viewer@example.com", PASSWORD, network="203.0.113.2") == 302


def test_strangers_do_not_keep_a_user_out_of_a_browser_they_have_signed_in_with(people: Any) -> None:
    own = Client()
    assert attempt(EDITOR, PASSWORD, client=own, network="203.0.113.1") == 302
    own.post("/logout/")
    spread_failures(sign_in_limits.FAILURES_OF_A_NAME)
    for _ in range(6):  # a neighbour in the user's own network
        attempt(EDITOR, network="203.0.113.1")
    assert attempt(EDITOR, PASSWORD, network="203.0.113.1") == 429
    assert attempt(EDITOR, PASSWORD, client=own, network="203.0.113.1") == 302
    assert attempt(EDITOR, PASSWORD, client=own, network="203.0.113.9") == 302


def test_a_known_browser_has_a_limit_of_its_own(people: Any) -> None:
    own = Client()
    attempt(EDITOR, PASSWORD, client=own)
    assert [attempt(EDITOR, client=own) for _ in range(6)] == [422, 422, 422, 422, 429, 429]
    assert attempt(EDITOR, PASSWORD, client=own) == 429


@pytest.mark.parametrize("mark", ["", "nonsense", "eyJ4IjoxfQ:1abc:forged"])
def test_a_forged_mark_is_that_of_no_browser(people: Any, mark: str) -> None:
    assert known_devices.find_device(mark, EDITOR) == ""


def test_the_mark_of_one_user_says_nothing_about_another(people: Any) -> None:
    mark = known_devices.make_mark(people["editor"].id)
    assert known_devices.find_device(mark, EDITOR)
    assert known_devices.find_device(mark, "admin@example.com") == ""


def test_refused_attempts_do_not_prolong_a_lock(people: Any) -> None:
    for _ in range(5):
        attempt(EDITOR)
    let_time_pass(14)
    assert attempt(EDITOR, PASSWORD) == 429
    let_time_pass(2)
    assert attempt(EDITOR, PASSWORD) == 302


def test_a_network_that_tries_many_names_is_locked_for_all_of_them(people: Any) -> None:
    for number in range(sign_in_limits.NAMES_FROM_A_NETWORK):
        assert attempt(EDITOR, PASSWORD, network="203.0.113.7") == 302
        attempt(f"nobody{number}@example.com")
    assert attempt(EDITOR, PASSWORD) == 429
    assert attempt(EDITOR, PASSWORD, network="203.0.113.7") == 302


def test_a_network_with_many_failures_is_locked_for_all_names(people: Any) -> None:
    for number in range(sign_in_limits.FAILURES_FROM_A_NETWORK):
        attempt(f"nobody{number // 4}@example.com", network=f"2001:db8::{number}")
    assert attempt(EDITOR, PASSWORD, network="2001:db8::ffff") == 429
    assert attempt(EDITOR, PASSWORD, network="2001:db8:0:1::1") == 302


def test_an_administrator_unlocks_a_user(people: Any) -> None:
    own = Client()
    attempt(EDITOR, PASSWORD, client=own)
    for client in (None, own):
        for _ in range(5):
            attempt(EDITOR, client=client)
    assert sign_in_limits.unlock_user(EDITOR, by=SYSTEM, now=NOW) == 10
    assert attempt(EDITOR, PASSWORD) == 302
    assert attempt(EDITOR, PASSWORD, client=own) == 302


def test_what_was_typed_for_a_name_is_kept_nowhere(people: Any) -> None:
    typed = "my-Secret-Passphrase-9"
    for _ in range(6):
        attempt(typed)
    kept = str(list(AccessAttempt.objects.values())) + str(audit_log.list_entries(AuditFilter()))
    assert typed.casefold() not in kept.casefold()
    entries = audit_log.list_entries(AuditFilter(actor="not signed in"))
    assert [each.action for each in entries] == ["locked out", *["failed to sign in"] * 5], (
        "refused ones are not listed"
    )
    (target,) = {each.target for each in entries}
    assert target.startswith("unknown name ")
    assert {each.network for each in entries} == {"192.0.2.1"}
