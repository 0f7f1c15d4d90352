"""A browser, and what it sees of the pages for subscribers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.kernel import clock
from subscribers import models, subscriber_lookup, transactional


def verdicts() -> list[str]:
    return [*models.SignupAttempt.objects.order_by("id").values_list("verdict", flat=True)]


def post(client: Client, path: str, **fields: Any) -> Any:
    """What pressing a page's button sends: its fields with the mark that the page brought."""
    page = client.get(path)
    return client.post(path, {**fields, "csrfmiddlewaretoken": page.cookies["csrftoken"].value})


@pytest.fixture
def client() -> Client:
    """A browser that has to pass the checks against forged forms."""
    return Client(enforce_csrf_checks=True)


def footer(list_id: int, person_id: int) -> str:
    return subscriber_lookup.get_signer().sign_footer(list_id, person_id)


def owed() -> list[str]:
    return [mail.kind for mail in transactional.claim_mails(clock.now(), limit=50, lease=timedelta(minutes=2))]


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())
