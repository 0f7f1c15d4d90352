"""What lies ahead of newsletters: the dates that are written down, and behind them those of the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from newsletter.scheduling import calendar, occurrences, schedules
from newsletter.scheduling.states import OccurrenceState
from newsletter.scheduling.values import Schedule


@dataclass(frozen=True, slots=True)
class ComingDate:
    """A date of a schedule, past or to come. `edition_id` is known once its edition exists."""

    schedule_id: int
    newsletter_id: int
    instant: datetime
    day: date  # local
    state: OccurrenceState
    reason: str = ""
    edition_id: int | None = None
    moved_from: date | None = None


def list_coming(
    newsletter_ids: Collection[int], *, since: datetime, until: datetime, now: datetime
) -> list[ComingDate]:
    """The dates of some newsletters between two instants, in order."""
    written = occurrences.list_occurrences(since, until, newsletter_ids)
    found = [
        ComingDate(
            each.schedule_id,
            each.newsletter_id,
            each.instant,
            each.date,
            each.state,
            each.reason,
            each.edition_id,
            each.moved_from,
        )
        for each in written
    ]
    known = {(each.schedule_id, each.instant) for each in found}
    for schedule in schedules.list_schedules():
        if schedule.newsletter_id in newsletter_ids and schedule.active:
            ahead = _list_by_rule(schedule, max(now, since), until)
            found += [each for each in ahead if (each.schedule_id, each.instant) not in known]
    return sorted(found, key=lambda each: (each.instant, each.schedule_id))


def _list_by_rule(schedule: Schedule, after: datetime, until: datetime) -> Iterator[ComingDate]:
    for each in calendar.list_dates(schedule.rule, after, until):
        reason = schedule.explain_skip(each.day) or each.skipped
        state = OccurrenceState.SKIPPED if reason else OccurrenceState.PLANNED
        yield ComingDate(
            schedule.id, schedule.newsletter_id, each.instant, each.day, state, reason, moved_from=each.moved_from
        )
