"""What of the audit log somebody may read, and whose personal values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.accounts import audit_access, users
from newsletter.accounts.audit_log import AuditFilter
from newsletter.kernel.actors import ActionRecord
from newsletter.kernel.errors import NotAllowed
from tests.actors import SYSTEM, act_as
from tests.conftest import PASSWORD

OURS, OF_LIST, THEIRS, NEWSROOM = "edition 1", "reader 7", "edition 2", "ann@example.com"


@pytest.fixture
def written(newsroom: Any, now: datetime) -> Any:
    """An entry of our newsletter, of somebody on its list, of another newsletter, and of none."""
    briefing, other = newsroom.briefing, newsroom.other
    for target, fields in (
        (OURS, {"newsletter_id": briefing.id}),
        (OF_LIST, {"list_ids": [briefing.list_id], "subscriber_id": 7, "personal_after": {"name": "Ada"}}),
        (THEIRS, {"newsletter_id": other.id, "list_ids": [other.list_id]}),
        (NEWSROOM, {}),
    ):
        SYSTEM.record(ActionRecord("tried", target, now, **fields))
    return newsroom


def _read(email: str, **wanted: Any) -> list[str]:
    by, asked = act_as(email), AuditFilter(exact_action="tried", **wanted)
    found = [each.entry.target for each in audit_access.list_visible_entries(asked, by=by)]
    assert [each.target for each in audit_access.iterate_visible_entries(asked, by=by)] == found[::-1]
    return found


@pytest.mark.parametrize(
    ("role", "of", "found"),
    [
        ("admin", "all", [NEWSROOM, THEIRS, OF_LIST, OURS]),
        ("editor", "all", [THEIRS, OF_LIST, OURS]),
        ("author", "all", [THEIRS, OURS]),
        ("readers", "all", [THEIRS, OF_LIST]),
        ("admin", "briefing", [OF_LIST, OURS]),
        ("editor", "briefing", [OF_LIST, OURS]),
        ("author", "briefing", [OURS]),
        ("readers", "briefing", [OF_LIST]),
        ("editor", "other", [THEIRS]),
    ],
)
def test_everybody_reads_what_is_about_what_they_manage(
    role: str, of: str, found: list[str], written: Any, now: datetime
) -> None:
    newsletter_id = None if of == "all" else getattr(written, of).id
    users.create_user("pat@example.com", PASSWORD, role=role, newsletter_id=newsletter_id, by=SYSTEM, now=now)
    assert _read("pat@example.com") == found
    ours = {"newsletter_ids": (written.briefing.id,), "list_ids": (written.briefing.list_id,)}
    assert _read("pat@example.com", **ours) == [each for each in found if each in (OF_LIST, OURS)]


def test_whoever_may_only_look_reads_nothing(written: Any, now: datetime) -> None:
    users.create_user("pat@example.com", PASSWORD, role="viewer", by=SYSTEM, now=now)
    for ask in (audit_access.list_visible_entries, audit_access.iterate_visible_entries):
        with pytest.raises(NotAllowed, match="no right to read the audit log"):
            ask(AuditFilter(), by=act_as("pat@example.com"))


def test_personal_values_are_for_whoever_may_see_the_subscribers_of_every_list(written: Any, now: datetime) -> None:
    both = [written.briefing.list_id, written.other.list_id]
    fields = {"newsletter_id": written.briefing.id, "subscriber_id": 8, "personal_before": {"name": "Bo"}}
    SYSTEM.record(ActionRecord("tried", "reader 8", now, list_ids=both, **fields))  # type: ignore[arg-type]
    users.create_user("pat@example.com", PASSWORD, role="editor", newsletter_id=written.briefing.id, by=SYSTEM, now=now)
    found = audit_access.list_visible_entries(AuditFilter(exact_action="tried"), by=act_as("pat@example.com"))
    shown = {each.entry.target: (dict(each.entry.personal_after), each.is_personal_hidden) for each in found}
    assert shown == {"reader 8": ({}, True), OF_LIST: ({"name": "Ada"}, False), OURS: ({}, False)}
    exported = audit_access.iterate_visible_entries(AuditFilter(subscriber_id=8), by=act_as("pat@example.com"))
    assert [each.personal_before for each in exported] == [{}]
    assert audit_access.list_visible_entries(AuditFilter(subscriber_id=8), by=SYSTEM)[0].entry.personal_before


def test_pages_follow_each_other_without_gaps_in_few_queries(written: Any, people: Any, now: datetime) -> None:
    briefing = written.briefing
    for number in range(7):
        of = {"newsletter_id": briefing.id} if number % 2 else {"list_ids": [briefing.list_id]}
        SYSTEM.record(ActionRecord("tried", f"thing {number}", now, **of))  # type: ignore[arg-type]
    by, found, last = act_as("editor@example.com"), list[str](), None
    while True:
        with CaptureQueriesContext(connection) as asked:
            page = audit_access.list_visible_entries(AuditFilter(exact_action="tried"), by=by, limit=2, before_id=last)
        assert len(asked) < 10
        if not page:
            break
        found += [each.entry.target for each in page]
        last = page[-1].entry.id
    assert found == [*(f"thing {number}" for number in range(6, -1, -1)), OF_LIST, OURS]
