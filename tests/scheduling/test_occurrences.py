"""Occurrences: planned once, moved by one conditional UPDATE, never lost in silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.curator.editions import editions
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


def test_planning_costs_a_tick_one_question_once_it_is_done(
    schedule: Any, now: datetime, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        occurrences.materialise(now + timedelta(hours=1))


def test_a_tick_plans_a_few_schedules_and_the_next_one_the_others(
    newsroom: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occurrences, "MOST_AT_ONCE", 2)
    for zone in ("Nowhere/Land", "UTC", "Europe/London", "Asia/Tokyo"):
        models.Schedule.objects.create(
            newsletter_id=newsroom.briefing.id, weekdays="1234567", time="07:00", zone=zone, created_at=now
        )
    with pytest.raises(BadInput):
        occurrences.materialise(now)
    assert models.Occurrence.objects.values("schedule").distinct().count() == 2, "one that fails takes no place"
    with pytest.raises(BadInput):
        occurrences.materialise(now)
    assert models.Occurrence.objects.values("schedule").distinct().count() == 3


def test_everything_that_fell_due_in_a_long_outage_is_recorded_once(schedule: Any, now: datetime) -> None:
    later = now + timedelta(days=20)
    assert occurrences.materialise(later) == 20, "eight days are planned already, eight lie ahead"
    assert len(occurrences.list_due(later)) == 20
    assert occurrences.materialise(later) == 0


def test_a_clock_that_was_ahead_does_not_keep_a_schedule_from_being_planned(schedule: Any, now: datetime) -> None:
    occurrences.materialise(now + timedelta(days=400))
    models.Occurrence.objects.all().delete()
    assert occurrences.materialise(now) == 8


def test_a_rule_that_changes_while_it_is_planned_leaves_no_date_of_the_old_one(schedule: Any, now: datetime) -> None:
    tomorrow = now + timedelta(days=1)
    with just_before(
        "INSERT INTO scheduler_occurrence",
        lambda: schedules.change_schedule(schedule.id, seen=None, by=SYSTEM, now=tomorrow, time="19:00"),
    ):
        assert occurrences.materialise(tomorrow) == 0
    assert {each.instant.hour for each in planned(now) if each.instant > tomorrow} == {19}


def test_the_editions_of_a_day_are_opened_in_its_order(newsroom: Any, edition: Any, now: datetime) -> None:
    schedules.create_schedule(newsroom.briefing.id, time="07:00, 17:30", zone="Europe/London", by=SYSTEM, now=now)
    morning, evening = [each for each in planned(now) if each.date == planned(now)[-1].date]
    assert not occurrences.has_earlier_to_open(morning)
    assert occurrences.has_earlier_to_open(evening)
    assert occurrences.has_others_that_day(morning)
    occurrences.record_draft(morning.id, edition.id, now)
    assert not occurrences.has_earlier_to_open(evening)
    assert occurrences.list_linked_editions(evening) == {edition.id}


def test_the_planned_instant_of_an_edition_is_known_until_it_is_decided(newsroom: Any, now: datetime) -> None:
    schedules.create_schedule(newsroom.briefing.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now)
    occurrences.materialise(now)
    (first, *_) = occurrences.list_occurrences(now, now + timedelta(days=2), [newsroom.briefing.id])
    made = editions.create_edition(newsroom.briefing.id, first.date, by=SYSTEM, now=now)
    extra = editions.create_edition(newsroom.briefing.id, first.date, number=2, by=SYSTEM, now=now)
    assert occurrences.find_planned_instants([made, extra]) == {made.id: first.instant}, "made by hand, it is the one"
    occurrences.record_draft(first.id, made.id, now)
    assert occurrences.find_planned_instants([made, extra]) == {made.id: first.instant}
    assert occurrences.find_planned_instant(made) == first.instant
    occurrences.hold(first.id, "not approved", now)
    assert occurrences.find_planned_instants([made]) == {}


def test_of_two_dates_of_a_day_it_is_not_known_which_sends_an_edition_made_by_hand(
    newsroom: Any, now: datetime
) -> None:
    for time in ("07:00", "17:00"):
        schedules.create_schedule(newsroom.briefing.id, weekdays="daily", time=time, zone="UTC", by=SYSTEM, now=now)
    occurrences.materialise(now)
    day = (now + timedelta(days=1)).date()
    made = editions.create_edition(newsroom.briefing.id, day, by=SYSTEM, now=now)
    assert occurrences.find_planned_instant(made) is None
