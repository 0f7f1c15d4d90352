"""Who has an edition already, page by page: the same people as the whole ledger names, in little memory."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from newsletter.delivery import models
from newsletter.delivery.ledger.batching import split_into_chunks
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, MailingKind, MailingState, MemberFlag, Outcome, RecallState
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import ledger_rows, mailings
from newsletter.delivery.sending.mailed_before import NOBODY, EarlierBatches
from tests.actors import SYSTEM
from tests.delivery.conftest import Sent, hand_over_all
from tests.fakes.provider import ScriptedProvider

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
MAILED = (Outcome.ACCEPTED, Outcome.DEFERRED, Outcome.DELIVERED, Outcome.BOUNCED, Outcome.DROPPED, Outcome.COMPLAINED)
NOT_MAILED = (Outcome.PLANNED, Outcome.REFUSED, Outcome.WITHDRAWN, Outcome.RECALLED, Outcome.REPAIRED)


@pytest.fixture
def earlier(plan: Plan, now: datetime) -> models.Mailing:
    """A cancelled mailing of an edition, without batches."""
    row = models.Mailing.objects.get(id=plan().id)
    models.Mailing.objects.filter(id=row.id).update(state=MailingState.CANCELLED)
    return row


def keep(
    mailing_id: int,
    outcomes: dict[int, Outcome],
    stratum: int = 0,
    state: str = BatchState.ACCEPTED,
    flagged: MemberFlag | None = None,
) -> None:
    """A batch with these members and outcomes, perhaps each with a flag."""
    number = models.Batch.objects.count() + 1
    mailing = models.Mailing.objects.get(id=mailing_id)
    row = ledger_rows.build_batch(mailing, number, sorted(outcomes), datetime.now().astimezone(), stratum)
    packed = Outcomes.all_planned(len(outcomes))
    for place, person in enumerate(sorted(outcomes)):
        packed.mark((place,), outcomes[person])
        if flagged:
            packed.set_flag(place, flagged)
    row.outcomes, row.state = packed.pack(), state
    row.save()


def read(row: models.Mailing, pages: Iterator[int], after: int = 0) -> tuple[set[int], set[int]]:
    """Who has it and who may have it, read page by page; no page names anybody of another."""
    batches = EarlierBatches(row.edition_id, 0, after=after)
    mailed, undecided = set[int](), set[int]()
    for upto in pages:
        found = batches.read_page(upto)
        assert all(after < person <= upto for person in found.mailed | found.undecided)
        mailed |= found.mailed
        undecided |= found.undecided
        after = upto
    return mailed, undecided


@pytest.mark.parametrize("seed", range(8))
def test_pages_of_any_size_name_exactly_who_the_ledger_says_has_it_or_may_have_it(
    earlier: models.Mailing, seed: int
) -> None:
    chance = random.Random(seed)
    became = {person: chance.choice((*MAILED, *NOT_MAILED, Outcome.UNKNOWN)) for person in range(1, 400)}
    strata = {person: chance.randrange(5) for person in became}
    for stratum in range(5):
        mine = [person for person in became if strata[person] == stratum]
        for members in split_into_chunks(mine, chance.randrange(3, 30)):
            keep(earlier.id, {person: became[person] for person in members}, stratum)
    first = chance.choice((0, 0, chance.randrange(1, 300)))
    ends = sorted({*chance.sample(range(first + 1, 400), chance.randrange(1, 40)), 450})
    wanted = {person: outcome for person, outcome in became.items() if person > first}
    assert read(earlier, iter(ends), after=first) == (
        {person for person, outcome in wanted.items() if outcome.was_accepted},
        {person for person, outcome in wanted.items() if outcome is Outcome.UNKNOWN},
    )


@pytest.mark.parametrize("state", BatchState)
def test_who_is_planned_is_undecided_only_while_the_request_is_in_flight(
    earlier: models.Mailing, state: BatchState
) -> None:
    keep(earlier.id, {1: Outcome.PLANNED, 2: Outcome.ACCEPTED, 3: Outcome.UNKNOWN}, state=state)
    assert read(earlier, iter([9])) == ({2}, {1, 3} if state == BatchState.SENDING else {3})


def test_what_a_batch_says_is_read_anew_with_every_page(earlier: models.Mailing) -> None:
    keep(earlier.id, {1: Outcome.UNKNOWN, 8: Outcome.UNKNOWN})
    batches = EarlierBatches(earlier.edition_id, 0, after=0)
    assert batches.read_page(5).undecided == {1}
    settled = Outcomes.all_planned(2)
    settled.settle(Outcome.ACCEPTED)
    models.Batch.objects.update(outcomes=settled.pack())
    assert batches.read_page(9) == ({8}, set())


def test_who_was_repaired_counts_where_they_were_planned_again(earlier: models.Mailing) -> None:
    keep(earlier.id, {1: Outcome.REPAIRED, 2: Outcome.REPAIRED, 3: Outcome.ACCEPTED})
    keep(earlier.id, {1: Outcome.ACCEPTED, 2: Outcome.UNKNOWN})
    assert read(earlier, iter([2, 5])) == ({1, 3}, {2})


def test_only_other_mailings_of_the_edition_to_its_list_count(earlier: models.Mailing) -> None:
    keep(earlier.id, {1: Outcome.ACCEPTED})
    assert EarlierBatches(earlier.edition_id, earlier.id, after=0).read_page(9) == (set(), set())
    assert EarlierBatches(earlier.edition_id + 1, 0, after=0).read_page(9) == (set(), set())
    for kind in (MailingKind.TEST, MailingKind.CORRECTION):
        models.Mailing.objects.filter(id=earlier.id).update(kind=kind)
        assert read(earlier, iter([9])) == (set(), set())


@pytest.mark.parametrize(
    ("state", "recall", "recalled", "decided"),
    [
        (MailingState.RECALLING, RecallState.OPEN, False, False),
        (MailingState.CANCELLED, RecallState.OPEN, True, False),  # answers to what was in flight may still come
        (MailingState.CANCELLED, RecallState.CLOSED, True, True),
        (MailingState.CANCELLED, RecallState.OPEN, False, True),
    ],
)
def test_of_whom_the_provider_took_nobody_knows_whether_they_have_it_while_it_is_recalled(
    earlier: models.Mailing, state: MailingState, recall: RecallState, recalled: bool, decided: bool, now: datetime
) -> None:
    keep(earlier.id, {1: Outcome.ACCEPTED, 2: Outcome.DELIVERED})
    recalled_at = now if recalled else None
    models.Mailing.objects.filter(id=earlier.id).update(state=state, recall=recall, recalled_at=recalled_at)
    assert read(earlier, iter([9])) == (({1, 2}, set()) if decided else ({2}, {1}))


def test_of_corrections_only_those_with_the_same_words_count(earlier: models.Mailing) -> None:
    keep(earlier.id, {1: Outcome.ACCEPTED})
    models.Mailing.objects.filter(id=earlier.id).update(kind=MailingKind.CORRECTION)
    same, other = (
        EarlierBatches(earlier.edition_id, 0, after=0, snapshot_id=each)
        for each in (earlier.snapshot_id, earlier.snapshot_id + 1)
    )
    assert same.read_page(9) == ({1}, set())
    assert other.read_page(9) == (set(), set())


def test_a_long_list_is_read_without_keeping_everybody_in_memory(earlier: models.Mailing) -> None:
    people, batch = 200_000, 1_000  # as a set they take 14 MB
    done = Outcomes.all_planned(batch)
    done.settle(Outcome.ACCEPTED)
    rows = []
    for number, start in enumerate(range(1, people + 1, batch)):
        row = ledger_rows.build_batch(earlier, number, range(start, start + batch), earlier.due_at, 0)
        row.state, row.outcomes = BatchState.ACCEPTED, done.pack()
        rows.append(row)
    models.Batch.objects.bulk_create(rows)
    batches, found = EarlierBatches(earlier.edition_id, 0, after=0), 0
    tracemalloc.start()
    try:
        for upto in range(5_000, people + 1, 5_000):
            found += len(batches.read_page(upto).mailed)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == people
    assert peak < 4e6


def test_whoever_was_dropped_because_our_plan_was_used_up_does_not_have_it(
    frozen: Callable[..., Any], join: Callable[..., list[int]], take: Callable[..., None], now: datetime
) -> None:
    join(9)
    mailing = Sent(frozen().id, [], now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    take(mailing.event("dropped", 3, reason="Recipient List over Package Quota"))
    mailings.cancel(mailing.id, by=SYSTEM, now=now)
    assert frozen().excluded == {"already": 8}
    hand_over_all(provider, now)
    assert [address for address, count in provider.mailed.items() if count == 2] == ["reader3@example.com"]


def test_whoever_was_dropped_for_a_reason_of_ours_and_was_mailed_after_all_has_it(earlier: models.Mailing) -> None:
    flagged = MemberFlag.STILL_OWED
    keep(earlier.id, {1: Outcome.DROPPED, 2: Outcome.DELIVERED, 3: Outcome.COMPLAINED}, flagged=flagged)
    assert read(earlier, iter([10])) == ({2, 3}, set())


def test_where_no_other_mailing_counts_nobody_has_it(earlier: models.Mailing) -> None:
    assert EarlierBatches(earlier.edition_id, earlier.id, after=0).read_page(10) == NOBODY
