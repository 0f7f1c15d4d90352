"""What becomes of an occurrence whose time has come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.scheduling.lateness import (
    HoldDecision,
    MissDecision,
    SendDecision,
    SkipDecision,
    WaitDecision,
    decide,
    is_skip_by_lateness,
)

SEVEN = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "approved", "exists", "kind"),
    [
        (-1, True, True, WaitDecision),
        (0, True, True, SendDecision),
        (30, True, True, SendDecision),
        (31, True, True, HoldDecision),
        (0, False, True, HoldDecision),
        (0, False, False, HoldDecision),
        (30, False, False, HoldDecision),
        (31, False, False, MissDecision),
        (-1, False, False, WaitDecision),
    ],
)
def test_what_to_do_when_the_time_comes(minutes: int, approved: bool, exists: bool, kind: type) -> None:
    decision = decide(
        SEVEN, SEVEN + timedelta(minutes=minutes), late_after_minutes=30, approved=approved, edition_exists=exists
    )
    assert isinstance(decision, kind)
    if isinstance(decision, HoldDecision | MissDecision):
        assert decision.reason


@pytest.mark.parametrize(
    ("minutes", "approved", "kind"), [(30, True, SendDecision), (31, True, SkipDecision), (31, False, SkipDecision)]
)
def test_what_is_too_late_may_be_skipped_instead_of_held(minutes: int, approved: bool, kind: type) -> None:
    decision = decide(
        SEVEN,
        SEVEN + timedelta(minutes=minutes),
        late_after_minutes=30,
        approved=approved,
        edition_exists=True,
        skip_when_late=True,
    )
    assert isinstance(decision, kind)
    if isinstance(decision, SkipDecision):
        assert decision.reason == "It was 31 minutes late; more than 30 minutes late it is skipped."


@pytest.mark.parametrize(
    ("seconds", "limit", "told"),
    [
        (360, 5, "It was 6 minutes late; more than 5 minutes late it is"),
        (301, 5, "It was 6 minutes late; more than 5 minutes late it is"),
        (61, 1, "It was 2 minutes late; more than 1 minute late it is"),
        (30, 0, "It was 1 minute late; more than 0 minutes late it is"),
        (7_200, 1, "It was 2 hours late; more than 1 minute late it is"),
    ],
)
def test_how_late_it_was_is_said_in_plain_words(seconds: int, limit: int, told: str) -> None:
    for skips in (True, False):
        decision = decide(
            SEVEN,
            SEVEN + timedelta(seconds=seconds),
            late_after_minutes=limit,
            approved=True,
            edition_exists=True,
            skip_when_late=skips,
        )
        assert isinstance(decision, SkipDecision if skips else HoldDecision)
        assert decision.reason == f"{told} {'skipped' if skips else 'held'}."
        assert is_skip_by_lateness(decision.reason) is skips
    assert not is_skip_by_lateness("It is late; it is skipped. (ann@example.com)")
