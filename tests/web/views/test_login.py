"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.conftest import PASSWORD


def test_signing_in_and_out(people: dict[str, Any]) -> None:
    client = Client()
    wrong = client.post("/login/", {"email": "editor@example.com", "password": "wrong"})
    assert wrong.status_code == 422
    assert b"The address or the password is wrong" in wrong.content
    assert client.post("/login/", {"email": "EDITOR@example.com", "password": PASSWORD}).status_code == 302
    assert client.get("/").status_code == 200
    client.post("/logout/")
    assert client.get("/").status_code == 302


def test_signing_in_redirects_only_within_the_desk(people: dict[str, Any]) -> None:
    answer = Client().post(
        "/login/", {"email": "editor@example.com", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answer.url == "/"


def test_guessing_passwords_is_limited(people: dict[str, Any]) -> None:
    client = Client()
    for _ in range(5):
        client.post("/login/", {"email": "editor@example.com", "password": "wrong"})
    blocked = client.post("/login/", {"email": "editor@example.com", "password": PASSWORD})
    assert blocked.status_code == 429
    assert b"quarter of an hour" in blocked.content


def test_one_network_of_version_6_has_one_limit(people: dict[str, Any]) -> None:
    for number in range(5):
        Client(REMOTE_ADDR=f"2001:db8:1:2::{number}").post(
            "/login/", {"email": "editor@example.com", "password": "wrong"}
        )
    right = {"email": "editor@example.com", "password": PASSWORD}
    assert Client(REMOTE_ADDR="2001:db8:1:2:ffff::1").post("/login/", right).status_code == 429
    assert Client(REMOTE_ADDR="2001:db8:1:3::1").post("/login/", right).status_code == 302
