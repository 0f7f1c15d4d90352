"""The moments of an edition on its way into inboxes: which are over, which is next, which come later. Pure.

opened ─▶ cut-off ─▶ submitted ─▶ recall until ─▶ in inboxes

One that an edition does not have is left out: no cut-off, no recall window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.delivery.sending import recall_window
from newsletter.kernel import clock
from newsletter.kernel.enums import LabelledEnum


class Moment(LabelledEnum):
    """A moment that every edition, or those of some newsletters, go through."""

    OPENED = "opened"
    CUT_OFF = "cut_off"
    SUBMITTED = "submitted"
    RECALL_UNTIL = "recall_until"
    IN_INBOXES = "in_inboxes"

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        return {cls.CUT_OFF: "Cut-off"}


class MomentStanding(StrEnum):
    """Where the present is, seen from a moment; also the name of its style."""

    DONE = "done"
    NEXT = "next"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class EditionMoment:
    """A moment of an edition. `is_another_day`: its local day is not that of the moment in inboxes."""

    moment: Moment
    at: datetime
    standing: MomentStanding
    is_another_day: bool

    @property
    def is_next(self) -> bool:
        """Whether it is the first of those to come."""
        return self.standing is MomentStanding.NEXT


@dataclass(frozen=True, slots=True)
class DeparturePlan:
    """What is known of an edition's departure. `begins_at` is when its mailing is submitted ahead of its time."""

    due_at: datetime
    opened_at: datetime | None = None
    cut_off_minutes: int = 0
    recall_minutes: int = 0
    begins_at: datetime | None = None
    has_mailing: bool = False


def build_clock(plan: DeparturePlan, zone: str, now: datetime) -> tuple[EditionMoment, ...]:
    """The moments of an edition, in order."""
    found = sorted(_list_moments(plan), key=lambda each: each[1])
    following = next((n for n, (_, at) in enumerate(found) if at > now), len(found))
    day = plan.due_at.astimezone(clock.get_zone(zone)).date()
    return tuple(
        EditionMoment(
            moment,
            at,
            MomentStanding.DONE if n < following else MomentStanding.NEXT if n == following else MomentStanding.LATER,
            at.astimezone(clock.get_zone(zone)).date() != day,
        )
        for n, (moment, at) in enumerate(found)
    )


def _list_moments(plan: DeparturePlan) -> Iterator[tuple[Moment, datetime]]:
    if plan.opened_at is not None and plan.opened_at <= plan.due_at:
        yield Moment.OPENED, plan.opened_at
    if plan.cut_off_minutes:
        yield Moment.CUT_OFF, plan.due_at - timedelta(minutes=plan.cut_off_minutes)
    submitted = plan.begins_at
    if submitted is None and not plan.has_mailing and plan.recall_minutes:
        submitted = plan.due_at - timedelta(minutes=plan.recall_minutes)
    if submitted is not None:
        yield Moment.SUBMITTED, submitted
        yield Moment.RECALL_UNTIL, plan.due_at - recall_window.LAST_CALL
    yield Moment.IN_INBOXES, plan.due_at
