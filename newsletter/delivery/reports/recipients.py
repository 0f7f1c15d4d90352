"""The candidates of a mailing one by one: who got it, who did not, and why."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import groupby, islice
from typing import Any, ClassVar

from django.db.models import Count, QuerySet, Sum

from newsletter.delivery import models
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import EXCLUDED, ExclusionReason, Outcome, get_candidate_key, parse_outcome
from newsletter.delivery.reports import ledger_sums
from newsletter.delivery.sending.send_again import generalise_reason
from newsletter.kernel.actors import Actor, Verb, require_list_visible
from newsletter.kernel.errors import BadInput, NotFound
from subscribers import audience, subscriber_lookup

MOST_WORDINGS = 5_000  # of reasons that are grouped for a page
ROWS_PER_QUERY = 1_000  # people to a query: SQLite and PostgreSQL both limit the parameters of one
FEW = 20_000  # so many candidates can be looked at one by one to find a name among them
_OUTCOME_KEYS = frozenset(outcome.key for outcome in Outcome if outcome != Outcome.REPAIRED)
_EXCLUSION_KEYS = frozenset(reason.key for reason in ExclusionReason)
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
    at: datetime | None = None  # when the provider gave the reason
    excluded: bool = False  # it was never planned, and `state` is the reason for that

    @property
    def key(self) -> str:
        """What became of it: the key of an outcome or of a reason for exclusion, which no outcome has."""
        return get_candidate_key(self.state, excluded=self.excluded)


@dataclass(frozen=True, slots=True)
class ReportLine:
    """So many subscribers of a mailing with one outcome (or excluded) for one reason."""

    FORMER_NAMES: ClassVar = {"readers": "subscribers", "left_out": "excluded"}

    state: str
    reason: str
    subscribers: int
    excluded: bool


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """What the provider said of so many members, without what differs from one of them to the next."""

    reason: str
    subscribers: int


def list_recipients(
    mailing_id: int,
    *,
    state: str | Collection[str] | None = None,
    reason: str = "",
    text: str = "",
    limit: int = 100,
    after: int = 0,
    by: Actor,
) -> tuple[CandidateOutcome, ...]:
    """The candidates of a mailing ascending by id behind `after`, at most `limit`; see `iterate_recipients`."""
    found = iterate_recipients(mailing_id, state=state, reason=reason, text=text, after=after, page_size=limit, by=by)
    return tuple(islice(found, limit))


def iterate_recipients(
    mailing_id: int,
    *,
    state: str | Collection[str] | None = None,
    reason: str = "",
    text: str = "",
    after: int = 0,
    page_size: int = ROWS_PER_QUERY,
    by: Actor,
) -> Iterator[CandidateOutcome]:
    """The candidates of a mailing, ascending by id behind `after`; `page_size` are read at a time.

    All of them, or those with one of these outcomes or reasons for exclusion (`state`), those of whom the provider gave
    this `reason`, and those with `text` in their name or an address. “bounced” and “complained” are outcomes; those
    excluded for what was before are “excluded_bounced” and “excluded_complained”. Raises BadInput for a state that does
    not exist, NotFound, NotAllowed for whoever may not see the subscribers of the mailing's list.
    """
    states = None if state is None else _parse_states([state] if isinstance(state, str) else state)
    row = _get_visible_row(mailing_id, by)
    page = min(page_size, ROWS_PER_QUERY)
    if text and not reason and not (states and _are_few(mailing_id, states)):
        return _add_addresses(row, _find_among(row, _find_named(row, text, after, by), states), page)
    found = (
        _find_among(row, _find_explained(row, reason, after), states)
        if reason
        else _find_matching(mailing_id, states, after)
    )
    return _add_addresses(row, _keep_named(found, text, by) if text else found, page)


def _parse_states(given: Collection[str]) -> frozenset[str]:
    """Keys of outcomes and of reasons for exclusion; all of those where the excluded are asked for."""
    states = {parse_outcome(each) for each in given}
    unknown = states - _OUTCOME_KEYS - _EXCLUSION_KEYS - {EXCLUDED}
    if unknown:
        raise BadInput(
            f"“{min(unknown)}” is not a state. It can be {', '.join(sorted(_OUTCOME_KEYS))}, {EXCLUDED}, "
            f"{', '.join(sorted(_EXCLUSION_KEYS))}.",
            "state",
        )
    return frozenset(states | _EXCLUSION_KEYS if EXCLUDED in states else states)


def _get_visible_row(mailing_id: int, by: Actor) -> models.Mailing:
    row = models.Mailing.objects.filter(id=mailing_id).first()
    if row is None:
        raise NotFound(f"There is no mailing {mailing_id}.", command_hint="See them all with: newsletter mailings list")
    require_list_visible(by, Verb.SUBSCRIBERS, row.list_id)
    return row


def list_reasons(mailing_id: int, states: Collection[str] | None, *, limit: int) -> tuple[ReasonCount, ...]:
    """What the provider said of members with these outcomes (None: any), the most frequent first."""
    rows = models.DeliveryException.objects.filter(mailing_id=mailing_id).exclude(reason="")
    rows = rows if states is None else rows.filter(kind__in=states)
    counted = rows.values_list("reason").annotate(n=Count("id")).order_by("-n", "reason")
    found: Counter[str] = Counter()
    for reason, n in counted[:MOST_WORDINGS]:  # most name the subscriber, so that many mean the same
        found[generalise_reason(reason)] += n
    return tuple(ReasonCount(*each) for each in sorted(found.items(), key=lambda each: (-each[1], each[0]))[:limit])


def count_by_reason(mailing_id: int) -> tuple[ReportLine, ...]:
    """Every candidate accounted for, by state and reason, most subscribers first within a state. Raises NotFound."""
    if not models.Mailing.objects.filter(id=mailing_id).exists():
        raise NotFound(f"There is no mailing {mailing_id}.", command_hint="See them all with: newsletter mailings list")
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
        reasons = {person: (why, at) for person, why, at in exceptions.values_list("subscriber_id", "reason", "at")}
        addresses = audience.list_addresses_at(ids, as_of=row.frozen_at or row.created_at)
        for (person, became, batch), address in zip(some, addresses, strict=True):
            why, at = reasons.get(person, ("", None))
            yield CandidateOutcome(person, address, became, batch, why, at, excluded=batch is None)


def _are_few(mailing_id: int, states: frozenset[str]) -> bool:
    """Whether so few had these outcomes that all of them may be looked at."""
    counts: Counter[str] = Counter()
    for by_outcome, _ in ledger_sums.read_sums([mailing_id])[mailing_id].by_variant.values():
        counts.update({outcome.key: n for outcome, n in by_outcome.items()})
    return not states & _EXCLUSION_KEYS and sum(counts[state] for state in states) <= FEW


def _find_named(row: models.Mailing, text: str, after: int, by: Actor) -> Iterator[Sequence[int]]:
    """Subscribers of the list with a text in their name or an address: pages of ascending ids."""
    while found := subscriber_lookup.find_subscribers(
        text, by=by, list_id=row.list_id, limit=ROWS_PER_QUERY, after=after
    ):
        yield [each.id for each in found]
        after = found[-1].id


def _find_explained(row: models.Mailing, reason: str, after: int) -> Iterator[Sequence[int]]:
    """Candidates of whom the provider gave a reason, as `list_reasons` groups them: pages of ascending ids."""
    wanted = generalise_reason(reason)
    explained = models.DeliveryException.objects.filter(mailing_id=row.id, subscriber_id__gt=after).exclude(reason="")
    said = explained.order_by("subscriber_id").values_list("subscriber_id", "reason").iterator()
    ids = (person for person, why in said if generalise_reason(why) == wanted)
    each_once = (person for person, _ in groupby(ids))
    while page := list(islice(each_once, ROWS_PER_QUERY)):
        yield page


def _keep_named(found: Iterator[_FoundCandidate], text: str, by: Actor) -> Iterator[_FoundCandidate]:
    """Those with a text in their name or an address."""
    while some := list(islice(found, ROWS_PER_QUERY)):
        matching = subscriber_lookup.find_matching([person for person, _, _ in some], text, by=by)
        yield from (each for each in some if each[0] in matching)


def _find_among(
    row: models.Mailing, pages: Iterable[Sequence[int]], states: frozenset[str] | None
) -> Iterator[_FoundCandidate]:
    """What became of some people, as far as they were candidates: the batches that have them are read, no others."""
    for ids in pages:
        yield from sorted(_find_members(row.id, ids, states) + _find_excluded(row.id, ids, states))


def _find_members(mailing_id: int, ids: Sequence[int], states: frozenset[str] | None) -> list[_FoundCandidate]:
    found: list[_FoundCandidate] = []
    batches = models.Batch.objects.filter(mailing_id=mailing_id)
    wanted = _find_holding(batches, ids)
    rows = batches.filter(id__in=wanted).values_list("number", "members", "outcomes", "format")
    for number, packed, data, form in rows.iterator(chunk_size=20):
        outcomes = Outcomes(data, form)
        for person, place in _find_places(unpack_members(packed, form), ids):
            if (became := outcomes[place]) != Outcome.REPAIRED and (states is None or became.key in states):
                found.append((person, became.key, number))
    return found


def _find_excluded(mailing_id: int, ids: Sequence[int], states: frozenset[str] | None) -> list[_FoundCandidate]:
    found: list[_FoundCandidate] = []
    exclusions = models.Exclusion.objects.filter(mailing_id=mailing_id)
    rows = exclusions.filter(id__in=_find_holding(exclusions, ids)).values_list("reason", "members", "format")
    for reason, packed, form in rows.iterator(chunk_size=20):
        if _is_wanted(reason, states):
            found += [(person, reason, None) for person, _ in _find_places(unpack_members(packed, form), ids)]
    return found


def _is_wanted(reason: str, states: frozenset[str] | None) -> bool:
    """Whether those excluded for a reason, given as it is stored, are asked for."""
    return states is None or get_candidate_key(reason, excluded=True) in states


def _find_holding(rows: QuerySet[Any], ids: Sequence[int]) -> list[int]:
    """The rows whose range of members has one of these people, who ascend."""
    if not ids:
        return []
    near = rows.filter(first_id__lte=ids[-1], last_id__gte=ids[0]).values_list("id", "first_id", "last_id")
    return [id for id, first, last in near if bisect_left(ids, first) < bisect_right(ids, last)]


def _find_places(members: Sequence[int], ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Those of `ids` that are members, with their place; both ascend."""
    for person in ids[bisect_left(ids, members[0]) : bisect_right(ids, members[-1])]:
        place = bisect_left(members, person)
        if members[place] == person:
            yield person, place


