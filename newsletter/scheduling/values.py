"""What the scheduler hands out: frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from newsletter.scheduling import calendar, models
from newsletter.scheduling.states import OccurrenceState


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rule of a newsletter. `weekdays` are ISO numbers, "12345" = Monday to Friday; `time` is local in `zone`."""

    id: int
    newsletter_id: int
    weekdays: str
    time: time
    zone: str
    open_before_minutes: int
    active: bool
    skips: tuple[tuple[date, str], ...]

    @property
    def rule(self) -> calendar.ScheduleRule:
        """The rule as the calendar reads it."""
        return calendar.ScheduleRule(frozenset(int(day) for day in self.weekdays), self.time, self.zone)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One planned instant (UTC); `date` is the local one."""

    id: int
    schedule_id: int
    newsletter_id: int
    instant: datetime
    date: date
    opens_at: datetime
    state: OccurrenceState
    reason: str
    edition_id: int | None


def to_schedule(row: models.Schedule) -> Schedule:
    """The value of a row."""
    return Schedule(
        row.id,
        row.newsletter_id,
        row.weekdays,
        row.time,
        row.zone,
        row.open_before_minutes,
        row.active,
        tuple(sorted((skip.date, skip.reason) for skip in row.skips.all())),
    )
