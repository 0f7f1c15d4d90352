"""What was sent to whom: read out of the packed ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from newsletter.curator.editions import edition_lookup
from newsletter.delivery import models
from newsletter.delivery.ledger.states import (
    BatchState,
    ExclusionReason,
    MailingKind,
    MailingState,
    MemberFlag,
    Outcome,
    RecallState,
)
from newsletter.delivery.reports import ledger_sums
from newsletter.delivery.reports.departures import ON_TIME, find_departure, select_repair
from newsletter.delivery.reports.ledger_sums import LedgerSums
from newsletter.delivery.sending import recall_window, reconsider
from newsletter.kernel.errors import NotFound

ENGAGEMENT = (MemberFlag.OPENED, MemberFlag.OPENED_BY_MACHINE, MemberFlag.CLICKED, MemberFlag.CLICKED_BY_MACHINE)


STOPPED_STATES = (MailingState.PAUSED, MailingState.HELD, MailingState.RECALLING)  # these wait for somebody
TROUBLE_SHOWN_FOR = timedelta(days=14)  # what is unknown, undecided or alarming of a mailing is shown as long as this
LOOK_BACK = timedelta(days=3)  # ids of events are kept for longer


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something an operator must know; `count` says how often it was seen."""

    message: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class VariantCounts:
    """How a variant of the mail did: how many were planned and accepted, how many people opened and clicked."""

    planned: int
    taken: int
    opened: int
    clicked: int


@dataclass(frozen=True, slots=True)
class Mailing:
    """One mailing. `excluded` counts by reason, `counts` members by outcome, `batches` requests by state.

    `account` is the fingerprint of the provider account it may leave by, "" where any may.
    `engagement` counts members who opened or clicked, people and machines apart; `twice` those mailed twice,
    `unsubscribed_after_send` those who left when their message was on its way. `recall` is the state of the recall
    window
    (`RecallState.WANTED` and so on, "" without one), and `recallable_until` the last call, None when it is closed.
    `recalling_by` and `recalling_since` say who last asked for a recall, and when; `cancel_ids_asked` how often the
    provider was asked for an id to cancel it by: what is more than one was asked for in vain. `waits_for` are the
    mailings that may have reached those excluded as undecided.
    """

    FORMER_NAMES: ClassVar = {"left_too_late": "unsubscribed_after_send"}

    id: int
    key: str
    kind: MailingKind
    state: MailingState
    reason: str
    newsletter_id: int
    edition_id: int
    snapshot_id: int
    list_id: int
    provider: str
    account: str
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
    unsubscribed_after_send: int
    recall: RecallState
    recallable_until: datetime | None
    recalling_by: str
    recalling_since: datetime | None
    recalled_at: datetime | None
    cancel_ids_asked: int
    waits_for: tuple[int, ...]
    alarms: tuple[Alarm, ...]
    left_at: datetime | None  # when it went out, or the rest of it after a stop
    variants: dict[str, VariantCounts]  # by `curator.variants` code; one of "" where everybody gets the same

    @property
    def is_late(self) -> bool:
        """Whether it left after its time."""
        return self.left_at is not None and self.left_at > self.due_at + ON_TIME

    @property
    def accepted_total(self) -> int:
        """How many the provider took, whatever became of them afterwards."""
        return sum(n for word, n in self.counts.items() if Outcome[word.upper()].was_accepted)

    @property
    def delivered_total(self) -> int:
        """How many have it by the provider's reports, whatever they said of it afterwards."""
        return sum(self.counts.get(outcome.key, 0) for outcome in (Outcome.DELIVERED, Outcome.COMPLAINED))

    @property
    def excluded_total(self) -> int:
        """How many were excluded, for any reason."""
        return sum(self.excluded.values())

    @property
    def adds_up(self) -> bool:
        """Whether every candidate is accounted for."""
        return self.candidates == self.planned + self.excluded_total and self.planned == sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class MailingOutline:
    """A mailing as its own row has it, without what its ledger says."""

    id: int
    state: MailingState
    reason: str
    due_at: datetime
    planned: int


def get_mailing(mailing_id: int) -> Mailing:
    """The mailing with this id. Raises NotFound."""
    row = models.Mailing.objects.filter(id=mailing_id).annotate(was_repaired=select_repair()).first()
    if row is None:
        raise _build_not_found(mailing_id)
    return _to_mailings([row])[0]


@dataclass(frozen=True, slots=True)
class BatchCount:
    """The batches of a mailing in one state; `last_at` is when the latest of them was submitted."""

    state: BatchState
    batches: int
    subscribers: int
    last_at: datetime | None


