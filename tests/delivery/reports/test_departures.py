"""When mailings went out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from newsletter.delivery.reports.departures import find_departure

DUE = datetime(2026, 11, 24, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_mailing_leaves_at_its_time_or_when_it_began_or_went_on_after_a_stop() -> None:
    def find(started: timedelta | None, resumed: timedelta | None = None, *, repaired: bool = False) -> datetime | None:
        row = SimpleNamespace(
            due_at=DUE,
            started_at=None if started is None else DUE + started,
            resumed_at=None if resumed is None else DUE + resumed,
            was_repaired=repaired,
        )
        return find_departure(row)  # type: ignore[arg-type]

    assert find(None) is None
    assert find(-HOUR) == DUE, "the provider had it within a recall window"
    assert find(HOUR) == DUE + HOUR
    assert find(HOUR, 5 * HOUR) == DUE + 5 * HOUR
    assert find(HOUR, 5 * HOUR, repaired=True) == DUE + HOUR, "some were sent to once more"
