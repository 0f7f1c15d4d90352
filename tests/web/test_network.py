"""The address behind our proxies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import RequestFactory

from newsletter.web.network import get_client_address, get_limited_address


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, "203.0.113.9"), (1, "198.51.100.7"), (2, "192.0.2.1"), (3, "203.0.113.9")]
)
def test_only_as_many_hops_are_believed_as_there_are_proxies(settings: Any, proxies: int, address: str) -> None:
    settings.CONFIG = replace(settings.CONFIG, trusted_proxies=proxies)
    request = RequestFactory().get(
        "/", REMOTE_ADDR="203.0.113.9", headers={"X-Forwarded-For": "192.0.2.1, 198.51.100.7"}
    )
    assert get_client_address(request) == address


@pytest.mark.parametrize(
    ("remote", "counted"), [("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3::4", "2001:db8:1:2::"), ("", None)]
)
def test_limits_count_a_network(remote: str, counted: str | None) -> None:
    assert get_limited_address(RequestFactory().get("/", REMOTE_ADDR=remote)) == counted