def count_batches(mailing_id: int) -> tuple[BatchCount, ...]:
    """The batches of a mailing by state; unpacks nothing."""
    rows = models.Batch.objects.filter(mailing_id=mailing_id).values_list("state")
    counted = rows.annotate(n=Count("id"), members=Sum("size"), last=Max("submitted_at")).order_by("state")
    return tuple(BatchCount(BatchState(state), *numbers) for state, *numbers in counted)


def get_newsletter_of_mailing(mailing_id: int) -> int:
    """The newsletter of a mailing. Raises NotFound."""
    newsletter_id = models.Mailing.objects.filter(id=mailing_id).values_list("newsletter_id", flat=True).first()
    if newsletter_id is None:
        raise _build_not_found(mailing_id)
    return newsletter_id


def _build_not_found(mailing_id: int) -> NotFound:
    return NotFound(f"There is no mailing {mailing_id}.", command_hint="See them all with: newsletter mailings list")


@dataclass(frozen=True, slots=True)
class MailingFilter:
    """Which mailings a list shows: of some newsletters or (None) all. `text`: a part of their edition's subject.

    `in_trouble_since`: only those that wait for somebody, and of those due since then also where somebody does not
    know whether they got it, is undecided, or an alarm was raised.
    """

    newsletter_ids: Collection[int] | None = None
    states: Collection[MailingState] = ()
    due_between: tuple[datetime, datetime] | None = None
    text: str = ""
    in_trouble_since: datetime | None = None


EVERY_MAILING = MailingFilter()


def list_mailings(wanted: MailingFilter = EVERY_MAILING, *, limit: int = 20, after: int = 0) -> tuple[Mailing, ...]:
    """Mailings by due time, newest first; those behind the mailing `after` alone."""
    rows = _filter_mailings(wanted)
    last = models.Mailing.objects.filter(id=after).values_list("due_at", flat=True).first() if after else None
    if last is not None:
        rows = rows.filter(Q(due_at__lt=last) | Q(due_at=last, id__lt=after))
    return _to_mailings(rows.order_by("-due_at", "-id")[:limit])


def list_mailing_ids(wanted: MailingFilter, *, limit: int) -> tuple[int, ...]:
    """The same mailings by id alone, for `get_mailings`."""
    return tuple(_filter_mailings(wanted).order_by("-due_at", "-id").values_list("id", flat=True)[:limit])


def get_mailings(mailing_ids: Iterable[int]) -> dict[int, Mailing]:
    """These mailings, by id."""
    return {each.id: each for each in _to_mailings(_filter_mailings(EVERY_MAILING).filter(id__in=set(mailing_ids)))}


def find_mailing_span(newsletter_ids: Collection[int]) -> tuple[datetime, datetime] | None:
    """When the first and the last mailing of some newsletters were or are due; None without any."""
    span = _filter_mailings(MailingFilter(newsletter_ids)).aggregate(first=Min("due_at"), last=Max("due_at"))
    return (span["first"], span["last"]) if span["first"] else None


def _filter_mailings(wanted: MailingFilter) -> QuerySet[models.Mailing]:
    rows = models.Mailing.objects.annotate(was_repaired=select_repair())
    if wanted.newsletter_ids is not None:
        rows = rows.filter(newsletter_id__in=wanted.newsletter_ids)
    if wanted.states:
        rows = rows.filter(state__in=wanted.states)
    if wanted.due_between:
        first, end = wanted.due_between
        rows = rows.filter(due_at__gte=first, due_at__lt=end)
    if wanted.text:
        rows = rows.filter(edition_lookup.build_subject_condition(wanted.text, "edition__"))
    if wanted.in_trouble_since:
        rows = rows.filter(_is_in_trouble(wanted.in_trouble_since))
    return rows


def _is_in_trouble(since: datetime) -> Q:
    """For queries of mailings."""
    unknown = models.Batch.objects.filter(mailing=OuterRef("id"), state=BatchState.UNKNOWN)
    undecided = models.Exclusion.objects.filter(mailing=OuterRef("id"), reason=ExclusionReason.UNDECIDED)
    alarms = models.Alarm.objects.filter(mailing=OuterRef("id"))
    is_alarming = Q(Exists(unknown)) | Q(Exists(undecided)) | Q(Exists(alarms))
    return Q(state__in=STOPPED_STATES) | (Q(due_at__gte=since) & is_alarming)


def count_mailings(wanted: MailingFilter) -> int:
    """How many mailings a list would show."""
    return _filter_mailings(wanted).count()


