"""What was sent to whom: read out of the packed ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet, Sum

from newsletter.delivery import batching, ledger, models, states
from newsletter.delivery.states import Flag, Outcome
from newsletter.kernel.errors import BadInput, NotFound
from subscribers import reads as subscribers

__all__ = [
    "Alarm", "Delivery", "Mailing", "Who", "clicks", "due_of_edition", "editions_by_key", "house_alarms", "mailing", "mailing_of_edition",
    "mailings", "outcomes_of", "was_cancelled", "who",
]  # fmt: skip

_WORDS = frozenset(outcome.word for outcome in Outcome if outcome != Outcome.REPAIRED)
ENGAGEMENT = (Flag.OPENED, Flag.OPENED_BY_MACHINE, Flag.CLICKED, Flag.CLICKED_BY_MACHINE)
ROWS = 1_000  # to a query: SQLite and PostgreSQL both limit the parameters of one


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something an operator must know; `count` says how often it was seen."""

    message: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Mailing:
    """One mailing. `excluded` counts by reason, `counts` members by outcome, `batches` requests by state.

    `engagement` counts members who opened or clicked, people and machines apart; `twice` those mailed twice.
    """

    id: int
    key: str
    kind: str
    state: str
    reason: str
    newsletter_id: int
    edition_id: int
    list_id: int
    provider: str
    due_at: datetime
    created_at: datetime
    created_by: str
    frozen_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    candidates: int
    planned: int
    excluded: dict[str, int]
    counts: dict[str, int]
    batches: dict[str, int]
    engagement: dict[str, int]
    twice: int
    alarms: tuple[Alarm, ...]

    @property
    def taken(self) -> int:
        """How many the provider took, whatever became of them afterwards."""
        return sum(n for word, n in self.counts.items() if Outcome[word.upper()].taken)

    @property
    def left_out(self) -> int:
        """How many were left out, for whatever reason."""
        return sum(self.excluded.values())

    @property
    def adds_up(self) -> bool:
        """Whether every candidate is accounted for."""
        return self.candidates == self.planned + self.left_out and self.planned == sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Who:
    """One candidate of a mailing and what became of them; `batch` is None for those left out.

    `address` is the one that counted for this mailing: whoever moved since is shown as mailed there.
    """

    subscriber_id: int
    address: str
    state: str
    batch: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mailing as one person had it."""

    mailing_id: int
    edition_id: int
    newsletter_id: int
    due_at: datetime
    state: str


def mailing(mailing_id: int) -> Mailing:
    """The mailing with this id. Raises NotFound."""
    row = models.Mailing.objects.filter(id=mailing_id).first()
    if row is None:
        raise NotFound(f"There is no mailing {mailing_id}. See them all with: newsletter mailings list")
    return _mailing(row)


def mailings(*, limit: int = 20, newsletter_ids: Iterable[int] | None = None) -> tuple[Mailing, ...]:
    """Mailings by due time, newest first; of some newsletters or (None) all."""
    rows = models.Mailing.objects.order_by("-due_at", "-id")
    if newsletter_ids is not None:
        rows = rows.filter(newsletter_id__in=list(newsletter_ids))
    return tuple(_mailing(row) for row in rows[:limit])


def editions_by_key(keys: Iterable[str]) -> dict[str, int]:
    """The editions of the mailings with these opaque keys."""
    return dict(models.Mailing.objects.filter(key__in=list(keys)).values_list("key", "edition_id"))


def mailing_of_edition(edition_id: int) -> Mailing | None:
    """The mailing of an edition to its list, if there is one."""
    row = (
        models.Mailing.objects.filter(edition_id=edition_id, kind=models.Mailing.Kind.EDITION)
        .exclude(state=states.CANCELLED)
        .first()
    )
    return _mailing(row) if row else None


def due_of_edition(edition_id: int) -> datetime | None:
    """When the mailing of an edition to its list was or is due; unpacks no ledger for it."""
    rows = models.Mailing.objects.filter(edition_id=edition_id, kind=models.Mailing.Kind.EDITION)
    return rows.exclude(state=states.CANCELLED).values_list("due_at", flat=True).first()


def was_cancelled(edition_id: int) -> bool:
    """Whether somebody cancelled a mailing of this edition."""
    rows = models.Mailing.objects.filter(edition_id=edition_id, kind=models.Mailing.Kind.EDITION)
    return rows.filter(state=states.CANCELLED).exists()


def _mailing(row: models.Mailing) -> Mailing:
    counts: Counter[Outcome] = Counter()
    flags: Counter[Flag] = Counter()
    for packed, form in row.batches.values_list("outcomes", "format").iterator(chunk_size=200):
        outcomes = ledger.Outcomes(packed, form)
        counts += outcomes.counts()
        flags += outcomes.flag_counts()
    del counts[Outcome.REPAIRED]  # these count in the batch that repaired them
    excluded = row.exclusions.values_list("reason").annotate(n=Sum("size")).order_by("reason")
    batches = row.batches.values_list("state").annotate(n=Count("id")).order_by("state")
    return Mailing(
        id=row.id,
        key=row.key,
        kind=row.kind,
        state=row.state,
        reason=row.reason,
        newsletter_id=row.newsletter_id,
        edition_id=row.edition_id,
        list_id=row.list_id,
        provider=row.provider,
        due_at=row.due_at,
        created_at=row.created_at,
        created_by=row.created_by,
        frozen_at=row.frozen_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        candidates=row.candidates,
        planned=row.planned,
        excluded=dict(excluded),
        counts={outcome.word: n for outcome, n in sorted(counts.items())},
        batches=dict(batches),
        engagement={(flag.name or "").lower(): flags[flag] for flag in ENGAGEMENT if flags[flag]},
        twice=flags[Flag.TWICE],
        alarms=_alarms(row.alarms.all()),
    )


def house_alarms() -> tuple[Alarm, ...]:
    """What is wrong with our account at the provider, newest first."""
    return _alarms(models.Alarm.objects.filter(mailing=None))


def _alarms(rows: QuerySet[models.Alarm]) -> tuple[Alarm, ...]:
    return tuple(Alarm(row.message, row.count, row.first_at, row.last_at) for row in rows.order_by("-last_at"))


def clicks(mailing_id: int) -> dict[str, tuple[int, int]]:
    """How often the links of each story were clicked, by the pick's key: by people, by machines."""
    rows = models.PickClicks.objects.filter(mailing_id=mailing_id)
    return {row.pick: (row.people, row.machines) for row in rows}


