"""The candidates of a mailing one by one: who got it, who did not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import ClassVar

from django.db.models import Count, QuerySet, Sum

from newsletter.delivery import models
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import ExclusionReason, Outcome
from newsletter.kernel.actors import Actor, Verb, require_list_visible
from newsletter.kernel.errors import BadInput, NotFound
from subscribers import audience

ROWS_PER_QUERY = 1_000  # people to a query: SQLite and PostgreSQL both limit the parameters of one
_OUTCOME_KEYS = frozenset(outcome.key for outcome in Outcome if outcome != Outcome.REPAIRED)
_FoundCandidate = tuple[int, str, int | None]  # person, what became of them, number of the batch


@dataclass(frozen=True, slots=True)
class CandidateOutcome:
    """One candidate of a mailing and what became of them; `batch` is None for those excluded.

    `address` is the one that counted for this mailing: a later change of address does not show.
    """

    subscriber_id: int
    address: str
    state: str
    batch: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class ReportLine:
    """So many subscribers of a mailing with one outcome (or excluded) for one reason."""

    FORMER_NAMES: ClassVar = {"readers": "subscribers", "left_out": "excluded"}

    state: str
    reason: str
    subscribers: int
    excluded: bool


def list_recipients(
    mailing_id: int, *, state: str | None = None, limit: int = 100, after: int = 0, by: Actor
) -> tuple[CandidateOutcome, ...]:
    """The candidates of a mailing ascending by id behind `after`: all, with one outcome, or excluded for one reason.

    “bounced” and “complained” are both: those excluded for it have no batch. Raises BadInput for a state that does
    not exist, NotFound, NotAllowed for whoever may not see the subscribers of the mailing's list.
    """
    return tuple(islice(iterate_recipients(mailing_id, state=state, after=after, page_size=limit, by=by), limit))


def list_members(
    mailing_id: int, outcomes: Sequence[Outcome], *, limit: int, by: Actor
) -> tuple[CandidateOutcome, ...]:
    """Members with one of these outcomes, at most `limit`: those with the first of them in front, each ascending by id.

    The ledger is read once, and what is not looked for is not unpacked. Raises NotFound, NotAllowed for whoever may not
    see the subscribers of the mailing's list.
    """
    row = _get_visible_row(mailing_id, by)
    found: dict[Outcome, list[_FoundCandidate]] = {outcome: [] for outcome in outcomes}
    packed = models.Batch.objects.filter(mailing_id=mailing_id).order_by("id")
    rows = packed.values_list("number", "members", "outcomes", "format")
    for number, members, data, form in rows.iterator(chunk_size=200) if outcomes else ():
        became = Outcomes(data, form)
        for outcome in outcomes:
            if len(found[outcome]) < limit and (places := became.list_places(outcome)):
                people = unpack_members(members, form)
                found[outcome] += [(people[place], outcome.key, number) for place in places]
        if len(found[outcomes[0]]) >= limit:
            break
    page = min(limit, ROWS_PER_QUERY)
    listed = (each for some in found.values() for each in _add_addresses(row, iter(sorted(some)), page))
    return tuple(islice(listed, limit))


def iterate_recipients(
    mailing_id: int, *, state: str | None = None, after: int = 0, page_size: int = ROWS_PER_QUERY, by: Actor
) -> Iterator[CandidateOutcome]:
    """The same one after the other, however many they are; `page_size` are read at a time."""
    if state is not None and state not in _OUTCOME_KEYS and state not in (*ExclusionReason, "excluded"):
        raise BadInput(
            f"“{state}” is not a state. It can be {', '.join(sorted(_OUTCOME_KEYS))}, excluded, "
            f"{', '.join(ExclusionReason)}.",
            "state",
        )
    row = _get_visible_row(mailing_id, by)
    return _add_addresses(row, _find_matching(mailing_id, state, after), min(page_size, ROWS_PER_QUERY))


def _get_visible_row(mailing_id: int, by: Actor) -> models.Mailing:
    row = models.Mailing.objects.filter(id=mailing_id).first()
    if row is None:
        raise NotFound(f"There is no mailing {mailing_id}. See them all with: newsletter mailings list")
    require_list_visible(by, Verb.SUBSCRIBERS, row.list_id)
    return row


def count_by_reason(mailing_id: int) -> tuple[ReportLine, ...]:
    """Every candidate accounted for, by state and reason, most subscribers first within a state. Raises NotFound."""
    if not models.Mailing.objects.filter(id=mailing_id).exists():
        raise NotFound(f"There is no mailing {mailing_id}. See them all with: newsletter mailings list")
    counts: Counter[Outcome] = Counter()
    for packed, form in models.Batch.objects.filter(mailing_id=mailing_id).values_list("outcomes", "format"):
        counts += Outcomes(packed, form).count_outcomes()
    del counts[Outcome.REPAIRED]  # these count in the batch that repaired them
    reasons = models.DeliveryException.objects.filter(mailing_id=mailing_id).values_list("kind", "reason")
    explained = [(kind, why, n) for kind, why, n in reasons.annotate(n=Count("id")).order_by("kind", "-n")]
    lines: list[ReportLine] = []
    for outcome, total in sorted(counts.items()):
        rest = total
        for kind, why, n in explained:
            if kind == outcome.key and rest:
                lines.append(ReportLine(kind, why, min(n, rest), excluded=False))
                rest -= min(n, rest)
        if rest:
            lines.append(ReportLine(outcome.key, "", rest, excluded=False))
    excluded = models.Exclusion.objects.filter(mailing_id=mailing_id).values_list("reason").annotate(n=Sum("size"))
    return (*lines, *(ReportLine(why, "", n, excluded=True) for why, n in excluded.order_by("reason")))


def _add_addresses(row: models.Mailing, found: Iterator[_FoundCandidate], page: int) -> Iterator[CandidateOutcome]:
    """The same with addresses and reasons."""
    while some := list(islice(found, page)):
        ids = [person for person, _, _ in some]
        exceptions = models.DeliveryException.objects.filter(mailing_id=row.id, subscriber_id__in=ids).order_by("at")
        reasons = dict(exceptions.values_list("subscriber_id", "reason"))
        people = audience.get_audience_addresses(row.list_id, ids, as_of=row.frozen_at or row.created_at)
        for (person, became, batch), address in zip(some, people.addresses, strict=True):
            yield CandidateOutcome(person, address, became, batch, reasons.get(person, ""))


def _find_matching(mailing_id: int, state: str | None, after: int) -> Iterator[_FoundCandidate]:
    streams: list[Iterable[_FoundCandidate]] = []
    if state is None or state in _OUTCOME_KEYS:
        streams += _member_streams(mailing_id, state, after)
    if state is None or state in {*ExclusionReason, "excluded"}:
        streams += _exclusion_streams(mailing_id, state, after)
    return merge(*streams)


def _member_streams(mailing_id: int, state: str | None, after: int) -> Sequence[Iterable[_FoundCandidate]]:
    """A stream for each stratum, and one for each batch of a repair: within each, ids ascend."""
    mine = models.Batch.objects.filter(mailing_id=mailing_id, last_id__gt=after)
    first = mine.filter(repair=False)
    strata = first.order_by("stratum").values_list("stratum", flat=True).distinct()
    streams = [first.filter(stratum=stratum).order_by("first_id") for stratum in strata]
    streams += [mine.filter(id=batch_id) for batch_id in mine.filter(repair=True).values_list("id", flat=True)]
    return [_iterate_members(batches, state, after) for batches in streams]


def _iterate_members(batches: QuerySet[models.Batch], state: str | None, after: int) -> Iterator[_FoundCandidate]:
    wanted = None if state is None else Outcome[state.upper()]
    rows = batches.values_list("number", "members", "outcomes", "format")
    for number, packed, data, form in rows.iterator(chunk_size=20):
        outcomes = Outcomes(data, form)
        if wanted is not None and wanted not in outcomes:
            continue  # most batches of a long list, when few of it are looked for
        for person, outcome in zip(unpack_members(packed, form), outcomes, strict=True):
            if outcome == Outcome.REPAIRED:
                continue  # counts in the batch that repaired it
            if person > after and (wanted is None or outcome == wanted):
                yield person, outcome.key, number


def _exclusion_streams(mailing_id: int, state: str | None, after: int) -> Sequence[Iterable[_FoundCandidate]]:
    rows = models.Exclusion.objects.filter(mailing_id=mailing_id, last_id__gt=after)
    reasons = rows.order_by("reason").values_list("reason", flat=True).distinct()
    wanted = [reason for reason in reasons if state in (None, "excluded", reason)]
    return [_iterate_excluded(rows.filter(reason=reason).order_by("first_id"), after) for reason in wanted]


def _iterate_excluded(rows: QuerySet[models.Exclusion], after: int) -> Iterator[_FoundCandidate]:
    for row in rows.iterator(chunk_size=20):
        for person in unpack_members(row.members, row.format):
            if person > after:
                yield person, row.reason, None
