"""Zones, and times for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput


def test_an_unknown_zone_names_near_matches() -> None:
    with pytest.raises(BadInput, match="Europe/London"):
        clock.get_zone("Europe/Londn")


@pytest.mark.parametrize("name", ["Europe/Kiev", "Europe/Kyiv", "UTC", "America/Argentina/Buenos_Aires"])
def test_renamed_and_present_zones_work(name: str) -> None:
    assert clock.get_zone(name).key == name


@pytest.mark.parametrize("name", ["", "../etc/passwd", "/etc/localtime", "Europe", "x" * 300])
def test_what_is_no_zone_is_bad_input(name: str) -> None:
    with pytest.raises(BadInput):
        clock.get_zone(name)


def test_what_ends_later_than_anything_can_is_of_a_clock_that_was_put_back() -> None:
    now, lease = datetime(2026, 11, 24, 6, 0, tzinfo=UTC), timedelta(minutes=5)
    begun_elsewhere = now + timedelta(seconds=59) + lease  # by a machine whose clock is ahead
    assert begun_elsewhere <= clock.compute_latest_end(now, lease) < now + timedelta(minutes=7)


def test_times_for_people_say_their_zone() -> None:
    assert clock.format_in_zone(datetime(2026, 7, 1, 6, 0, tzinfo=UTC), "Europe/London") == "Wed 1 Jul 2026, 07:00 BST"


def test_a_time_that_clocks_leave_out_is_refused_with_the_nearest_there_are() -> None:
    with pytest.raises(BadInput, match=r"02:30 is not on the clocks .* Sun 14 Mar 2027.* 01:59 or 03:00") as refused:
        clock.parse_local_moment("2027-03-14T02:30", "America/New_York", "at")
    assert refused.value.field == "at"
    for there in ("2027-03-14T01:59", "2027-03-14T03:00", "2027-11-07T01:30", "2027-03-14T02:30+00:00"):
        clock.parse_local_moment(there, "America/New_York", "at")


@pytest.mark.parametrize(
    ("stored", "hour"),
    [
        ("2026-11-24 07:00:00", 7),
        (datetime(2026, 11, 24, 7, 0), 7),
        (datetime(2026, 11, 24, 7, 0, tzinfo=timezone(timedelta(hours=1))), 6),
    ],
)
def test_an_instant_is_the_same_however_the_database_tells_it(stored: datetime | str, hour: int) -> None:
    assert clock.read_stored_instant(stored) == datetime(2026, 11, 24, hour, 0, tzinfo=UTC)
    assert clock.read_stored_instant(None) is None
