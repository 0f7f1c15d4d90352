"""The rules of newsletters: made, changed, paused; dates left out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.scheduling import models, occurrences, schedules
from newsletter.scheduling.states import OccurrenceState
from newsletter.scheduling.values import Occurrence
from tests.actors import SYSTEM
from tests.interleaving import just_before


@pytest.fixture
def schedule(newsroom: Any, now: datetime) -> Any:
    """Every day at seven in London, from now."""
    made = schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="07:00", zone="Europe/London", by=SYSTEM, now=now
    )
    occurrences.materialise(now)
    return made


def planned(now: datetime) -> tuple[Occurrence, ...]:
    return occurrences.list_occurrences(now - timedelta(days=5), now + timedelta(days=20))


def test_a_date_can_be_skipped_and_unskipped(schedule: Any, now: datetime) -> None:
    day = planned(now)[3].date
    schedules.skip_date(schedule.id, day, reason="Holiday", by=SystemActor("ann@example.com"), now=now)
    skipped = planned(now)[3]
    assert (skipped.state, skipped.reason) == ("skipped", "Holiday (ann@example.com)")
    schedules.unskip_date(schedule.id, day, by=SystemActor("ann@example.com"), now=now)
    assert planned(now)[3].state == "planned"


def test_a_date_skipped_before_it_is_planned_stays_skipped(schedule: Any, now: datetime) -> None:
    far = now.date() + timedelta(days=30)
    schedules.skip_date(schedule.id, far, reason="Holiday", by=SystemActor("ann"), now=now)
    occurrences.materialise(now + timedelta(days=28))
    found = occurrences.list_occurrences(now + timedelta(days=29), now + timedelta(days=33))
    assert {each.date: each.state for each in found}[far] == "skipped"


def test_what_is_being_sent_cannot_be_skipped(schedule: Any, now: datetime) -> None:
    first = planned(now)[0]
    occurrences.claim(first.id, now)
    with pytest.raises(Refused, match="being sent"):
        schedules.skip_date(schedule.id, first.date, reason="Too late", by=SystemActor("ann"), now=now)


def test_leaving_out_needs_a_reason(schedule: Any, now: datetime) -> None:
    with pytest.raises(BadInput, match="why"):
        schedules.skip_date(schedule.id, date(2026, 12, 25), reason=" ", by=SystemActor("ann"), now=now)


def test_changing_the_time_replans_the_future(schedule: Any, now: datetime) -> None:
    schedules.change_schedule(schedule.id, seen=None, by=SYSTEM, now=now, time="08:30", weekdays="weekdays")
    instants = [each.instant for each in planned(now)]
    assert {(instant.hour, instant.minute) for instant in instants} == {(8, 30)}
    assert all(instant.isoweekday() < 6 for instant in instants)


def test_a_paused_schedule_plans_nothing_until_it_goes_on(schedule: Any, now: datetime) -> None:
    schedules.pause_schedule(schedule.id, by=SYSTEM, now=now)
    assert occurrences.materialise(now) == 0
    assert planned(now) == ()
    schedules.resume_schedule(schedule.id, by=SYSTEM, now=now)
    assert len(planned(now)) == 8


@pytest.mark.parametrize(
    ("field", "value"),
    [("weekdays", "someday"), ("time", "7 o'clock"), ("zone", "Mars/Base"), ("open_before_minutes", "3")],
)
def test_bad_rules_name_the_field(newsroom: Any, now: datetime, field: str, value: str) -> None:
    given: dict[str, Any] = {"weekdays": "daily", "time": "07:00", "zone": "UTC", "open_before_minutes": 180} | {
        field: value
    }
    with pytest.raises(BadInput) as caught:
        schedules.create_schedule(newsroom.briefing.id, by=SYSTEM, now=now, **given)
    assert caught.value.field == field


def test_an_unknown_schedule_is_not_found(db: None, now: datetime) -> None:
    with pytest.raises(NotFound):
        schedules.get_schedule(99)
    with pytest.raises(NotFound):
        schedules.change_schedule(99, seen=None, by=SYSTEM, now=now, time="08:00")


def test_what_was_opened_goes_out_at_the_new_time_only(schedule: Any, now: datetime) -> None:
    models.Occurrence.objects.filter(instant__date=now.date()).update(state=OccurrenceState.DRAFT)
    schedules.change_schedule(schedule.id, seen=None, by=SYSTEM, now=now, time="09:00")
    assert [each.instant.hour for each in planned(now)] == [9] * 8


def test_nothing_of_a_paused_schedule_is_sent_even_when_it_was_opened(schedule: Any, now: datetime) -> None:
    models.Occurrence.objects.filter(instant__date=now.date()).update(state=OccurrenceState.DRAFT)
    schedules.pause_schedule(schedule.id, by=SYSTEM, now=now)
    assert occurrences.list_due(now + timedelta(days=8)) == ()


def test_a_change_plans_nothing_for_the_past(schedule: Any, now: datetime) -> None:
    later = now + timedelta(days=3)
    occurrences.materialise(later)
    before = [each for each in planned(later) if each.instant <= later]
    schedules.change_schedule(schedule.id, seen=None, by=SYSTEM, now=later, time="05:00")
    assert [each for each in planned(later) if each.instant <= later] == before


def test_a_skipped_date_stays_skipped_once_when_the_time_changes(schedule: Any, now: datetime) -> None:
    day = planned(now)[3].date
    schedules.skip_date(schedule.id, day, reason="Holiday", by=SystemActor("ann"), now=now)
    schedules.change_schedule(schedule.id, seen=None, by=SYSTEM, now=now, time="09:00")
    assert [each.state for each in planned(now) if each.date == day] == ["skipped"]


def test_a_date_claimed_as_it_is_skipped_is_sent(schedule: Any, now: datetime) -> None:
    first = planned(now)[0]
    with just_before("UPDATE scheduler_occurrence", lambda: occurrences.claim(first.id, now)):
        schedules.skip_date(schedule.id, first.date, reason="Holiday", by=SystemActor("ann"), now=now)
    assert planned(now)[0].state == "claimed"


def test_what_is_submitted_before_its_time_is_not_replanned_by_a_change(schedule: Any, now: datetime) -> None:
    first = planned(now)[0]
    assert first.instant > now
    occurrences.claim(first.id, now)
    schedules.change_schedule(schedule.id, seen=None, by=SYSTEM, now=now, time="09:00")
    assert [each.id for each in planned(now) if each.state == "claimed"] == [first.id]


def test_a_skipped_date_that_is_past_stays_skipped(schedule: Any, now: datetime) -> None:
    first = planned(now)[0]
    schedules.skip_date(schedule.id, first.date, reason="Holiday", by=SystemActor("ann"), now=now)
    with pytest.raises(Refused, match="is past"):
        schedules.unskip_date(schedule.id, first.date, by=SystemActor("ann"), now=first.instant)
    assert planned(now)[0].state == "skipped"
