"""Figures that are made of others."""

from __future__ import annotations

from datetime import UTC, date, datetime

from subscribers.values import GrowthMonth, InactiveSubscribers

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def test_who_was_asked_already_is_not_to_be_asked() -> None:
    assert InactiveSubscribers(months=6, silent=5, asked=2, over=1, as_of=NOW).to_ask == 3


def test_a_month_gains_and_loses_by_the_kinds_of_its_changes() -> None:
    happened = {
        "asked": 100,
        "confirmed": 1,
        "imported": 2,
        "came_back": 4,
        "left": 8,
        "bounced": 16,
        "complained": 32,
        "silent": 64,
    }
    month = GrowthMonth(date(2026, 11, 1), active=900, happened=happened, churn=0.1234)
    assert (month.gained, month.lost, month.churn_percent) == (7, 120, "12.3")
