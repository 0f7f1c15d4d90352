"""What the scheduler hands out: frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time

from newsletter.scheduling import calendar, models, rule_text
from newsletter.scheduling.recurrence import format_weekly
from newsletter.scheduling.states import OccurrenceState, OnHoliday

LocalDate = date


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rule of a newsletter. Its times are local in `zone`.

    `weekdays` are ISO numbers, "12345" = Monday to Friday, and empty where weekdays do not say all of its days;
    `recurrence` says them always, as a rule of RFC 5545. `in_words` is the whole rule for people.
    """

    id: int
    newsletter_id: int
    weekdays: str
    time: time
    zone: str
    open_before_minutes: int
    active: bool
    skips: tuple[tuple[date, str], ...]
    recurrence: str = ""
    times: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    region: str = ""
    on_holiday: OnHoliday = OnHoliday.SKIP
    in_words: str = ""
    skipped_by: tuple[tuple[date, str], ...] = ()

    def explain_skip(self, day: date) -> str:
        """Why a local date is skipped by hand, and who did it; "" where it is not."""
        reason, by = dict(self.skips).get(day, ""), dict(self.skipped_by).get(day, "")
        return f"{reason} ({by})" if reason and by else reason

    @property
    def rule(self) -> calendar.ScheduleRule:
        """The rule as the calendar reads it."""
        first, *more = (rule_text.parse_time(each) for each in self.times or (f"{self.time:%H:%M}",))
        return calendar.ScheduleRule(
            frozenset(int(day) for day in self.weekdays),
            first,
            self.zone,
            recurrence="" if self.weekdays else self.recurrence,
            more_times=tuple(more),
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            region=self.region,
            on_holiday=self.on_holiday,
        )


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One planned instant (UTC); `date` is the local one, `moved_from` the rule's where a holiday moved it."""

    id: int
    schedule_id: int
    newsletter_id: int
    instant: datetime
    date: date
    opens_at: datetime
    state: OccurrenceState
    reason: str
    edition_id: int | None
    moved_from: LocalDate | None = None
    changed_at: datetime | None = None


def to_schedule(row: models.Schedule) -> Schedule:
    """The value of a row."""
    plain = bool(row.weekdays)  # a version that knows weekdays alone may have set them: they count then
    found = Schedule(
        row.id,
        row.newsletter_id,
        row.weekdays,
        row.time,
        row.zone,
        row.open_before_minutes,
        row.active,
        tuple(sorted((skip.date, skip.reason) for skip in row.skips.all())),
        recurrence=format_weekly(row.weekdays) if plain else row.recurrence,
        times=(f"{row.time:%H:%M}", *([] if plain or not row.more_times else row.more_times.split(", "))),
        starts_on=None if plain else row.starts_on,
        ends_on=None if plain else row.ends_on,
        region="" if plain else row.region,
        on_holiday=OnHoliday(row.on_holiday),
        skipped_by=tuple(sorted((skip.date, skip.created_by) for skip in row.skips.all())),
    )
    return replace(found, in_words=rule_text.describe_rule(found.rule))
