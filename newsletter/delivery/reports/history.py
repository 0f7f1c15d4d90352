"""One person in all mailings: the audience index says in which stratum, so that one batch of each mailing is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from django.db import connection
from django.db.models import Q

from newsletter.delivery import models
from newsletter.delivery.ledger import audience_index
from newsletter.delivery.ledger.format import Outcomes, find_place, unpack_members
from newsletter.delivery.ledger.states import Outcome, get_candidate_key
from newsletter.kernel import clock
from newsletter.kernel.actors import Actor, Verb

MAILINGS_PER_QUERY = 250  # to a query: two parameters each

_SELECT_INDEX = """
    SELECT m.id, d.places, d.format
      FROM delivery_mailing m
      JOIN delivery_directory d ON d.id = (SELECT x.id FROM delivery_directory x
                                            WHERE x.mailing_id = m.id AND x.first_id <= %s
                                            ORDER BY x.first_id DESC LIMIT 1)
     WHERE d.last_id >= %s
  ORDER BY m.due_at DESC, m.id DESC
"""
_SELECT_BATCHES = """
    SELECT b.mailing_id, b.handed_over_at, b.members, b.outcomes, b.format
      FROM (VALUES {pairs}) wanted
      JOIN delivery_batch b ON b.id = (SELECT x.id FROM delivery_batch x
                                        WHERE x.mailing_id = wanted.column1 AND x.stratum = wanted.column2
                                          AND x.first_id <= %s AND x.last_id >= %s AND NOT x.repair
                                     ORDER BY x.first_id DESC LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mailing as one person had it; `state` is the reason where the person was excluded.

    `at` is when the provider reported what went wrong, and `reason` what it said; of everybody else `at` is when it was
    submitted, for the ledger keeps no instant of a delivery. None while nothing of it was.
    """

    mailing_id: int
    edition_id: int
    newsletter_id: int
    due_at: datetime
    state: str
    excluded: bool = False
    at: datetime | None = None
    reason: str = ""

    @property
    def key(self) -> str:
        """What became of it: the key of an outcome or of a reason for exclusion, which no outcome has."""
        return get_candidate_key(self.state, excluded=self.excluded)


def list_deliveries(subscriber_id: int, *, limit: int = 50, by: Actor) -> tuple[Delivery, ...]:
    """The mailings that had this person as a candidate, newest first, and what became of each.

    Those to lists whose subscribers `by` may see.
    """
    visible = by.list_visible_lists(Verb.SUBSCRIBERS)
    found: list[Delivery] = []
    entries = _list_index_entries(subscriber_id)
    while len(found) < limit and (some := dict(islice(entries, MAILINGS_PER_QUERY))):
        rows = models.Mailing.objects.only("edition_id", "newsletter_id", "due_at")
        known = (rows if visible is None else rows.filter(list_id__in=visible)).in_bulk(list(some))
        some = {mailing_id: place for mailing_id, place in some.items() if mailing_id in known}
        became = _find_outcomes(
            subscriber_id, {of: place for of, place in some.items() if not audience_index.decode_exclusion(place)}
        )
        for mailing_id, place in some.items():
            excluded, row = audience_index.decode_exclusion(place), known[mailing_id]
            word, at = (excluded, None) if excluded else became.get(mailing_id, ("", None))
            if word:
                about = (mailing_id, row.edition_id, row.newsletter_id, row.due_at)
                found.append(Delivery(*about, word, excluded=bool(excluded), at=at))
    return _add_reported(subscriber_id, found[:limit])


def _add_reported(subscriber_id: int, found: Sequence[Delivery]) -> tuple[Delivery, ...]:
    """The same, with what the provider reported of those that failed."""
    failed = [each.mailing_id for each in found if not each.excluded]
    rows = models.DeliveryException.objects.filter(subscriber_id=subscriber_id, mailing_id__in=failed).order_by("at")
    reported = {mailing_id: (at, reason) for mailing_id, at, reason in rows.values_list("mailing_id", "at", "reason")}
    told = ((each, reported.get(each.mailing_id)) for each in found)
    return tuple(
        replace(each, at=last[0], reason=last[1]) if last and not each.excluded else each for each, last in told
    )


def find_reached(subscriber_ids: Collection[int], since: datetime) -> frozenset[int]:
    """Those of some people who are in a batch of a mailing frozen since an instant: it reached them, or may yet."""
    wanted, found = frozenset(subscriber_ids), set[int]()
    if not wanted:
        return frozenset()
    mailings = models.Mailing.objects.filter(Q(frozen_at__isnull=True) | Q(frozen_at__gte=since))
    batches = models.Batch.objects.filter(
        mailing__in=mailings.values("id"), first_id__lte=max(wanted), last_id__gte=min(wanted)
    )
    for members, form in batches.order_by("id").values_list("members", "format").iterator():
        found |= wanted.intersection(unpack_members(members, form))
        if len(found) == len(wanted):
            break
    return frozenset(found)


def _list_index_entries(subscriber_id: int) -> Iterator[tuple[int, int]]:
    """The mailings, newest first, and the entry of the person in the audience index of each."""
    with connection.cursor() as cursor:
        cursor.execute(_SELECT_INDEX, [subscriber_id, subscriber_id])
        pages = cursor.fetchall()
    for mailing_id, places, form in pages:
        place = audience_index.find_index_entry(places, subscriber_id, form)
        if place is not None:
            yield mailing_id, place


def _find_outcomes(subscriber_id: int, strata: dict[int, int]) -> dict[int, tuple[str, datetime | None]]:
    """What became of a person and when that was submitted, by mailing.

    A member planned once more counts in the batch that repaired it.
    """
    if not strata:
        return {}
    given = [number for pair in strata.items() for number in pair]
    with connection.cursor() as cursor:
        pairs = ", ".join(["(%s, %s)"] * len(strata))
        cursor.execute(_SELECT_BATCHES.format(pairs=pairs), [*given, subscriber_id, subscriber_id])
        became = {
            mailing_id: (_unpack_outcome(subscriber_id, *packed), clock.read_stored_instant(submitted_at))
            for mailing_id, submitted_at, *packed in cursor.fetchall()
        }
    repaired = [mailing_id for mailing_id, (outcome, _) in became.items() if outcome is Outcome.REPAIRED]
    if repaired:
        within = models.Batch.objects.filter(repair=True, first_id__lte=subscriber_id, last_id__gte=subscriber_id)
        for batch in within.filter(mailing_id__in=repaired).order_by("number"):
            outcome = _unpack_outcome(subscriber_id, batch.members, batch.outcomes, batch.format)
            if outcome is not None:
                became[batch.mailing_id] = outcome, batch.submitted_at
    return {mailing_id: (outcome.key, at) for mailing_id, (outcome, at) in became.items() if outcome is not None}


def _unpack_outcome(
    subscriber_id: int, members: bytes | memoryview, outcomes: bytes | memoryview, form: int
) -> Outcome | None:
    place = find_place(subscriber_id, unpack_members(members, form))
    return None if place is None else Outcomes(outcomes, form)[place]
