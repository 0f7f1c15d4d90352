"""The clock of an edition."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.delivery.reports.edition_clock import DeparturePlan, build_clock
from newsletter.delivery.sending import recall_window


def tell(plan: DeparturePlan, now: datetime, zone: str = "UTC") -> list[tuple[str, str, str]]:
    return [(each.moment.label, f"{each.at:%H:%M}", each.standing) for each in build_clock(plan, zone, now)]


def plan(now: datetime, **changes: object) -> DeparturePlan:
    """Due in an hour, opened an hour and a half ago, with a cut-off in a quarter and half an hour to recall."""
    known: dict[str, object] = {"opened_at": now - timedelta(minutes=90), "cut_off_minutes": 45, "recall_minutes": 30}
    return DeparturePlan(now + timedelta(hours=1), **(known | changes))  # type: ignore[arg-type]


def test_a_clock_has_five_moments_of_which_one_is_next(now: datetime) -> None:
    assert tell(plan(now), now) == [
        ("Opened", "04:30", "done"),
        ("Cut-off", "06:15", "next"),
        ("Submitted", "06:30", "later"),
        ("Recall until", "06:48", "later"),
        ("In inboxes", "07:00", "later"),
    ]
    assert [each[2] for each in tell(plan(now), now + timedelta(hours=2))] == ["done"] * 5


def test_a_moment_that_an_edition_does_not_have_is_left_out(now: datetime) -> None:
    bare = plan(now, opened_at=None, cut_off_minutes=0, recall_minutes=0)
    assert tell(bare, now) == [("In inboxes", "07:00", "next")]
    late = plan(now, opened_at=now + timedelta(hours=3))
    assert "Opened" not in [each[0] for each in tell(late, now)], "it was made after it left"


def test_a_mailing_that_is_there_says_itself_whether_it_can_be_recalled(now: datetime) -> None:
    assert "Recall until" not in [each[0] for each in tell(plan(now, has_mailing=True), now)]
    begun = plan(now, has_mailing=True, begins_at=now + timedelta(minutes=33))
    assert ("Submitted", "06:33", "later") in tell(begun, now)


def test_the_last_call_is_that_of_the_recall_window(now: datetime) -> None:
    until = next(each.at for each in build_clock(plan(now), "UTC", now) if each.moment == "recall_until")
    assert recall_window.can_be_recalled(plan(now).due_at, until)
    assert not recall_window.can_be_recalled(plan(now).due_at, until + timedelta(seconds=1))


def test_a_moment_of_another_local_day_says_so(now: datetime) -> None:
    opened = plan(now, opened_at=now - timedelta(hours=7))  # 23:00 the day before in London, the same day in Tokyo
    assert [each.is_another_day for each in build_clock(opened, "Europe/London", now)][:2] == [True, False]
    assert not any(each.is_another_day for each in build_clock(opened, "Asia/Tokyo", now))
