"""When a recall window begins, and until when everything can be stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.sending.recall_window import LAST_CALL, can_be_recalled, compute_begins_at

DUE = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "now", "begins_at"),
    [
        (60, DUE - timedelta(hours=3), DUE - timedelta(hours=1)),
        (60, DUE - timedelta(minutes=20), DUE - timedelta(minutes=20)),
        (60, DUE - LAST_CALL - timedelta(seconds=1), DUE - LAST_CALL - timedelta(seconds=1)),
        (60, DUE - LAST_CALL, None),
        (60, DUE, None),
        (0, DUE - timedelta(hours=3), None),
    ],
)
def test_a_window_begins_its_minutes_before_or_now_and_never_after_the_last_call(
    minutes: int, now: datetime, begins_at: datetime | None
) -> None:
    assert compute_begins_at(DUE, minutes, now) == begins_at


def test_at_the_last_call_it_can_be_recalled_and_a_second_later_it_cannot() -> None:
    assert timedelta(minutes=10) < LAST_CALL, "the provider's limit"
    assert can_be_recalled(DUE, DUE - LAST_CALL)
    assert not can_be_recalled(DUE, DUE - LAST_CALL + timedelta(seconds=1))
