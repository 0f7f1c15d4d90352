"""What becomes of an occurrence whose time has come or passed: send, hold and ask, skip, miss, or wait. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class SendDecision:
    """It is time, and all is ready."""


@dataclass(frozen=True, slots=True)
class HoldDecision:
    """It is not sent automatically; the reason is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class SkipDecision:
    """It is left out; the reason is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class MissDecision:
    """Its time passed with nothing to send; the reason is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class WaitDecision:
    """Its time has not come."""


_IT_IS_SKIPPED = "it is skipped."  # by these words of its reason it is known again


def decide(
    instant: datetime,
    now: datetime,
    *,
    late_after_minutes: int,
    approved: bool,
    edition_exists: bool,
    early_minutes: int = 0,
    skip_when_late: bool = False,
) -> SendDecision | HoldDecision | SkipDecision | MissDecision | WaitDecision:
    """What to do with an occurrence: wait for its time, send it, or hold, skip or miss it and say why.

    What is approved may be sent on its way `early_minutes` before its time, when the provider is to wait for it.
    """
    if now < instant:
        return SendDecision() if approved and now >= instant - timedelta(minutes=early_minutes) else WaitDecision()
    late = is_late(instant, now, late_after_minutes=late_after_minutes)
    if skip_when_late and late:
        return SkipDecision(f"{_describe_delay(instant, now, late_after_minutes)} {_IT_IS_SKIPPED}")
    if not edition_exists and late:
        return MissDecision("Nothing ran when its time came, so no edition was made for it.")
    if not edition_exists:
        return HoldDecision("No edition was made for it.")
    if not approved:
        return HoldDecision("The edition was not approved when its time came.")
    if late:
        return HoldDecision(f"{_describe_delay(instant, now, late_after_minutes)} it is held.")
    return SendDecision()


def _describe_delay(instant: datetime, now: datetime, limit: int) -> str:
    span = max(now - instant, timedelta(minutes=limit + 1))  # of begun minutes, or it would be late by the limit itself
    return f"It was {format_span(span)} late; more than {_format_minutes(limit)} late"


def is_skip_by_lateness(reason: str) -> bool:
    """Whether an occurrence with this reason was skipped because it was late, and by nobody."""
    return reason.endswith(_IT_IS_SKIPPED)


def is_late(since: datetime, now: datetime, *, late_after_minutes: int) -> bool:
    """Whether what was to happen at `since` is too late now to happen without somebody being asked."""
    return now - since > timedelta(minutes=late_after_minutes)


def format_span(span: timedelta) -> str:
    """“31 minutes”, “10 hours”, “3 days”: how late something is, for people."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return _format_minutes(minutes)
    return f"{minutes // 60} hours" if minutes < 2880 else f"{minutes // 1440} days"


def _format_minutes(minutes: int) -> str:
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
