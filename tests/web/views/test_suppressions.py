"""The suppression list on the desk."""

from __future__ import annotations

import re
from datetime import datetime

import lxml.html
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from newsletter.web.forms.filters import PAGE
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
    admin.post(page, {"do": "lift", "address": "ann@example.com", "sure": "1"})
    suppressions.suppress("cut@example.com", reason="complained", by=SYSTEM, now=now)
    assert admin.post(page, {"do": "lift", "address": "cut@example.com", "sure": "1"}).status_code == 422
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
    assert admin.post(page, {"do": "remove-rule", "domain": "other.example"}).status_code == 422
    admin.post(page, {"do": "remove-rule", "domain": "spam.example"})
    assert domain_rules.list_domain_rules() == ()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"do": "add", "address": "nobody@", "reason": "asked by phone"}, "address"),
        ({"do": "add", "address": "ann@example.com", "until": "2020-01-01"}, "until"),
        ({"do": "add", "address": "ann@example.com", "until": "soon"}, "until"),
        ({"do": "rule", "domain": "nowhere", "verdict": "allow"}, "domain"),
        ({"do": "take"}, "file"),
    ],
)
def test_what_is_refused_stands_at_its_field_with_what_was_typed(
    admin: Client, sent: dict[str, str], field: str
) -> None:
    refused = admin.post("/readers/suppressions/", sent)
    shown = refused.content.decode()
    assert refused.status_code == 422
    assert re.search(rf'class="error" id="{field}_error">.*?<input[^>]*name="{field}"[^>]*aria-invalid', shown, re.S)
    assert all(f'value="{value}"' in shown for name, value in sent.items() if name != "do")
    assert list(suppressions.list_suppressions()) == []


def test_a_complaint_is_lifted_by_whoever_confirms_it(admin: Client, now: datetime) -> None:
    page = "/readers/suppressions/"
    suppressions.suppress("cut@example.com", reason="complained", by=SYSTEM, now=now)
    sent = {"do": "lift-complaint", "address": "cut@example.com"}
    refused = admin.post(page, sent)
    assert refused.status_code == 422
    assert "Tick the box to confirm that they asked for mail again." in refused.content.decode()
    assert len(suppressions.list_suppressions()) == 1
    assert admin.post(page, sent | {"sure": "on"}).status_code == 302
    assert suppressions.list_suppressions() == ()


def test_every_suppression_is_reached(admin: Client, now: datetime) -> None:
    for n in range(PAGE + 1):
        suppressions.suppress(f"gone{n}@example.com", reason="left", by=SYSTEM, now=now)
    page = lxml.html.fromstring(admin.get("/readers/suppressions/?q=gone").content.decode())
    more = page.get_element_by_id("show-more").get("href")
    assert more.startswith("?q=gone&after=")
    rest = lxml.html.fromstring(admin.get(f"/readers/suppressions/{more}").content.decode())
    assert (len(page.cssselect("#rows tr")), len(rest.cssselect("#rows tr"))) == (PAGE, 1)
