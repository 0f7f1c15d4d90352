from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from subscribers.segments import window

editions = st.lists(st.integers(1, 300), max_size=40)


def folded(ordinals: list[int]) -> tuple[int, int]:
    value, newest = 0, min(ordinals, default=1)
    for ordinal in ordinals:
        value, newest = window.add_edition(value, newest, ordinal)
    return value, newest


@given(editions)
def test_every_edition_that_is_kept_has_its_bit_in_whatever_order_they_come(ordinals: list[int]) -> None:
    value, newest = folded(ordinals)
    expected = sum(1 << newest - ordinal for ordinal in set(ordinals) if newest - ordinal < window.WINDOW_SIZE)
    assert value == expected
    assert folded(sorted(ordinals, reverse=True))[0] == expected


@given(editions)
def test_the_number_fits_a_signed_column(ordinals: list[int]) -> None:
    assert 0 <= folded(ordinals)[0] < 2**63


@given(editions, st.integers(0, 100))
def test_seen_from_a_later_edition_all_are_older_by_as_much(ordinals: list[int], later: int) -> None:
    value, newest = folded(ordinals)
    seen = window.shift_to(value, newest, newest + later)
    assert seen == value << later & (1 << window.WINDOW_SIZE) - 1
