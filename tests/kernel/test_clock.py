"""Zones, and times for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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
