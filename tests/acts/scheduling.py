"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

from datetime import timedelta

from newsletter.scheduling import schedules
from newsletter.scheduling.values import Schedule
from tests.actors import SYSTEM
from tests.acts import Act, Prepare, World


def _schedule(world: World) -> Schedule:
    return schedules.create_schedule(
        world.morning.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=world.now
    )


def _create_schedule(world: World) -> Act:
    return lambda by: schedules.create_schedule(
        world.morning.id, weekdays="daily", time="07:00", zone="UTC", by=by, now=world.now
    )


def _change_schedule(world: World) -> Act:
    found = _schedule(world)
    return lambda by: schedules.change_schedule(found.id, time="08:00", seen=None, by=by, now=world.now)


def _pause_schedule(world: World) -> Act:
    found = _schedule(world)
    return lambda by: schedules.pause_schedule(found.id, by=by, now=world.now)


def _resume_schedule(world: World) -> Act:
    found = _schedule(world)
    schedules.pause_schedule(found.id, by=SYSTEM, now=world.now)
    return lambda by: schedules.resume_schedule(found.id, by=by, now=world.now)


def _remove_schedule(world: World) -> Act:
    found = _schedule(world)
    return lambda by: schedules.remove_schedule(found.id, by=by, now=world.now)


def _skip_date(world: World) -> Act:
    found, day = _schedule(world), world.now.date() + timedelta(days=3)
    return lambda by: schedules.skip_date(found.id, day, reason="Holiday", by=by, now=world.now)


def _unskip_date(world: World) -> Act:
    found, day = _schedule(world), world.now.date() + timedelta(days=3)
    schedules.skip_date(found.id, day, reason="Holiday", by=SYSTEM, now=world.now)
    return lambda by: schedules.unskip_date(found.id, day, by=by, now=world.now)


ACTS: dict[str, Prepare] = {
    "newsletter.scheduling.schedules.create_schedule": _create_schedule,
    "newsletter.scheduling.schedules.change_schedule": _change_schedule,
    "newsletter.scheduling.schedules.pause_schedule": _pause_schedule,
    "newsletter.scheduling.schedules.remove_schedule": _remove_schedule,
    "newsletter.scheduling.schedules.resume_schedule": _resume_schedule,
    "newsletter.scheduling.schedules.skip_date": _skip_date,
    "newsletter.scheduling.schedules.unskip_date": _unskip_date,
}