def find_editions_by_key(keys: Iterable[str]) -> dict[str, int]:
    """The editions of the mailings with these opaque keys."""
    return dict(models.Mailing.objects.filter(key__in=list(keys)).values_list("key", "edition_id"))


def find_mailing_of_edition(edition_id: int) -> Mailing | None:
    """The mailing of an edition to its list, if there is one."""
    row = _select_of_edition(edition_id).first()
    return _to_mailings([row])[0] if row else None


def list_ids_of_edition(edition_id: int) -> tuple[int, ...]:
    """The mailings of an edition, of every kind, the cancelled ones as well, in order."""
    return tuple(models.Mailing.objects.filter(edition_id=edition_id).order_by("id").values_list("id", flat=True))


def find_outline_of_edition(edition_id: int) -> MailingOutline | None:
    """The outline of that mailing, if there is one."""
    row = _select_of_edition(edition_id).only("id", "state", "reason", "due_at", "planned").first()
    return MailingOutline(row.id, MailingState(row.state), row.reason, row.due_at, row.planned) if row else None


def _select_of_edition(edition_id: int) -> QuerySet[models.Mailing]:
    rows = models.Mailing.objects.filter(edition_id=edition_id, kind=MailingKind.EDITION)
    return rows.exclude(state=MailingState.CANCELLED).annotate(was_repaired=select_repair())


def find_due_times(edition_ids: Iterable[int]) -> dict[int, datetime]:
    """When the mailings of editions to their lists were or are due, by edition; unpacks no ledger for it."""
    rows = models.Mailing.objects.filter(edition_id__in=list(edition_ids), kind=MailingKind.EDITION)
    return dict(rows.exclude(state=MailingState.CANCELLED).values_list("edition_id", "due_at"))


def was_cancelled(edition_id: int) -> bool:
    """Whether somebody cancelled a mailing of this edition."""
    rows = models.Mailing.objects.filter(edition_id=edition_id, kind=MailingKind.EDITION)
    return rows.filter(state=MailingState.CANCELLED).exists()


def _to_mailings(rows: Iterable[models.Mailing]) -> tuple[Mailing, ...]:
    """The values of rows, with as many queries for many as for one."""
    found = list(rows)
    ids = [row.id for row in found]
    sums = ledger_sums.read_sums(ids)
    excluded: dict[int, dict[str, int]] = {each: {} for each in ids}
    counted = models.Exclusion.objects.filter(mailing_id__in=ids).values_list("mailing_id", "reason")
    for mailing_id, reason, n in counted.annotate(n=Sum("size")).order_by("mailing_id", "reason"):
        excluded[mailing_id][reason] = n
    raised: dict[int, list[models.Alarm]] = {each: [] for each in ids}
    for alarm in models.Alarm.objects.filter(mailing_id__in=ids).order_by("-last_at"):
        raised[alarm.mailing_id].append(alarm)  # type: ignore[index]  # it is one of these mailings
    return tuple(_to_mailing(row, sums[row.id], excluded[row.id], raised[row.id]) for row in found)


def _to_mailing(
    row: models.Mailing, sums: LedgerSums, excluded: dict[str, int], raised: Iterable[models.Alarm]
) -> Mailing:
    counts = sum((counts for counts, _ in sums.by_variant.values()), Counter[Outcome]())
    flags = sum((flags for _, flags in sums.by_variant.values()), Counter[MemberFlag]())
    return Mailing(
        id=row.id,
        key=row.key,
        kind=MailingKind(row.kind),
        state=MailingState(row.state),
        reason=row.reason,
        newsletter_id=row.newsletter_id,
        edition_id=row.edition_id,
        snapshot_id=row.snapshot_id,
        list_id=row.list_id,
        provider=row.provider,
        account=row.account,
        due_at=row.due_at,
        created_at=row.created_at,
        created_by=row.created_by,
        frozen_at=row.frozen_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        candidates=row.candidates,
        planned=row.planned,
        excluded=excluded,
        counts={outcome.key: n for outcome, n in sorted(counts.items())},
        batches=sums.batches,
        engagement={(flag.name or "").lower(): flags[flag] for flag in ENGAGEMENT if flags[flag]},
        twice=flags[MemberFlag.SENT_TWICE],
        unsubscribed_after_send=flags[MemberFlag.UNSUBSCRIBED_AFTER_SEND],
        recall=RecallState(row.recall),
        recallable_until=row.due_at - recall_window.LAST_CALL
        if row.recall == RecallState.OPEN and not row.recalled_at
        else None,
        recalling_by=row.recalling_by,
        recalling_since=row.recalling_since,
        recalled_at=row.recalled_at,
        cancel_ids_asked=row.cancel_ids_asked,
        waits_for=tuple(reconsider.list_waited_for(row)) if ExclusionReason.UNDECIDED in excluded else (),
        alarms=_to_alarms(raised),
        left_at=find_departure(row),
        variants={code: _to_variant_counts(*each) for code, each in sorted(sums.by_variant.items())},
    )


