"""Occurrences: planned once, moved by one conditional UPDATE, never lost in silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.kernel.errors import BadInput
from newsletter.scheduling import models, occurrences, schedules
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


def test_planning_twice_changes_nothing(schedule: Any, now: datetime) -> None:
    before = planned(now)
    assert len(before) == 8
    assert occurrences.materialise(now) == 0
    assert planned(now) == before


def test_what_fell_due_while_nothing_ran_is_found(schedule: Any, now: datetime) -> None:
    later = now + timedelta(days=20)
    occurrences.materialise(later)
    missed = [each for each in occurrences.list_occurrences(now, later) if each.instant > later - occurrences.LOOK_BACK]
    assert len(missed) == 2
    assert {each.id for each in missed} <= {each.id for each in occurrences.list_due(later)}


def test_only_one_of_two_gets_a_claim(schedule: Any, now: datetime) -> None:
    first = planned(now)[0]
    assert occurrences.claim(first.id, now) is True
    assert occurrences.claim(first.id, now) is False


def test_of_two_who_made_its_edition_the_first_one_counts(schedule: Any, edition: Any, now: datetime) -> None:
    first = planned(now)[0]
    assert occurrences.record_draft(first.id, edition.id, now) is True
    occurrences.claim(first.id, now)
    assert occurrences.record_draft(first.id, edition.id, now) is False
    assert planned(now)[0].state == "claimed"


@pytest.mark.parametrize("verb", [occurrences.hold, occurrences.miss])
def test_what_another_claimed_is_neither_held_nor_missed(schedule: Any, now: datetime, verb: Any) -> None:
    first = planned(now)[0]
    occurrences.claim(first.id, now)
    assert verb(first.id, "It was late.", now) is False
    assert (planned(now)[0].state, planned(now)[0].reason) == ("claimed", "")


def test_dates_that_another_process_plans_at_the_same_time_are_planned_once(schedule: Any, now: datetime) -> None:
    tomorrow = now + timedelta(days=1)
    with just_before("SAVEPOINT", lambda: occurrences.materialise(tomorrow)):
        assert occurrences.materialise(tomorrow) == 0
    assert len(planned(now)) == 9


def test_a_schedule_that_cannot_be_read_stops_no_other(schedule: Any, newsroom: Any, now: datetime) -> None:
    other = schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="19:00", zone="UTC", by=SYSTEM, now=now
    )
    models.Schedule.objects.filter(id=schedule.id).update(zone="Nowhere/Land")
    later = now + timedelta(days=10)
    with pytest.raises(BadInput, match="Nowhere"):
        occurrences.materialise(later)
    assert other.id in set(models.Occurrence.objects.filter(instant__gt=later).values_list("schedule_id", flat=True))
