"""Going through many things a few at a time."""

from __future__ import annotations

from itertools import count, islice

import pytest

from newsletter.kernel.iteration import batched, do_each


def test_all_items_come_in_their_order_and_the_last_batch_is_smaller() -> None:
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batched([], 2)) == []


def test_no_more_is_taken_than_is_asked_for() -> None:
    endless = count()
    assert list(islice(batched(endless, 3), 1)) == [[0, 1, 2]]
    assert next(endless) == 3


def test_one_that_fails_stops_none_behind_it_and_is_raised_at_the_end() -> None:
    done: list[int] = []

    def act(item: int) -> int:
        if item == 1:
            raise ValueError("the first")
        done.append(item)
        return item

    with pytest.raises(ValueError, match="the first"):
        do_each([1, 2, 3], act)
    assert done == [2, 3]
    assert do_each([2, 3], act) == 5