def who(mailing_id: int, *, state: str | None = None, limit: int = 100, after: int = 0) -> tuple[Who, ...]:
    """The candidates of a mailing ascending by id behind `after`: all, with one outcome, or left out for one reason.

    “bounced” and “complained” are both: who was left out for it has no batch.
    Raises BadInput for a state that does not exist, NotFound.
    """
    if state is not None and state not in _WORDS and state not in (*states.EXCLUSIONS, "excluded"):
        raise BadInput(
            f"“{state}” is no state. It can be {', '.join(sorted(_WORDS))}, excluded, {', '.join(states.EXCLUSIONS)}.",
            "state",
        )
    row = models.Mailing.objects.filter(id=mailing_id).first()
    if row is None:
        raise NotFound(f"There is no mailing {mailing_id}. See them all with: newsletter mailings list")
    found = sorted(_matching(mailing_id, state, limit, after))[:limit]
    return tuple(each for page in batching.chunks(found, ROWS) for each in _told(row, page))


def _told(row: models.Mailing, found: Sequence[tuple[int, str, int | None]]) -> Iterator[Who]:
    """The same with addresses and reasons."""
    ids = [person for person, _, _ in found]
    incidents = models.Incident.objects.filter(mailing_id=row.id, subscriber_id__in=ids).order_by("at")
    reasons = dict(incidents.values_list("subscriber_id", "reason"))
    people = subscribers.recipients(row.list_id, ids, as_of=row.frozen_at or row.created_at)
    for (person, became, batch), known in zip(found, people, strict=True):
        yield Who(person, known.address, became, batch, reasons.get(person, ""))


def _matching(mailing_id: int, state: str | None, limit: int, after: int) -> Iterator[tuple[int, str, int | None]]:
    if state is None or state in _WORDS:
        yield from _members(mailing_id, state, limit, after)
    if state is None or state in {*states.EXCLUSIONS, "excluded"}:
        yield from _excluded(mailing_id, state, limit, after)


def _members(mailing_id: int, state: str | None, limit: int, after: int) -> Iterator[tuple[int, str, int]]:
    taken = 0
    rows = models.Batch.objects.filter(mailing_id=mailing_id, last_id__gt=after).order_by("first_id")
    for batch in rows.iterator(chunk_size=50):
        members = ledger.unpack_members(batch.members, batch.format)
        for person, outcome in zip(members, ledger.Outcomes(batch.outcomes, batch.format), strict=True):
            if outcome == Outcome.REPAIRED:
                continue  # counts in the batch that repaired it
            if person > after and (state is None or outcome.word == state):
                yield person, outcome.word, batch.number
                taken += 1
        if taken >= limit:
            return


def _excluded(mailing_id: int, state: str | None, limit: int, after: int) -> Iterator[tuple[int, str, None]]:
    rows = models.Exclusion.objects.filter(mailing_id=mailing_id, last_id__gt=after).order_by("first_id")
    if state not in (None, "excluded"):
        rows = rows.filter(reason=state)
    for row in rows.iterator(chunk_size=50):
        members = [person for person in ledger.unpack_members(row.members, row.format) if person > after]
        yield from ((person, row.reason, None) for person in members[:limit])


def outcomes_of(subscriber_id: int, *, limit: int = 50) -> tuple[Delivery, ...]:
    """The mailings that had this person as a candidate, newest first, and what became of each."""
    within = {"first_id__lte": subscriber_id, "last_id__gte": subscriber_id}
    found: list[Delivery] = []
    for batch in models.Batch.objects.filter(**within).select_related("mailing").order_by("-mailing__due_at"):
        place = ledger.place_of(subscriber_id, ledger.unpack_members(batch.members, batch.format))
        outcome = None if place is None else ledger.Outcomes(batch.outcomes, batch.format)[place]
        if outcome is not None and outcome != Outcome.REPAIRED:
            found.append(_delivery(batch.mailing, outcome.word))
    for row in models.Exclusion.objects.filter(**within).select_related("mailing").order_by("-mailing__due_at"):
        if ledger.place_of(subscriber_id, ledger.unpack_members(row.members, row.format)) is not None:
            found.append(_delivery(row.mailing, row.reason))
    return tuple(sorted(found, key=lambda each: each.due_at, reverse=True)[:limit])


def _delivery(row: models.Mailing, state: str) -> Delivery:
    return Delivery(row.id, row.edition_id, row.newsletter_id, row.due_at, state)
