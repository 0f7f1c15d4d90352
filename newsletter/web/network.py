"""The network address a request came from, as the settings say who is trusted."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from newsletter.kernel import network


def get_client_address(request: HttpRequest) -> str:
    """The true address behind our proxies; "" when unknown."""
    return network.parse_client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.META.get("HTTP_X_FORWARDED_FOR", ""),
        settings.CONFIG.trusted_proxies,
    )


def get_limited_address(request: HttpRequest) -> str | None:
    """The first address of the network that limits count a request with, as django-axes keeps it; None when unknown."""
    return network.find_network(get_client_address(request)).partition("/")[0] or None
