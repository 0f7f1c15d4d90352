from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery import batching
from newsletter.delivery.states import EXCLUSIONS

candidates = st.dictionaries(st.integers(1, 10_000), st.sampled_from(("", *EXCLUSIONS))).map(
    lambda found: sorted(found.items())
)


@given(candidates, st.integers(1, 50))
def test_every_candidate_is_planned_or_left_out_exactly_once(page: list[tuple[int, str]], most: int) -> None:
    plan = batching.plan(page, most=most)
    accounted = [person for batch in plan.batches for person in batch]
    accounted += [person for left_out in plan.exclusions.values() for person in left_out]
    assert sorted(accounted) == [person for person, _ in page]
    assert plan.planned + plan.excluded == len(page)


@given(candidates, st.integers(1, 50))
def test_batches_are_full_but_the_last_and_ascend(page: list[tuple[int, str]], most: int) -> None:
    batches = batching.plan(page, most=most).batches
    assert all(len(batch) == most for batch in batches[:-1])
    assert all(0 < len(batch) <= most for batch in batches)
    everybody = [person for batch in batches for person in batch]
    assert everybody == sorted(everybody)


def test_the_left_out_are_kept_by_reason() -> None:
    plan = batching.plan([(1, "pending"), (2, ""), (3, "bounced"), (4, "pending")], most=10)
    assert plan.exclusions == {"bounced": (3,), "pending": (1, 4)}
