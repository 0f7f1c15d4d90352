from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.ledger.format import (
    FORMAT,
    Outcomes,
    UnknownFormat,
    count_packed_members,
    find_place,
    pack_members,
    unpack_members,
)
from newsletter.delivery.ledger.states import MemberFlag, Outcome

ids = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=60, unique=True).map(sorted)
outcomes = st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=60)


@given(ids)
def test_members_come_back_as_they_went_in(members: list[int]) -> None:
    assert unpack_members(pack_members(members)) == members


@pytest.mark.parametrize("gap", [1, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32])
def test_every_width_of_gap_comes_back(gap: int) -> None:
    members = [7, 7 + gap, 8 + gap]
    assert unpack_members(memoryview(pack_members(members))) == members


@pytest.mark.parametrize("members", [[], [3, 3], [4, 2]])
def test_members_that_do_not_ascend_are_not_packed(members: list[int]) -> None:
    with pytest.raises(ValueError, match=r"member|ascend"):
        pack_members(members)


def test_a_thousand_members_of_a_dense_list_take_about_a_kilobyte() -> None:
    assert len(pack_members(range(10_000, 12_000, 2))) < 1_100


@given(ids, st.integers(0, 2**63 - 1))
def test_a_person_is_found_at_their_place_and_nobody_else_is(members: list[int], person: int) -> None:
    place = find_place(person, members)
    assert (place is not None) is (person in members)
    assert place is None or members[place] == person


@given(outcomes, st.data())
def test_outcomes_only_ever_move_forward(start: list[Outcome], data: st.DataObject) -> None:
    kept = Outcomes.all_planned(len(start))
    for place, outcome in enumerate(start):
        kept.mark([place], outcome)
    reported = data.draw(st.lists(st.tuples(st.integers(0, len(start) - 1), st.sampled_from(list(Outcome)))))
    for place, outcome in reported:
        before = kept[place]
        kept.mark([place], outcome)
        assert kept[place] == max(before, outcome)


@given(outcomes)
def test_counts_and_places_agree_with_the_members(start: list[Outcome]) -> None:
    kept = Outcomes.all_planned(len(start))
    for place, outcome in enumerate(start):
        kept.mark([place], outcome)
    stored = Outcomes(memoryview(kept.pack()))
    assert list(stored) == start
    assert stored.count_outcomes() == Counter(start)
    assert len(stored) == len(start)
    for outcome in Outcome:
        assert stored.list_places(outcome) == [place for place, each in enumerate(start) if each == outcome]
    assert stored.list_accepted() == [place for place, each in enumerate(start) if each.was_accepted]


@given(st.lists(st.lists(st.tuples(st.sampled_from(list(Outcome)), st.integers(0, 255)), max_size=20), max_size=4))
def test_members_of_many_batches_are_counted_at_once(batches: list[list[tuple[Outcome, int]]]) -> None:
    packed = []
    for members in batches:
        kept = Outcomes.all_planned(len(members))
        for place, (outcome, flags) in enumerate(members):
            kept.mark([place], outcome)
            kept.set_flag(place, MemberFlag(flags))
        packed.append((kept.pack(), FORMAT))
    everybody = [member for members in batches for member in members]
    counts, flagged = count_packed_members(packed)
    assert counts == Counter(outcome for outcome, _ in everybody)
    assert flagged == Counter(flag for _, flags in everybody for flag in MemberFlag(flags))
    with pytest.raises(UnknownFormat):
        count_packed_members([(b"", FORMAT + 1)])


def test_a_newer_format_is_refused_with_the_remedy() -> None:
    with pytest.raises(UnknownFormat, match="Update this worker"):
        unpack_members(pack_members([1]), FORMAT + 1)
    with pytest.raises(UnknownFormat):
        Outcomes(b"\0\0", FORMAT + 1)
