"""Today: what is to come, and what went wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from newsletter.scheduling import occurrences, schedules
from newsletter.web.views import schedule, today
from tests.actors import SYSTEM


def test_an_edition_sent_by_hand_is_not_shown_as_still_to_come(sent: Any, newsroom: Any, now: datetime) -> None:
    schedules.create_schedule(newsroom.briefing.id, weekdays="daily", time="23:59", zone="UTC", by=SYSTEM, now=now)
    occurrences.materialise(now)
    occurrence = occurrences.list_occurrences(now, now + timedelta(days=1))[0]
    ((_, _, state, _, edition_id),) = schedule.describe_occurrences(
        (occurrence,), {newsroom.briefing.id: newsroom.briefing}
    )
    assert (state, edition_id) == ("sent", sent.edition_id)
    (line,) = [each for each in today.list_due_items((newsroom.briefing,), now) if each.edition]
    assert (line.state, line.when) == ("sent", now)
