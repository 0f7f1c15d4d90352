"""Errors, zones, networks, ids."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel import clock, ids
from newsletter.kernel.errors import BadInput
from newsletter.kernel.network import parse_client_address


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


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "address"),
    [
        ("203.0.113.9", "198.51.100.1", 0, "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", 1, "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", 1, "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", 2, "198.51.100.1"),
        ("10.0.0.1", "", 1, "10.0.0.1"),
        ("10.0.0.1", "not an address", 1, ""),
        ("", "", 0, ""),
    ],
)
def test_a_forged_forwarding_header_changes_nothing(remote: str, forwarded: str, proxies: int, address: str) -> None:
    assert parse_client_address(remote, forwarded, proxies) == address


@given(st.text(), st.text(), st.integers(0, 9))
def test_any_header_gives_an_address_or_nothing(remote: str, forwarded: str, proxies: int) -> None:
    import ipaddress

    found = parse_client_address(remote, forwarded, proxies)
    assert found == "" or ipaddress.ip_address(found)


def test_ids_do_not_repeat() -> None:
    assert len({ids.generate_id() for _ in range(2000)}) == 2000
