"""Signing in and out, and failing to, stand in the audit log with the network."""

from __future__ import annotations

from typing import Any

from django.test import Client

from newsletter.accounts import audit_log, sign_in_log
from newsletter.accounts.audit_log import AuditFilter
from tests.conftest import PASSWORD

EDITOR = "editor@example.com"
NETWORK = "2001:db8:1:2::9"


def test_who_signs_in_and_out_is_recorded_with_the_network(people: Any) -> None:
    client = Client(REMOTE_ADDR=NETWORK)
    client.post("/login/", {"email": EDITOR, "password": "wrong"})
    client.post("/login/", {"email": EDITOR, "password": PASSWORD})
    client.post("/logout/")
    found = [each for each in reversed(audit_log.list_entries(AuditFilter(target=EDITOR))) if each.network]
    assert [(each.action, each.actor, each.detail) for each in found] == [
        ("failed to sign in", "not signed in", ""),
        ("signed in", EDITOR, "password"),
        ("signed out", EDITOR, ""),
    ]
    assert {each.network for each in found} == {NETWORK}


def test_nobody_signs_out_nobody(people: Any) -> None:
    assert Client().post("/logout/").status_code == 302
    assert audit_log.list_entries(AuditFilter(action="signed out")) == ()


def test_an_unknown_name_is_recognised_by_its_digest_alone(people: Any) -> None:
    assert sign_in_log.find_logged_name(" EDITOR@example.com") == EDITOR
    unknown = sign_in_log.find_logged_name("hunter2")
    assert unknown == sign_in_log.find_logged_name("hunter2 ")
    assert unknown != sign_in_log.find_logged_name("hunter3")
    assert "hunter" not in unknown
