"""Whose request is it? The true network address behind proxies of our own."""

from __future__ import annotations

import ipaddress


def parse_client_address(remote: str, forwarded_for: str, trusted_proxies: int) -> str:
    """The address a request came from; "" when unknown.

    Each trusted proxy has added the address it saw at the right end of X-Forwarded-For, so with n of
    them the n-th from the right was written by us; everything further left can be forged.
    """
    candidate = remote
    if trusted_proxies:
        hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
        if len(hops) >= trusted_proxies:
            candidate = hops[-trusted_proxies]
    try:
        return str(ipaddress.ip_address(candidate.strip("[]")))
    except ValueError:
        return ""
