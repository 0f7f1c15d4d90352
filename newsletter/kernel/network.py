"""Whose request is it? The true address behind proxies of our own, and the network that limits count it with."""

from __future__ import annotations

import ipaddress
import re

# Some proxies write the port behind the address: 192.0.2.1:4711, [2001:db8::1]:4711.
_PORT = re.compile(r"^(?:(\[[^\]]*\])|([0-9.]+)):[0-9]{1,5}$")


def parse_client_address(remote: str, forwarded_for: str, trusted_proxies: int) -> str:
    """The address a request came from; "" when unknown.

    Each trusted proxy has added the address it saw at the right end of X-Forwarded-For, so with n of
    them the n-th from the right was written by us; everything further left can be forged. An IPv4 address that was
    written as one of IPv6 (::ffff:192.0.2.1) is given as IPv4.
    """
    candidate = remote
    if trusted_proxies:
        hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
        if len(hops) >= trusted_proxies:
            candidate = hops[-trusted_proxies]
    address = _parse(candidate)
    return str(address) if address else ""


def find_network(address: str) -> str:
    """What every limit counts as one network: an IPv4 address, or an IPv6 /64; "" for what is not an address.

    A household or a server is given a /64 at least, and may take another of its addresses for every request.
    """
    parsed = _parse(address)
    if parsed is None or parsed.version == 4:
        return str(parsed or "")
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(_PORT.sub(r"\1\2", text).strip("[]"))
    except ValueError:
        return None
    if parsed.version == 4:
        return parsed
    return parsed.ipv4_mapped or ipaddress.IPv6Address(int(parsed))  # without the name of an interface (%eth0)
