"""The rules of newsletters: made, changed, paused; dates left out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.catalog import newsletters
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
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
    [
        ("weekdays", "someday"),
        ("time", "7 o'clock"),
        ("zone", "Mars/Base"),
        ("open_before_minutes", "3"),
        ("every_weeks", "0"),
        ("starts_on", "2027-02-30"),
        ("starts_on", "9999-01-01"),
        ("ends_on", "2026-01-01"),
        ("region", "Narnia"),
        ("on_holiday", "dance"),
    ],
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


def add(newsroom: Any, now: datetime, **changes: Any) -> Any:
    return schedules.create_schedule(newsroom.briefing.id, by=SYSTEM, now=now, **{"zone": "Europe/London", **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recurrence": "every other tuesday"}, "no part of a rule"),
        ({"recurrence": "FREQ=DAILY;INTERVAL=7;BYDAY=MO", "starts_on": "2026-11-24"}, "never go out"),
        ({"recurrence": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25", "region": "GB"}, "never go out"),
        ({"weekdays": "daily", "ends_on": "2026-11-01"}, "never go out"),
        ({"weekdays": "daily", "starts_on": "2027-01-02", "ends_on": "2027-01-01"}, "before its first day"),
        ({"weekdays": "mon", "monthly": "15"}, "Say the days once"),
        ({"recurrence": "FREQ=HOURLY", "time": "07:00, 08:00"}, "says its times itself"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_before_it_is_saved(
    newsroom: Any, now: datetime, changes: dict[str, str], message: str
) -> None:
    for save in (add, lambda room, at, **given: schedules.preview_schedule(room.briefing.id, now=at, **given)):
        with pytest.raises(BadInput, match=message):
            save(newsroom, now, **changes)
    assert not schedules.list_schedules()


def test_a_preview_shows_the_rule_in_words_and_its_next_dates(newsroom: Any, now: datetime) -> None:
    found = schedules.preview_schedule(
        newsroom.briefing.id, now=now, weekdays="weekdays", time="07:00", zone="Europe/London", region="England"
    )
    assert found.in_words == "Weekdays at 07:00, Europe/London; not on bank holidays in England"
    assert len([each for each in found.dates if not each.skipped]) == 10


def test_what_a_holiday_takes_away_is_planned_as_skipped_with_its_name(newsroom: Any, now: datetime) -> None:
    before_christmas = datetime(2026, 12, 22, 12, tzinfo=now.tzinfo)
    add(newsroom, before_christmas, weekdays="weekdays", time="07:00", region="GB-ENG")
    found = occurrences.list_occurrences(before_christmas, before_christmas + timedelta(days=8))
    skipped = {str(each.date): each.reason for each in found if each.state == OccurrenceState.SKIPPED}
    assert skipped == {
        "2026-12-25": "Christmas Day (bank holidays in England)",
        "2026-12-28": "Boxing Day (observed) (bank holidays in England)",
    }


def test_what_a_holiday_moves_says_where_it_was(newsroom: Any, now: datetime) -> None:
    april = datetime(2026, 3, 30, 12, tzinfo=now.tzinfo)
    add(newsroom, april, weekdays="fri", time="07:00", region="GB-ENG", on_holiday="earlier")
    (letter,) = occurrences.list_occurrences(april, april + timedelta(days=7))
    assert (letter.date, letter.moved_from) == (date(2026, 4, 2), date(2026, 4, 3))


def test_a_rule_is_kept_as_it_was_written_and_counts_from_its_first_day(newsroom: Any, now: datetime) -> None:
    fortnightly = add(newsroom, now, weekdays="fri", every_weeks=2, time="07:00")
    assert fortnightly.recurrence == "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"
    assert str(fortnightly.starts_on) == str(now.date())
    monthly = add(newsroom, now, monthly="first monday", time="07:00, 17:30")
    assert (monthly.recurrence, monthly.times) == ("FREQ=MONTHLY;BYDAY=1MO", ("07:00", "17:30"))
    assert schedules.get_schedule(monthly.id) == monthly


def test_the_version_before_plans_nothing_by_a_rule_that_it_does_not_know(newsroom: Any, now: datetime) -> None:
    plain = add(newsroom, now, weekdays="mon,fri", time="07:00")
    others = [
        add(newsroom, now, monthly="15", time="07:00"),
        add(newsroom, now, weekdays="mon", time="07:00,08:00"),
        add(newsroom, now, weekdays="mon", time="07:00", region="GB"),
        add(newsroom, now, weekdays="mon", time="07:00", ends_on="2027-01-01"),
    ]
    rows = models.Schedule.objects.in_bulk()
    assert (rows[plain.id].weekdays, rows[plain.id].recurrence) == ("15", "")
    assert [rows[each.id].weekdays for each in others] == ["", "", "", ""]


def test_weekdays_that_the_version_before_saved_count(newsroom: Any, now: datetime) -> None:
    monthly = add(newsroom, now, monthly="15", time="07:00", region="GB")
    models.Schedule.objects.filter(id=monthly.id).update(weekdays="3")
    found = schedules.get_schedule(monthly.id)
    assert (found.recurrence, found.region) == ("FREQ=WEEKLY;BYDAY=WE", "")


def test_a_change_of_one_thing_leaves_the_rest_of_a_rule(newsroom: Any, now: datetime) -> None:
    first = add(newsroom, now, weekdays="fri", every_weeks=2, time="07:00", region="GB-ENG", on_holiday="later")
    later = now + timedelta(days=9)
    changed = schedules.change_schedule(first.id, seen=None, by=SYSTEM, now=later, time="08:00")
    assert (changed.recurrence, changed.starts_on, changed.on_holiday) == (
        first.recurrence,
        first.starts_on,
        first.on_holiday,
    )
    assert changed.times == ("08:00",)


def test_a_removed_schedule_plans_nothing_and_what_it_did_stays(schedule: Any, now: datetime) -> None:
    first = planned(now)[0]
    occurrences.claim(first.id, now)
    schedules.remove_schedule(schedule.id, by=SYSTEM, now=now)
    assert schedules.list_schedules() == ()
    assert [each.id for each in planned(now)] == [first.id]
    assert occurrences.materialise(now + timedelta(days=3)) == 0
    with pytest.raises(NotFound):
        schedules.resume_schedule(schedule.id, by=SYSTEM, now=now)


def test_stories_are_collected_again_from_the_end_of_a_pause(schedule: Any, newsroom: Any, now: datetime) -> None:
    later = now + timedelta(days=20)
    schedules.pause_schedule(schedule.id, by=SYSTEM, now=now)
    schedules.resume_schedule(schedule.id, by=SYSTEM, now=later)
    newsletter = newsletters.get_newsletter(newsroom.briefing.id)
    assert (newsletter.collects_until, newsletter.collects_from) == (now, later)


def test_while_another_schedule_runs_a_pause_loses_no_story(schedule: Any, newsroom: Any, now: datetime) -> None:
    add(newsroom, now, weekdays="sat", time="09:00")
    schedules.pause_schedule(schedule.id, by=SYSTEM, now=now)
    schedules.resume_schedule(schedule.id, by=SYSTEM, now=now + timedelta(days=20))
    assert newsletters.get_newsletter(newsroom.briefing.id).collects_from is None


@pytest.fixture
def twice_a_day(newsroom: Any, now: datetime) -> Any:
    """At 07:00 and 17:30 in London, every day."""
    return add(newsroom, now, weekdays="daily", time="07:00, 17:30")


def list_states(schedule: Any, day: date) -> dict[str, str]:
    """The states of the occurrences of a day, by their time in UTC."""
    rows = models.Occurrence.objects.filter(schedule_id=schedule.id, date=day).order_by("instant")
    return {f"{row.instant:%H:%M}": row.state for row in rows}


def test_of_a_date_with_several_times_one_is_skipped_and_taken_in_again(twice_a_day: Any, now: datetime) -> None:
    day = now.date() + timedelta(days=1)
    schedules.skip_date(twice_a_day.id, day, time="17:30", reason="A strike", by=SYSTEM, now=now)
    assert list_states(twice_a_day, day) == {"07:00": "planned", "17:30": "skipped"}
    schedules.unskip_date(twice_a_day.id, day, time="17:30", by=SYSTEM, now=now)
    assert list_states(twice_a_day, day) == {"07:00": "planned", "17:30": "planned"}
    with pytest.raises(BadInput, match=f"Nothing is planned for {day} at 12:00"):
        schedules.skip_date(twice_a_day.id, day, time="12:00", reason="A strike", by=SYSTEM, now=now)


def test_what_is_left_of_a_day_is_skipped_when_the_first_has_gone(twice_a_day: Any, now: datetime) -> None:
    day = now.date()
    rows = models.Occurrence.objects.filter(schedule_id=twice_a_day.id, date=day).order_by("instant")
    rows.filter(id=rows[0].id).update(state=OccurrenceState.CLAIMED)
    schedules.skip_date(twice_a_day.id, day, reason="A strike", by=SYSTEM, now=now)
    assert list_states(twice_a_day, day) == {"07:00": "claimed", "17:30": "skipped"}


def test_what_was_held_says_so_when_it_is_skipped(twice_a_day: Any, now: datetime) -> None:
    rows = models.Occurrence.objects.filter(schedule_id=twice_a_day.id, date=now.date())
    rows.update(state=OccurrenceState.HELD, reason="It was not approved.")
    schedules.skip_date(twice_a_day.id, now.date(), reason="A strike", by=SYSTEM, now=now)
    assert {row.reason for row in rows} == {"A strike (tests); it was held: It was not approved."}


@pytest.mark.parametrize(
    ("days", "message"),
    [(-1, "is past"), (4, "Nothing goes out on 2026-11-28: Weekdays at 07:00")],  # a Saturday
)
def test_a_date_on_which_nothing_is_to_go_out_is_not_skipped(
    newsroom: Any, now: datetime, days: int, message: str
) -> None:
    weekdays = add(newsroom, now, weekdays="weekdays", time="07:00")
    with pytest.raises(BadInput, match=message) as caught:
        schedules.skip_date(weekdays.id, now.date() + timedelta(days=days), reason="x", by=SYSTEM, now=now)
    assert caught.value.field == "date"


def test_a_holiday_of_the_rule_is_not_unskipped(newsroom: Any, now: datetime) -> None:
    made = add(newsroom, now, weekdays="daily", time="07:00", region="GB-ENG")
    with pytest.raises(Refused, match="2026-12-25 is a holiday of the rule"):
        schedules.unskip_date(made.id, date(2026, 12, 25), by=SYSTEM, now=now)


def test_a_newsletter_does_not_go_out_twice_by_the_same_rule(twice_a_day: Any, newsroom: Any, now: datetime) -> None:
    with pytest.raises(Refused, match=f"It goes out then already, by schedule {twice_a_day.id}"):
        add(newsroom, now, weekdays="1-7", time="17:30,07:00")


def test_one_time_of_a_date_far_ahead_is_skipped_and_taken_in_again(twice_a_day: Any, now: datetime) -> None:
    far = now.date() + timedelta(days=60)
    schedules.skip_date(twice_a_day.id, far, time="17:30", reason="A strike", by=SYSTEM, now=now)
    assert list_states(twice_a_day, far) == {"07:00": "planned", "17:30": "skipped"}
    schedules.unskip_date(twice_a_day.id, far, time="17:30", by=SYSTEM, now=now)
    assert list_states(twice_a_day, far) == {"07:00": "planned", "17:30": "planned"}
    schedules.skip_date(twice_a_day.id, far + timedelta(days=1), reason="A strike", by=SYSTEM, now=now)
    schedules.unskip_date(twice_a_day.id, far + timedelta(days=1), time="07:00", by=SYSTEM, now=now)
    assert list_states(twice_a_day, far + timedelta(days=1)) == {"07:00": "planned", "17:30": "skipped"}


def test_the_next_ten_dates_say_which_are_skipped_why_and_by_whom(newsroom: Any, now: datetime) -> None:
    made = add(newsroom, now, weekdays="weekdays", time="07:00", region="GB-ENG")
    schedules.skip_date(made.id, date(2026, 12, 1), reason="A strike", by=SystemActor("Ann"), now=now)
    found = schedules.list_next_dates(schedules.get_schedule(made.id), datetime(2026, 11, 30, tzinfo=now.tzinfo))
    assert [str(each.day) for each in found][:3] == ["2026-11-30", "2026-12-01", "2026-12-02"]
    assert [each.skipped for each in found][:3] == ["", "A strike (Ann)", ""]
    assert len(found) == 10


def test_who_skips_what_somebody_else_has_skipped_is_told_who_and_why(newsroom: Any, now: datetime) -> None:
    made = schedules.create_schedule(newsroom.briefing.id, time="07:00", by=SYSTEM, now=now)
    ben, eddy = SystemActor("ben@example.com"), SystemActor("eddy@example.com")
    occurrences.materialise(now)
    for day in (now.date() + timedelta(days=2), now.date() + timedelta(days=60)):
        schedules.skip_date(made.id, day, reason="A strike", by=ben, now=now)
        with pytest.raises(Conflict, match=r"skipped already: A strike \(ben@example.com\)\. Your"):
            schedules.skip_date(made.id, day, reason="A storm", by=eddy, now=now)
        schedules.skip_date(made.id, day, reason="A strike of the post", by=ben, now=now)
        assert dict(schedules.get_schedule(made.id).skips)[day] == "A strike of the post"
