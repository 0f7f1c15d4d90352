"""What is known of the database, and what a person decides about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts import audit_log
from newsletter.accounts.audit_log import AuditFilter
from newsletter.delivery import installation
from subscribers.models import SubscriptionCount
from tests.cli.conftest import REFUSED, Newsletter
from tests.conftest import Newsroom

pytestmark = pytest.mark.django_db


def test_status_says_why_sending_is_held_and_what_to_do(newsletter: Newsletter, now: datetime) -> None:
    installation.check(now)
    installation.hold("A backup was restored.", now)

    status, out, err = newsletter("database", "status")

    assert status == 0
    assert "This machine remembers mark 1, 2026-11-24 06:00:00 UTC." in out
    assert "Nothing is due." in out
    assert "SENDING IS HELD since 2026-11-24 06:00:00 UTC: A backup was restored." in err
    found = json.loads(newsletter("database", "status", "--json")[1])
    assert found["status"]["held_reason"] == "A backup was restored."


def test_sending_is_resumed_with_a_reason_that_is_recorded(newsletter: Newsletter, now: datetime) -> None:
    installation.check(now)
    installation.hold("A backup was restored.", now)

    status, out, err = newsletter("database", "resume-sending", "--reason", "nothing had left")
    assert (status, out) == (REFUSED, "")
    assert "--yes" in err
    status, out, _ = newsletter("database", "resume-sending", "--reason", "nothing had left", "--yes")

    assert (status, out.splitlines()[0]) == (0, "Mail leaves again.")
    assert not installation.check(now).held
    (entry,) = audit_log.list_entries(AuditFilter(action="resumed sending"))
    assert "nothing had left" in entry.detail


def test_a_copy_sends_to_the_outbox_until_somebody_chooses(newsletter: Newsletter, settings: Any) -> None:
    object.__setattr__(settings.CONFIG, "provider", "sendgrid")
    object.__setattr__(settings.CONFIG, "sendgrid_api_key", "SG.key")
    from newsletter.jobs import wiring

    assert wiring.get_provider().name == "sendgrid"
    newsletter("database", "this-is-a-copy", "--yes")
    assert wiring.get_provider().name == "outbox"
    assert "This is a copy" in newsletter("database", "status")[1]

    assert "Mail leaves by the provider" in newsletter("database", "use-provider", "--yes")[1]
    assert wiring.get_provider().name == "sendgrid"
    assert "It does so already." in newsletter("database", "use-provider", "--yes")[1]


def test_a_recount_says_which_counts_were_wrong(
    newsletter: Newsletter, readers: Callable[..., list[int]], newsroom: Newsroom
) -> None:
    readers(2)
    assert newsletter("database", "recount")[:2] == (0, "All counts are right.\n")
    SubscriptionCount.objects.update(count=1_200)
    said = "Morning Briefing, active: 1,200 was kept, 2 are there.\nThey are corrected.\n"
    assert newsletter("database", "recount")[:2] == (0, said)
    SubscriptionCount.objects.update(count=5)
    wrong = {"list_id": newsroom.list.id, "state": "active", "kept": 5, "counted": 2}
    assert json.loads(newsletter("database", "recount", "--json")[1]) == {"subscribers": [wrong], "mailings": []}
