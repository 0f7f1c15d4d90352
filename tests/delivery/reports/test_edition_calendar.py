"""What a calendar is told of every date."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from newsletter.curator.editions import editions
from newsletter.delivery.models import Mailing
from newsletter.delivery.reports.edition_calendar import CalendarDate, list_calendar
from newsletter.scheduling import occurrences, schedules
from newsletter.scheduling.models import Occurrence
from tests.actors import SYSTEM
from tests.web.conftest import sent

__all__ = ["sent"]

DAY = timedelta(days=1)


def read(newsroom: Any, now: datetime, *, days: int = 30) -> list[CalendarDate]:
    ids = {newsroom.briefing.id, newsroom.other.id}
    return list_calendar(ids, since=now - DAY, until=now + days * DAY, now=now)


def test_dates_that_are_written_down_and_those_of_the_rule_are_all_there(newsroom: Any, now: datetime) -> None:
    made = schedules.create_schedule(newsroom.briefing.id, time="07:00", zone="UTC", by=SYSTEM, now=now)
    schedules.create_schedule(newsroom.other.id, weekdays="wed", time="17:00", zone="UTC", by=SYSTEM, now=now)
    far = now.date() + 20 * DAY
    schedules.skip_date(made.id, far, reason="A strike", by=SYSTEM, now=now)
    found = read(newsroom, now)
    assert len(found) == 30 + 5
    assert [(each.day, each.reason) for each in found if each.is_exception] == [(far, "A strike (tests)")]
    (skipped,) = [each for each in found if each.is_skipped_date]
    assert not skipped.can_be_skipped
    assert all(each.can_be_skipped for each in found if each is not skipped)


def test_an_edition_sent_by_hand_before_its_time_stands_on_its_date_once(
    sent: Any, newsroom: Any, now: datetime
) -> None:
    schedules.create_schedule(newsroom.briefing.id, time="23:59", zone="UTC", by=SYSTEM, now=now)
    (first, second) = read(newsroom, now, days=2)
    assert (first.state, first.mailing_id, first.instant) == ("sent", sent.id, now)
    assert (first.is_late, first.can_be_skipped, second.state) == (False, False, "planned")


def test_what_left_after_its_time_is_late_and_says_who_sent_it(sent: Any, newsroom: Any, now: datetime) -> None:
    schedules.create_schedule(newsroom.briefing.id, time="07:00", zone="UTC", by=SYSTEM, now=now)
    (first, _) = occurrences.list_occurrences(now, now + 2 * DAY)
    Occurrence.objects.filter(id=first.id).update(state="claimed", edition_id=sent.edition_id)
    Mailing.objects.filter(id=sent.id).update(due_at=first.instant + timedelta(minutes=140), created_by="Theo")
    (late, _) = read(newsroom, now, days=2)
    assert (late.is_late, late.is_exception, late.sent_by) == (True, True, "Theo")
    Mailing.objects.filter(id=sent.id).update(due_at=first.instant + timedelta(minutes=2))
    assert not read(newsroom, now, days=2)[0].is_exception


def test_an_edition_that_no_schedule_planned_stands_on_its_day_without_a_time(newsroom: Any, now: datetime) -> None:
    made = editions.create_edition(newsroom.briefing.id, now.date() + DAY, now=now, by=SYSTEM)
    (only,) = read(newsroom, now)
    assert only.edition is not None
    assert (only.edition.id, only.day, only.instant, only.state) == (made.id, made.date, None, "open")
    assert not only.can_be_skipped


def test_an_edition_made_by_hand_for_a_planned_date_is_that_dates(newsroom: Any, now: datetime) -> None:
    schedules.create_schedule(newsroom.briefing.id, time="07:00", zone="UTC", by=SYSTEM, now=now)
    editions.create_edition(newsroom.briefing.id, now.date() + DAY, now=now, by=SYSTEM)
    found = read(newsroom, now, days=3)
    assert [each.state for each in found] == ["planned", "open", "planned"]
    assert found[1].can_be_skipped


def test_of_a_day_with_several_dates_an_edition_made_by_hand_is_none_of_theirs(newsroom: Any, now: datetime) -> None:
    schedules.create_schedule(newsroom.briefing.id, time="07:00, 17:30", zone="UTC", by=SYSTEM, now=now)
    editions.create_edition(newsroom.briefing.id, now.date() + DAY, now=now, by=SYSTEM)
    found = [each for each in read(newsroom, now, days=3) if each.day == now.date() + DAY]
    assert [each.edition is not None for each in found] == [False, False, True]


def test_what_was_held_is_said_with_why(newsroom: Any, now: datetime) -> None:
    schedules.create_schedule(newsroom.briefing.id, time="07:00", zone="UTC", by=SYSTEM, now=now)
    occurrences.hold(occurrences.list_occurrences(now, now + DAY)[0].id, "It was not approved.", now)
    first = read(newsroom, now)[0]
    assert (first.state, first.reason, first.is_exception) == ("held", "It was not approved.", True)


def test_what_was_stopped_and_resumed_later_is_late(sent: Any, newsroom: Any, now: datetime) -> None:
    rows = Mailing.objects.filter(id=sent.id)
    assert not read(newsroom, now)[0].is_exception
    rows.update(resumed_at=now + 3 * DAY)
    (late,) = read(newsroom, now)
    assert (late.is_late, late.is_exception, late.instant) == (True, True, now + 3 * DAY)
    rows.update(resumed_at=None, started_at=now + 2 * DAY)
    assert read(newsroom, now)[0].instant == now + 2 * DAY


def test_what_left_before_its_date_is_early(sent: Any, newsroom: Any, now: datetime) -> None:
    schedules.create_schedule(newsroom.briefing.id, time="23:59", zone="UTC", by=SYSTEM, now=now)
    first = read(newsroom, now, days=2)[0]
    assert (first.is_early, first.is_exception) == (True, True)
