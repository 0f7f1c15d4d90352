"""The desk with something on every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from newsletter.checks import preflight
from newsletter.delivery.sending import freeze, hand_over, mailings
from newsletter.jobs import tasks, wiring
from tests import prepared
from tests.actors import SYSTEM


@pytest.fixture
def signed_in(people: dict[str, Any]) -> Callable[[str], Client]:
    """A browser in which somebody of the cast is signed in: signed_in("editor")."""

    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(people[name], backend="newsletter.accounts.user_backend.UserBackend")
        return client

    return sign_in


@pytest.fixture
def sent(edition: Any, readers: Callable[..., list[int]], now: datetime) -> Any:
    """The edition, sent to three readers through the outbox; gives the mailing."""
    readers(3)
    return prepared.prepare(_send_edition, edition.id, now)


def _send_edition(edition_id: int, now: datetime) -> Any:
    preflight.approve_edition(edition_id, by=SYSTEM, now=now, content_hash=None)
    mailing = tasks.send_edition(edition_id, at=None, by=SYSTEM, now=now, content_hash=None)
    freeze.freeze_next(now)
    while hand_over.hand_over_next(now, owner="test", provider=wiring.get_provider(), clock=lambda: now):
        pass
    mailings.finish_settled(now)
    return mailing


@pytest.fixture
def editor(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("editor")


@pytest.fixture
def admin(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("admin")
