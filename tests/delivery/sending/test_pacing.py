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
        assert abs((after - before) - timedelta(minutes=size / per_minute)) < timedelta(milliseconds=1)


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
