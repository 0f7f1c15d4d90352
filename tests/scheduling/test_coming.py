"""What lies ahead: dates that are written down, and those of the rules behind them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from newsletter.scheduling import coming, occurrences, schedules
from tests.actors import SYSTEM


def test_written_dates_and_those_of_the_rule_come_in_order_each_once(newsroom: Any, now: datetime) -> None:
    made = schedules.create_schedule(
        newsroom.briefing.id, weekdays="weekdays", time="07:00", zone="UTC", region="GB-ENG", by=SYSTEM, now=now
    )
    schedules.skip_date(made.id, (now + timedelta(days=20)).date(), reason="A strike", by=SYSTEM, now=now)
    first = occurrences.find_next(newsroom.briefing.id, now)
    assert first is not None
    occurrences.hold(first.id, "It was not approved.", now)
    found = coming.list_coming({newsroom.briefing.id}, since=now, until=now + timedelta(days=40), now=now)
    instants = [each.instant for each in found]
    assert instants == sorted(set(instants))
    assert len(found) == 29
    assert (found[0].state, found[0].reason) == ("held", "It was not approved.")
    assert {(str(each.day), each.reason) for each in found[1:] if each.reason} == {
        ("2026-12-14", "A strike (tests)"),
        ("2026-12-25", "Christmas Day (bank holidays in England)"),
        ("2026-12-28", "Boxing Day (observed) (bank holidays in England)"),
        ("2027-01-01", "New Year's Day (bank holidays in England)"),
    }


def test_dates_are_those_of_the_newsletters_asked_for_and_not_of_paused_ones(newsroom: Any, now: datetime) -> None:
    made = schedules.create_schedule(newsroom.briefing.id, time="07:00", by=SYSTEM, now=now)
    until = now + timedelta(days=30)
    assert coming.list_coming({newsroom.briefing.id + 1}, since=now, until=until, now=now) == []
    schedules.pause_schedule(made.id, by=SYSTEM, now=now)
    assert coming.list_coming({newsroom.briefing.id}, since=now, until=until, now=now) == []
