"""Which articles print the same text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.near_duplicates import find_originals


@given(st.lists(st.text(max_size=400), max_size=6))
def test_an_original_copies_nobody_itself(texts: list[str]) -> None:
    found = find_originals(texts)
    assert all(found[place] is None and place < copy for copy, place in enumerate(found) if place is not None)
