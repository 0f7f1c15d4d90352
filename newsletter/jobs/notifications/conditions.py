"""When something that lasts (a full disk, a dead feed) is told: once an occurrence, and rarely when it flaps. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from newsletter.jobs.notification_kinds import ConditionRule

FLAPPING_WINDOW = timedelta(days=1)  # in which each telling doubles the calm after which it counts as over
LONGEST_CALM = timedelta(hours=6)
CLOCK_TOLERANCE = timedelta(minutes=1)  # between the machines that look


class Telling(Enum):
    """What is to be told."""

    BEGUN = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class ConditionState:
    """How far a condition is. `episode` counts how often it began; `absent_since`: it may be over.

    `told_at` is of this episode, `tellings` are of the last day.
    """

    episode: int
    began_at: datetime
    absent_since: datetime | None = None
    told_at: datetime | None = None
    ended_at: datetime | None = None
    tellings: tuple[datetime, ...] = ()


def advance_condition(
    state: ConditionState | None, *, present: bool, rule: ConditionRule, now: datetime
) -> tuple[ConditionState | None, Telling | None]:
    """The state after a look, and what is to be told; the same object where nothing changed."""
    if state is None or state.ended_at is not None:
        if not present:
            return state, None
        recent = () if state is None else tuple(each for each in state.tellings if now - each < FLAPPING_WINDOW)
        state = ConditionState(1 if state is None else state.episode + 1, now, tellings=recent)
    if state.began_at > now + CLOCK_TOLERANCE:  # of a clock that was put back since: nobody waits for it
        state = replace(state, began_at=now)
    if present:
        return _see(state, rule, now)
    return _miss(state, rule, now)


def _see(state: ConditionState, rule: ConditionRule, now: datetime) -> tuple[ConditionState, Telling | None]:
    if state.absent_since is not None:
        state = replace(state, absent_since=None)
    if state.told_at is not None or now - state.began_at < rule.patience:
        return state, None
    return replace(state, told_at=now, tellings=(*state.tellings, now)), Telling.BEGUN


def _miss(state: ConditionState, rule: ConditionRule, now: datetime) -> tuple[ConditionState, Telling | None]:
    if state.absent_since is None or state.absent_since > now + CLOCK_TOLERANCE:
        state = replace(state, absent_since=now)
    if now - (state.absent_since or now) < compute_calm(state, rule, now):
        return state, None
    tells = rule.tells_end and state.told_at is not None
    return replace(state, ended_at=now), Telling.OVER if tells else None


def compute_calm(state: ConditionState, rule: ConditionRule, now: datetime) -> timedelta:
    """How long it must have been away to be over: longer with each time that it came back within a day."""
    recent = sum(now - each < FLAPPING_WINDOW for each in state.tellings)
    doubled: int = 2 ** max(0, recent - 1)
    return min(rule.calm * doubled, max(LONGEST_CALM, rule.calm))
