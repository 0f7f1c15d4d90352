"""Instants and zones as plain values. Nothing here but `now` reads the clock."""

from __future__ import annotations

import difflib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from newsletter.kernel.errors import BadInput

FIRST_YEAR, LAST_YEAR = 1900, 9990  # of what somebody gives: beyond, a zone or a day more is out of Python's range


def now() -> datetime:
    """The present instant in UTC. Called by cli, web and jobs only; services take `now`."""
    return datetime.now(UTC)


CLOCK_DIFFERENCE = timedelta(minutes=1)  # between machines, at most


def compute_latest_end(now: datetime, longest: timedelta) -> datetime:
    """The latest instant at which something ends that lasts no longer than `longest`, whichever machine began it.

    What is to end later, a lease or a wait, is of a clock that was put back since: nobody may wait for it.
    """
    return now + longest + CLOCK_DIFFERENCE


def read_stored_instant(stored: datetime | str | None) -> datetime | None:
    """An instant as a database gives it where Django does not translate it: SQLite as text without a zone, in UTC."""
    instant = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return instant if instant is None or instant.tzinfo else instant.replace(tzinfo=UTC)


def get_zone(name: str, field: str = "zone") -> ZoneInfo:
    """The IANA time zone called `name`; renamed zones (Europe/Kiev) keep working.

    Raises BadInput with near matches when there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(name, sorted(available_timezones()), n=3, cutoff=0.6)
        hint = f" Did you mean {' or '.join(near)}?" if near else " Names look like Europe/London."
        raise BadInput(f"There is no time zone “{name}”.{hint}", field) from None


def format_in_zone(instant: datetime, zone_name: str) -> str:
    """“Tue 24 Nov 2026, 07:00 GMT”: an instant for people, always with its zone."""
    local = instant.astimezone(get_zone(zone_name))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def to_day_in_zone(instant: datetime, zone_name: str, fallback: str) -> date:
    """The day of an instant in a zone; in the zone `fallback` where the first is empty or none we know."""
    try:
        there = get_zone(zone_name or fallback)
    except BadInput:
        there = get_zone(fallback)
    return instant.astimezone(there).date()


def parse_day(text: str, field: str = "date") -> date:
    """A date given as ISO 8601. Raises BadInput."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"“{text[:40]}” is not a date. Write it like 2026-11-24.", field) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadInput(f"{day} is too far away: years from {FIRST_YEAR} to {LAST_YEAR} are taken.", field)
    return day


def check_moment(moment: datetime, field: str) -> datetime:
    """An instant that somebody gave, in UTC. Raises BadInput for one so far away that reckoning with it fails."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadInput(
            f"The year {moment.year} is too far away: years from {FIRST_YEAR} to {LAST_YEAR} are taken.", field
        )
    return moment.astimezone(UTC)


def parse_local_moment(text: str, zone_name: str, field: str) -> datetime:
    """An instant given as ISO 8601; without an offset it is read in `zone_name`. Raises BadInput."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"“{text[:40]}” is not a time. Write it like 2026-11-24T07:00 or 2026-11-24T07:00+00:00.", field
        ) from None
    moment = value if value.tzinfo else value.replace(tzinfo=get_zone(zone_name))
    check_moment(moment, field)
    if not _is_on_the_clock(moment):
        before, after = (_find_on_the_clock(moment, timedelta(minutes=step)) for step in (-1, 1))
        raise BadInput(
            f"{moment:%H:%M} is not on the clocks of {zone_name} on {moment:%a} {moment.day} {moment:%b %Y}: they go "
            f"forward over it. Give {before:%H:%M} or {after:%H:%M}.",
            field,
        )
    return moment


def _is_on_the_clock(moment: datetime) -> bool:
    """Whether clocks ever show this: an hour is left out when summer time begins."""
    there = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return there.replace(tzinfo=None) == moment.replace(tzinfo=None)


def _find_on_the_clock(moment: datetime, step: timedelta) -> datetime:
    while not _is_on_the_clock(moment):
        moment += step
    return moment
