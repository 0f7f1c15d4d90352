"""Instants and zones as plain values. Nothing here but `now` reads the clock."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from newsletter.kernel.errors import BadInput


def now() -> datetime:
    """The present instant in UTC. Called by cli, web and jobs only; services take `now`."""
    return datetime.now(UTC)


def zone(name: str, field: str = "zone") -> ZoneInfo:
    """The IANA time zone called `name`; renamed zones (Europe/Kiev) keep working.

    Raises BadInput with near matches when there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(name, sorted(available_timezones()), n=3, cutoff=0.6)
        hint = f" Did you mean {' or '.join(near)}?" if near else " Names look like Europe/London."
        raise BadInput(f"There is no time zone “{name}”.{hint}", field) from None


def in_zone(instant: datetime, zone_name: str) -> str:
    """“Tue 24 Nov 2026, 07:00 GMT”: an instant for people, always with its zone."""
    local = instant.astimezone(zone(zone_name))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"
