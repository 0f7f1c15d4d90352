"""What was told, and whether it arrived."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from newsletter.jobs.notification_kinds import MessageState, NotificationKind
from newsletter.jobs.notifications import history, recording, sending
from newsletter.jobs.notifications.facts import Fact
from tests.jobs.notifications.conftest import Routes


def test_each_notification_says_to_whom_it_went_and_what_became_of_it(
    newsroom: Any, people: Any, routes: Routes, now: datetime
) -> None:
    routes.smtp.rcpt = {"editor@example.com": "550 nobody"}
    values = {"newsletter": "Morning Briefing", "day": "2026-11-24", "edition": 7}
    for kind in (NotificationKind.HELD, NotificationKind.DRAFT_READY):
        recording.record_fact(Fact(kind, "occurrence 1", newsroom.briefing.id, now, values), now)
    sending.send_due_messages(now)
    draft, held = history.list_notifications(limit=10)
    assert held.subject == "Held: Morning Briefing, Tue 24 Nov"
    assert held.path == "/editions/7/review/"
    assert [(each.recipient, each.state) for each in held.messages] == [
        ("admin@example.com", MessageState.SENT),
        ("editor@example.com", MessageState.FAILED),
        ("chat", MessageState.SENT),
    ]
    assert held.outcome == "1 failed, 2 sent"
    assert [each.arrived for each in draft.messages] == [True]
    assert history.count_unsettled(now - timedelta(hours=1)) == {MessageState.FAILED: 1}
    assert history.count_unsettled(now + timedelta(hours=1)) == {}


def test_what_nobody_is_to_be_told_is_listed_all_the_same(newsroom: Any, now: datetime) -> None:
    recording.record_fact(Fact(NotificationKind.DRAFT_READY, "occurrence 1", newsroom.briefing.id, now), now)
    assert history.list_notifications(limit=1)[0].outcome == "to nobody"
