"""Zones, and times for people."""

from __future__ import annotations

from datetime import UTC, datetime

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


def test_times_for_people_say_their_zone() -> None:
    assert clock.format_in_zone(datetime(2026, 7, 1, 6, 0, tzinfo=UTC), "Europe/London") == "Wed 1 Jul 2026, 07:00 BST"
