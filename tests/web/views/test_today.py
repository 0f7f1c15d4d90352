"""Today: what is to come, and what went wrong."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from newsletter.curator.editions import editions
from newsletter.kernel import clock
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


def test_the_filled_button_opens_the_first_board_there_is_to_work_at(
    editor: Client, newsroom: Any, now: datetime
) -> None:
    day = clock.now().date()
    made = [editions.create_edition(newsroom.briefing.id, day + timedelta(days=n), now=now, by=SYSTEM) for n in (0, 1)]
    schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="23:59", zone="UTC", by=SYSTEM, now=clock.now()
    )
    occurrences.materialise(clock.now())
    page = editor.get("/").content.decode()
    filled = re.findall(r'class="btn btn--go"\s+href="/editions/(\d+)/"', page)
    assert filled in ([str(made[0].id)], [str(made[1].id)])
