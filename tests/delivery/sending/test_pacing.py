from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.sending import pacing
from tests.conftest import NOW

sizes = st.lists(st.integers(1, 1000), min_size=1, max_size=60)


@given(sizes, st.integers(1, 100_000))
def test_each_batch_has_the_time_it_needs_before_the_next(sizes: list[int], per_minute: int) -> None:
    times = list(pacing.compute_send_times(sizes, NOW, per_minute))
    assert times[0] == NOW
    for (before, after), size in zip(pairwise(times), sizes, strict=False):
        needed = timedelta(minutes=size / per_minute)
        assert needed < after - before < needed * 1.02 + timedelta(milliseconds=1)


@given(st.integers(1, 20_000), st.integers(1, 1_000))
def test_no_minute_holds_more_than_the_limit_at_either_end(per_minute: int, largest: int) -> None:
    size = pacing.compute_batch_size(largest, per_minute)
    times = list(pacing.compute_send_times([size] * (2 * per_minute // size + 2), NOW, per_minute))
    within = [at for at in times if at <= NOW + timedelta(minutes=1)]
    assert size * len(within) <= max(1.05 * per_minute, 1)
    assert len(within) >= 0.9 * per_minute / size - 1, "nor much less"


@given(sizes)
def test_without_a_limit_all_leave_at_once(sizes: list[int]) -> None:
    assert set(pacing.compute_send_times(sizes, NOW, 0)) == {NOW}


@pytest.mark.parametrize(
    ("day", "most"),
    [(date(2026, 11, 20), 500), (date(2026, 11, 24), 500), (date(2026, 11, 25), 1000), (date(2026, 12, 4), 512_000)],
)
def test_a_warm_up_doubles_every_day(day: date, most: int) -> None:
    assert pacing.compute_ceiling(day, date(2026, 11, 24), 500) == most


def test_without_a_warm_up_there_is_no_ceiling() -> None:
    assert pacing.compute_ceiling(NOW.date(), None, 500) is None
    assert pacing.compute_ceiling(NOW.date(), NOW.date(), 0) is None