def _to_variant_counts(counts: Counter[Outcome], flags: Counter[MemberFlag]) -> VariantCounts:
    taken = sum(n for outcome, n in counts.items() if outcome.was_accepted)
    return VariantCounts(sum(counts.values()), taken, flags[MemberFlag.OPENED], flags[MemberFlag.CLICKED])


@dataclass(frozen=True, slots=True)
class StoppedMailing:
    """A mailing that waits for somebody, and why."""

    id: int
    state: MailingState
    reason: str
    newsletter_id: int
    edition_id: int

    @property
    def by_hand(self) -> bool:
        """Whether somebody stopped it."""
        return self.state == MailingState.RECALLING or self.reason.startswith("paused by ")


def list_stopped(*, since: datetime | None = None) -> tuple[StoppedMailing, ...]:
    """The mailings that are paused, held or being recalled, newest first; with `since`, of a time from then on."""
    rows = models.Mailing.objects.filter(state__in=STOPPED_STATES)
    rows = rows.filter(due_at__gte=since) if since else rows
    return tuple(
        StoppedMailing(id, MailingState(state), reason, newsletter_id, edition_id)
        for id, state, reason, newsletter_id, edition_id in rows.order_by("-id").values_list(
            "id", "state", "reason", "newsletter_id", "edition_id"
        )
    )


def list_finished(since: datetime, until: datetime) -> tuple[int, ...]:
    """The mailings that were finished between two instants, in order."""
    rows = models.Mailing.objects.filter(state=MailingState.FINISHED, finished_at__gte=since, finished_at__lte=until)
    return tuple(rows.order_by("finished_at", "id").values_list("id", flat=True))


@dataclass(frozen=True, slots=True)
class UnknownCount:
    """For how many members of a mailing nobody knows whether they got it, for the provider's answer was lost."""

    mailing_id: int
    newsletter_id: int
    edition_id: int
    count: int


def list_unknown_counts(since: datetime) -> tuple[UnknownCount, ...]:
    """The mailings due since an instant with batches whose answer was lost."""
    rows = models.Batch.objects.filter(state=BatchState.UNKNOWN, mailing__due_at__gte=since)
    counted = rows.values_list("mailing_id", "mailing__newsletter_id", "mailing__edition_id").annotate(n=Sum("size"))
    return tuple(UnknownCount(*each) for each in counted.order_by("mailing_id"))


def list_unreported(now: datetime, *, after: timedelta) -> tuple[int, ...]:
    """The mailings of the last days of which SendGrid accepted batches so long ago, and has reported nothing since."""
    mine = models.Batch.objects.filter(mailing_id=OuterRef("id"))
    accepted = mine.filter(state=BatchState.ACCEPTED, submitted_at__lte=now - after)
    reported = models.SeenEvent.objects.filter(at__gte=OuterRef("due_at"))
    rows = models.Mailing.objects.filter(
        Exists(accepted),
        ~Exists(reported),
        provider="sendgrid",
        due_at__gte=now - LOOK_BACK,
        due_at__lte=now - after,
    )
    return tuple(rows.order_by("-id").values_list("id", flat=True))


def count_submitted(day: date) -> int:
    """How many messages of mailings left on a day (UTC), or may have, by the ledger."""
    begins = datetime.combine(day, time.min, UTC)
    mine = models.Batch.objects.filter(
        submitted_at__gte=begins,
        submitted_at__lt=begins + timedelta(days=1),
        state__in=(BatchState.ACCEPTED, BatchState.UNKNOWN),
    )
    return mine.aggregate(n=Sum("size"))["n"] or 0


def list_account_alarms() -> tuple[Alarm, ...]:
    """What is wrong with our account at the provider, newest first."""
    return _to_alarms(models.Alarm.objects.filter(mailing=None).order_by("-last_at"))


def _to_alarms(rows: Iterable[models.Alarm]) -> tuple[Alarm, ...]:
    return tuple(Alarm(row.message, row.count, row.first_at, row.last_at) for row in rows)


def count_clicks(mailing_id: int) -> dict[str, tuple[int, int]]:
    """How often the links of each story were clicked, by the pick's key: by people, by machines."""
    rows = models.PickClicks.objects.filter(mailing_id=mailing_id)
    return {row.pick: (row.people, row.machines) for row in rows}
