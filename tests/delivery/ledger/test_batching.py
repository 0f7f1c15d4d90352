from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.ledger import batching
from newsletter.delivery.ledger.batching import ClassifiedCandidate, Stratum
from newsletter.delivery.ledger.states import ExclusionReason

STRATA = [
    Stratum(wave, variant, "", tracking) for wave in (0, 1) for variant in ("a", "b") for tracking in (True, False)
]
candidates = st.dictionaries(
    st.integers(1, 10_000), st.tuples(st.sampled_from(("", "", *list(ExclusionReason))), st.sampled_from(STRATA))
).map(lambda found: [ClassifiedCandidate(person, *what) for person, what in sorted(found.items())])
room = st.dictionaries(st.sampled_from(STRATA), st.integers(0, 20))


@given(candidates, st.integers(1, 50), room)
def test_every_candidate_is_planned_or_excluded_exactly_once(
    page: list[ClassifiedCandidate], most: int, room: dict[Stratum, int]
) -> None:
    plan = batching.plan_batches(page, batch_size=most, capacity=room)
    accounted = [person for _, batch in plan.batches for person in batch]
    accounted += [person for joining in plan.top_ups.values() for person in joining]
    accounted += [person for left_out in plan.exclusions.values() for person in left_out]
    assert sorted(accounted) == [each.subscriber_id for each in page]
    assert plan.planned + plan.excluded == len(page)


@given(candidates, st.integers(1, 50), room)
def test_a_batch_has_one_stratum_ascends_and_is_full_but_for_the_last(
    page: list[ClassifiedCandidate], most: int, room: dict[Stratum, int]
) -> None:
    of = {each.subscriber_id: each.stratum for each in page}
    plan = batching.plan_batches(page, batch_size=most, capacity=room)
    for stratum in STRATA:
        mine = [members for where, members in plan.batches if where == stratum]
        assert all(len(members) == most for members in mine[:-1])
        everybody = [*plan.top_ups.get(stratum, ()), *(person for members in mine for person in members)]
        assert everybody == sorted(everybody)
        assert {of[person] for person in everybody} <= {stratum}


@given(candidates, st.integers(1, 50), room)
def test_nobody_joins_a_batch_without_room_and_no_batch_begins_before_it_is_used(
    page: list[ClassifiedCandidate], most: int, room: dict[Stratum, int]
) -> None:
    plan = batching.plan_batches(page, batch_size=most, capacity=room)
    for stratum in STRATA:
        joining = len(plan.top_ups.get(stratum, ()))
        assert joining <= room.get(stratum, 0)
        if any(where == stratum for where, _ in plan.batches):
            assert joining == room.get(stratum, 0)


def test_exclusions_are_kept_by_reason() -> None:
    page = [
        ClassifiedCandidate(1, "pending"),
        ClassifiedCandidate(2, ""),
        ClassifiedCandidate(3, "bounced"),
        ClassifiedCandidate(4, "pending"),
    ]
    assert batching.plan_batches(page, batch_size=10).exclusions == {"bounced": (3,), "pending": (1, 4)}