def _find_matching(mailing_id: int, states: frozenset[str] | None, after: int) -> Iterator[_FoundCandidate]:
    streams: list[Iterable[_FoundCandidate]] = []
    if states is None or states & _OUTCOME_KEYS:
        streams += _member_streams(mailing_id, states, after)
    if states is None or states & _EXCLUSION_KEYS:
        streams += _exclusion_streams(mailing_id, states, after)
    return merge(*streams)


def _member_streams(mailing_id: int, states: frozenset[str] | None, after: int) -> Sequence[Iterable[_FoundCandidate]]:
    """A stream for each stratum, and one for each batch of a repair: within each, ids ascend."""
    mine = models.Batch.objects.filter(mailing_id=mailing_id, last_id__gt=after)
    first = mine.filter(repair=False)
    strata = first.order_by("stratum").values_list("stratum", flat=True).distinct()
    streams = [first.filter(stratum=stratum).order_by("first_id") for stratum in strata]
    streams += [mine.filter(id=batch_id) for batch_id in mine.filter(repair=True).values_list("id", flat=True)]
    wanted = None if states is None else frozenset(each for each in Outcome if each.key in states)
    return [_iterate_members(batches, wanted, after) for batches in streams]


def _iterate_members(
    batches: QuerySet[models.Batch], wanted: frozenset[Outcome] | None, after: int
) -> Iterator[_FoundCandidate]:
    rows = batches.values_list("number", "members", "outcomes", "format")
    for number, packed, data, form in rows.iterator(chunk_size=20):
        outcomes = Outcomes(data, form)
        if wanted is not None and not any(each in outcomes for each in wanted):
            continue  # most batches of a long list, when few of it are looked for
        for person, outcome in zip(unpack_members(packed, form), outcomes, strict=True):
            if outcome == Outcome.REPAIRED:
                continue  # counts in the batch that repaired it
            if person > after and (wanted is None or outcome in wanted):
                yield person, outcome.key, number


def _exclusion_streams(
    mailing_id: int, states: frozenset[str] | None, after: int
) -> Sequence[Iterable[_FoundCandidate]]:
    rows = models.Exclusion.objects.filter(mailing_id=mailing_id, last_id__gt=after)
    reasons = rows.order_by("reason").values_list("reason", flat=True).distinct()
    wanted = [reason for reason in reasons if _is_wanted(reason, states)]
    return [_iterate_excluded(rows.filter(reason=reason).order_by("first_id"), after) for reason in wanted]


def _iterate_excluded(rows: QuerySet[models.Exclusion], after: int) -> Iterator[_FoundCandidate]:
    for row in rows.iterator(chunk_size=20):
        for person in unpack_members(row.members, row.format):
            if person > after:
                yield person, row.reason, None
