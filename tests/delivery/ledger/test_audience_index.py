"""Where each candidate of a mailing is to be found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.ledger.audience_index import (
    decode_exclusion,
    encode_exclusion,
    find_index_entry,
    pack_index_entries,
)
from newsletter.delivery.ledger.format import FORMAT, UnknownFormat
from newsletter.delivery.ledger.states import ExclusionReason

ENTRIES = st.dictionaries(st.integers(1, 2**40), st.integers(0, 2**16 - 1), min_size=1, max_size=60)


@given(ENTRIES, st.integers(1, 2**40))
def test_everybody_is_found_with_their_number_and_nobody_else_is(entries: dict[int, int], stranger: int) -> None:
    packed = pack_index_entries(sorted(entries.items()))
    for person, number in entries.items():
        assert find_index_entry(packed, person) == number
    assert find_index_entry(packed, stranger) == entries.get(stranger)


@pytest.mark.parametrize("reason", ExclusionReason)
def test_a_reason_comes_back_as_it_went_in(reason: ExclusionReason) -> None:
    assert decode_exclusion(encode_exclusion(reason)) == reason


def test_a_stratum_is_no_reason() -> None:
    lowest = min(encode_exclusion(reason) for reason in ExclusionReason)
    assert decode_exclusion(0) == decode_exclusion(lowest - 1) == ""


def test_a_newer_format_is_not_guessed_at() -> None:
    with pytest.raises(UnknownFormat):
        find_index_entry(pack_index_entries([(1, 0)]), 1, FORMAT + 1)
