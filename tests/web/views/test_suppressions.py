"""The suppression list on the desk."""

from __future__ import annotations

from datetime import datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from subscribers import suppressions
from subscribers.consent import domain_rules
from tests.actors import SYSTEM


def test_suppressions_are_listed_added_removed_and_imported(admin: Client, now: datetime) -> None:
    page = "/readers/suppressions/"
    assert admin.post(page, {"do": "add", "address": "nobody@"}).status_code == 422
    assert admin.post(page, {"do": "add", "address": "a@example.com", "until": "2020-01-01"}).status_code == 422
    admin.post(page, {"do": "add", "address": "Ann@Example.com", "reason": "asked by phone"})
    admin.post(page, {"do": "add", "address": "@example.org", "until": "2099-01-01"})
    shown = admin.get(page).content.decode()
    assert "ann@example.com" in shown
    assert "asked by phone" in shown
    assert "@example.org" in admin.get(page, {"q": "example.org"}).content.decode()
    file = SimpleUploadedFile("gone.csv", b"address,reason\nben@example.com,left\nnobody@,left\n")
    answer = admin.post(page, {"do": "take", "file": file})
    assert "nobody@" in answer.content.decode()
    assert b"ben@example.com" in b"".join(admin.get("/readers/suppressions.csv"))  # type: ignore[arg-type]
    admin.post(page, {"do": "lift", "address": "ann@example.com"})
    suppressions.suppress("cut@example.com", reason="complained", by=SYSTEM, now=now)
    assert admin.post(page, {"do": "lift", "address": "cut@example.com"}).status_code == 422
    assert [each.address for each in suppressions.list_suppressions()] == [
        "@example.org",
        "ben@example.com",
        "cut@example.com",
    ]


def test_rules_for_domains_are_set_and_removed(admin: Client) -> None:
    page = "/readers/suppressions/"
    admin.post(page, {"do": "rule", "domain": "Spam.example", "verdict": "deny"})
    assert domain_rules.list_domain_rules() == (("spam.example", "deny"),)
    assert "may not sign up" in admin.get(page).content.decode()
    assert admin.post(page, {"do": "rule", "domain": "nowhere", "verdict": "deny"}).status_code == 422
    assert admin.post(page, {"do": "rule", "domain": "other.example", "verdict": "drop"}).status_code == 422
    admin.post(page, {"do": "rule", "domain": "spam.example", "verdict": "drop"})
    assert domain_rules.list_domain_rules() == ()
