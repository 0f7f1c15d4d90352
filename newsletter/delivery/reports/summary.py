"""What was sent to whom: read out of the packed ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import ClassVar

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum

from newsletter.delivery import models
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import (
    BatchState,
    ExclusionReason,
    MailingKind,
    MailingState,
    MemberFlag,
    Outcome,
    RecallState,
)
from newsletter.delivery.sending import ledger_stand, recall_window, reconsider
from newsletter.kernel.errors import NotFound

ENGAGEMENT = (MemberFlag.OPENED, MemberFlag.OPENED_BY_MACHINE, MemberFlag.CLICKED, MemberFlag.CLICKED_BY_MACHINE)


LOOK_BACK = timedelta(days=3)  # ids of events are kept for longer
BATCHES_PER_PART = 64  # of a ledger: what is counted anew when one of them changes


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
    variants: dict[str, VariantCounts]  # by `curator.variants` code; one of "" where everybody gets the same

    @property
    def accepted_total(self) -> int:
        """How many the provider took, whatever became of them afterwards."""
        return sum(n for word, n in self.counts.items() if Outcome[word.upper()].was_accepted)

    @property
    def excluded_total(self) -> int:
        """How many were excluded, for any reason."""
        return sum(self.excluded.values())

    @property
    def adds_up(self) -> bool:
        """Whether every candidate is accounted for."""
        return self.candidates == self.planned + self.excluded_total and self.planned == sum(self.counts.values())


def get_mailing(mailing_id: int) -> Mailing:
    """The mailing with this id. Raises NotFound."""
    row = models.Mailing.objects.filter(id=mailing_id).first()
    if row is None:
        raise NotFound(f"There is no mailing {mailing_id}. See them all with: newsletter mailings list")
    return _to_mailing(row)


def list_mailings(*, limit: int = 20, newsletter_ids: Iterable[int] | None = None) -> tuple[Mailing, ...]:
    """Mailings by due time, newest first; of some newsletters or (None) all."""
    rows = models.Mailing.objects.order_by("-due_at", "-id")
    if newsletter_ids is not None:
        rows = rows.filter(newsletter_id__in=list(newsletter_ids))
    return tuple(_to_mailing(row) for row in rows[:limit])


def find_editions_by_key(keys: Iterable[str]) -> dict[str, int]:
    """The editions of the mailings with these opaque keys."""
    return dict(models.Mailing.objects.filter(key__in=list(keys)).values_list("key", "edition_id"))


def find_mailing_of_edition(edition_id: int) -> Mailing | None:
    """The mailing of an edition to its list, if there is one."""
    row = (
        models.Mailing.objects.filter(edition_id=edition_id, kind=MailingKind.EDITION)
        .exclude(state=MailingState.CANCELLED)
        .first()
    )
    return _to_mailing(row) if row else None


def find_due_time(edition_id: int) -> datetime | None:
    """When the mailing of an edition to its list was or is due; unpacks no ledger for it."""
    rows = models.Mailing.objects.filter(edition_id=edition_id, kind=MailingKind.EDITION)
    return rows.exclude(state=MailingState.CANCELLED).values_list("due_at", flat=True).first()


def was_cancelled(edition_id: int) -> bool:
    """Whether somebody cancelled a mailing of this edition."""
    rows = models.Mailing.objects.filter(edition_id=edition_id, kind=MailingKind.EDITION)
    return rows.filter(state=MailingState.CANCELLED).exists()


def _to_mailing(row: models.Mailing) -> Mailing:
    of_variants = _count_by_variant(row.id)
    counts = sum((counts for counts, _ in of_variants.values()), Counter[Outcome]())
    flags = sum((flags for _, flags in of_variants.values()), Counter[MemberFlag]())
    excluded = dict(row.exclusions.values_list("reason").annotate(n=Sum("size")).order_by("reason"))
    batches = row.batches.values_list("state").annotate(n=Count("id")).order_by("state")
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
        batches=dict(batches),
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
        alarms=_to_alarms(row.alarms.all()),
        variants={code: _to_variant_counts(*each) for code, each in sorted(of_variants.items())},
    )


def _to_variant_counts(counts: Counter[Outcome], flags: Counter[MemberFlag]) -> VariantCounts:
    taken = sum(n for outcome, n in counts.items() if outcome.was_accepted)
    return VariantCounts(sum(counts.values()), taken, flags[MemberFlag.OPENED], flags[MemberFlag.CLICKED])


_Counts = dict[str, tuple[Counter[Outcome], Counter[MemberFlag]]]  # by variant


def _count_by_variant(mailing_id: int) -> _Counts:
    """What the ledger of a mailing says, by variant.

    This is asked every second or two while a mailing is sent: only parts are unpacked in which a batch was added or
    changed since.
    """
    parts = models.Batch.objects.filter(mailing_id=mailing_id).annotate(part=F("number") / BATCHES_PER_PART)
    stands = parts.values_list("part").annotate(batches=Count("id"), changes=Sum("version")).order_by("part")
    found: _Counts = defaultdict(lambda: (Counter(), Counter()))
    for part, *stand in stands:
        about = ("counts", mailing_id, part)
        counted = ledger_stand.read_once(about, stand, partial(_count_part, mailing_id, part))
        for variant, (outcomes, flags) in counted.items():
            found[variant][0].update(outcomes)
            found[variant][1].update(flags)
    return dict(found)


def _count_part(mailing_id: int, part: int) -> _Counts:
    found: _Counts = defaultdict(lambda: (Counter(), Counter()))
    first = part * BATCHES_PER_PART
    mine = models.Batch.objects.filter(mailing_id=mailing_id, number__gte=first, number__lt=first + BATCHES_PER_PART)
    for variant, data, form in mine.values_list("variant", "outcomes", "format"):
        became = Outcomes(data, form)
        found[variant][0].update(became.count_outcomes())
        found[variant][1].update(became.count_flags())
    for counts, _ in found.values():
        del counts[Outcome.REPAIRED]  # these count in the batch that repaired them
    return dict(found)


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
    rows = models.Mailing.objects.filter(state__in=(MailingState.PAUSED, MailingState.HELD, MailingState.RECALLING))
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
    return _to_alarms(models.Alarm.objects.filter(mailing=None))


def _to_alarms(rows: QuerySet[models.Alarm]) -> tuple[Alarm, ...]:
    return tuple(Alarm(row.message, row.count, row.first_at, row.last_at) for row in rows.order_by("-last_at"))


def count_clicks(mailing_id: int) -> dict[str, tuple[int, int]]:
    """How often the links of each story were clicked, by the pick's key: by people, by machines."""
    rows = models.PickClicks.objects.filter(mailing_id=mailing_id)
    return {row.pick: (row.people, row.machines) for row in rows}
