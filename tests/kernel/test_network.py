"""The address somebody comes from."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.kernel.network import find_network, parse_client_address


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
        ("::ffff:203.0.113.9", "", 0, "203.0.113.9"),
        ("fe80::1%eth0", "", 0, "fe80::1"),
        ("10.0.0.1", "198.51.100.1:4711", 1, "198.51.100.1"),  # as some proxies write it
        ("10.0.0.1", "[2001:db8::1]:4711", 1, "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", 1, "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1:4711", 1, "2001:db8::1:4711"),
        ("10.0.0.1", "198.51.100.1:", 1, ""),
    ],
)
def test_a_forged_forwarding_header_changes_nothing(remote: str, forwarded: str, proxies: int, address: str) -> None:
    assert parse_client_address(remote, forwarded, proxies) == address


@given(st.text(), st.text(), st.integers(0, 9))
def test_any_header_gives_an_address_or_nothing(remote: str, forwarded: str, proxies: int) -> None:
    found = parse_client_address(remote, forwarded, proxies)
    assert found == "" or ipaddress.ip_address(found)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("", ""),
        ("not an address", ""),
    ],
)
def test_a_network_is_one_address_of_version_4_or_64_bits_of_version_6(address: str, network: str) -> None:
    assert find_network(address) == network
