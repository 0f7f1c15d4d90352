"""Who has an edition by its earlier mailings: read out of their batches along with the pages of a freeze.

Both are in the order of ids, so that a page looks only into the batches that its ids are in. A set of everybody would
be a gigabyte for a list of ten million.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from newsletter.delivery import models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import (
    BatchState,
    MailingKind,
    MailingState,
    MemberFlag,
    Outcome,
    RecallState,
)


class MailedBefore(NamedTuple):
    """Who of a page has the edition, and of whom nobody knows yet: in flight, or the answer was lost."""

    mailed: frozenset[int]
    undecided: frozenset[int]


NOBODY = MailedBefore(frozenset(), frozenset())
_MAILED = frozenset(outcome for outcome in Outcome if outcome.was_accepted)


def is_retracted(mailing: models.Mailing) -> bool:
    """Whether what the provider took of a mailing may not leave: it is being recalled, or was, and answers to what was
    in flight then are still to be written down as recalled.
    """
    recalled = mailing.recalled_at is not None and mailing.recall == RecallState.OPEN
    return recalled or mailing.state == MailingState.RECALLING


def _is_worth_another_try(outcomes: Outcomes, place: int, outcome: Outcome) -> bool:
    """Whether it did not arrive for a reason that was ours: our plan was used up, or a block that is gone."""
    return outcome in states.TURNED_AWAY and outcomes.has_flag(place, MemberFlag.STILL_OWED)


@dataclass(slots=True)
class EarlierBatches:
    """The batches of the other mailings of an edition, taken up page by page, each page behind the one before.

    `after` is the id behind which the first page begins. What a batch says is read anew with each page. With
    `snapshot_id` they are those of the corrections that mail this snapshot.
    """

    edition_id: int
    mailing_id: int  # the mailing that is frozen now
    after: int
    snapshot_id: int | None = None
    _strata: list[tuple[int, int]] = field(init=False)  # mailing and stratum: so the index gives a range of ids
    _open: dict[int, int] = field(init=False)  # of batches that begin before the next page: its last id

    def __post_init__(self) -> None:
        earlier = models.Mailing.objects.filter(edition_id=self.edition_id, kind=MailingKind.EDITION)
        if self.snapshot_id is not None:
            earlier = models.Mailing.objects.filter(snapshot_id=self.snapshot_id, kind=MailingKind.CORRECTION)
        batches = models.Batch.objects.filter(mailing__in=earlier.exclude(id=self.mailing_id))
        self._strata = list(batches.order_by().values_list("mailing_id", "stratum").distinct())
        self._open = {}
        if self.after:
            spanning = batches.filter(first_id__lte=self.after, last_id__gt=self.after)
            self._open = dict(spanning.values_list("id", "last_id"))

    @property
    def is_empty(self) -> bool:
        """Whether no other mailing of the edition has any batches: nobody has it."""
        return not self._strata

    def read_page(self, upto: int) -> MailedBefore:
        """Who has it, or may have it, of the ids behind the page before up to `upto`."""
        for batch_id, last_id in self._list_beginning(upto):
            self._open[batch_id] = last_id
        mailed: set[int] = set()
        undecided: set[int] = set()
        batches = models.Batch.objects.filter(id__in=list(self._open)).select_related("mailing")
        for batch in batches.iterator(chunk_size=50):
            # What is planned in a mailing that goes on is still to come; in one that was cancelled it does not leave.
            leaves = batch.state == BatchState.SENDING or batch.mailing.state != MailingState.CANCELLED
            perhaps = {Outcome.UNKNOWN, Outcome.PLANNED} if leaves else {Outcome.UNKNOWN}
            if is_retracted(batch.mailing):
                perhaps.add(Outcome.ACCEPTED)
            outcomes = Outcomes(batch.outcomes, batch.format)
            members = unpack_members(batch.members, batch.format)
            for place, (person, outcome) in enumerate(zip(members, outcomes, strict=True)):
                if not self.after < person <= upto:
                    continue
                if outcome in perhaps:
                    undecided.add(person)
                elif outcome in _MAILED and not _is_worth_another_try(outcomes, place, outcome):
                    mailed.add(person)
        self._open = {batch_id: last_id for batch_id, last_id in self._open.items() if last_id > upto}
        self.after = upto
        return MailedBefore(frozenset(mailed), frozenset(undecided - mailed))

    def _list_beginning(self, upto: int) -> list[tuple[int, int]]:
        """The batches that begin between the page before and `upto`: their ids and last members."""
        if not self._strata:
            return []
        found = models.Batch.objects.filter(
            mailing_id__in={mailing for mailing, _ in self._strata},
            stratum__in={stratum for _, stratum in self._strata},
            first_id__gt=self.after,
            first_id__lte=upto,
        )
        return list(found.values_list("id", "last_id"))
