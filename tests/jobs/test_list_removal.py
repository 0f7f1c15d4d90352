"""A list is removed where nothing needs it, and what happened on it stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts import audit_log
from newsletter.accounts.audit_log import AuditFilter
from newsletter.catalog import newsletter_settings
from newsletter.checks import preflight
from newsletter.delivery.models import Mailing
from newsletter.jobs import list_removal, tasks
from newsletter.kernel.errors import Refused
from subscribers import lists
from tests.actors import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def remove(newsroom: Any, now: datetime) -> Callable[[], object]:
    """Removes the list that the morning briefing went to, and does no more."""
    newsletter_settings.change_newsletter(
        newsroom.briefing.id, list_id=str(newsroom.other_list.id), seen=None, by=SYSTEM, now=now
    )
    return lambda: list_removal.remove_list("morning", by=SYSTEM, now=now)


def test_a_list_that_a_newsletter_has_is_not_removed(newsroom: Any, now: datetime) -> None:
    with pytest.raises(Refused, match="is the list of Evening Letter"):
        list_removal.remove_list("evening", by=SYSTEM, now=now)
    assert lists.get_list_by_slug("evening").public, "nothing was changed"
    assert audit_log.list_entries(AuditFilter(exact_action="removed list")) == ()


def test_a_list_that_a_mailing_is_going_to_is_not_removed(
    newsroom: Any, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    readers(2)
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None)
    newsletter_settings.change_newsletter(
        newsroom.briefing.id, list_id=str(newsroom.other_list.id), seen=None, by=SYSTEM, now=now
    )
    with pytest.raises(Refused, match="is not finished"):
        list_removal.remove_list("morning", by=SYSTEM, now=now)
    Mailing.objects.update(state="finished")
    list_removal.remove_list("morning", by=SYSTEM, now=now)
    assert Mailing.objects.get().list_id == newsroom.list.id, "what was sent stays"


def test_a_removal_stands_in_the_audit_log_with_what_the_list_was(
    remove: Callable[[], object], newsroom: Any, readers: Callable[..., list[int]]
) -> None:
    readers(2)
    remove()
    (entry,) = audit_log.list_entries(AuditFilter(exact_action="removed list"))
    assert (entry.target, entry.list_ids) == ("morning", (newsroom.list.id,))
    assert entry.before["name"] == "Morning Briefing"
    assert entry.before["subscribers"] == {"active": 2}
