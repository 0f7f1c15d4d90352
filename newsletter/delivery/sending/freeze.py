"""Freezing an audience: every candidate is planned or excluded, with the reason, before anything leaves.

scheduled ─start─▶ freezing ─page by page─▶ (counts reconcile, due times planned) ─▶ sending
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q, Sum

from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import approval, edition_lookup, variants, visibility
from newsletter.delivery import installation, isolation, models, setup_problems
from newsletter.delivery.ledger import audience_index, batching, states
from newsletter.delivery.ledger.batching import ClassifiedCandidate, Stratum
from newsletter.delivery.ledger.format import unpack_members
from newsletter.delivery.ledger.states import ExclusionReason, MailingKind, MailingState, RecallState
from newsletter.delivery.providers import registry
from newsletter.delivery.sending import envelopes, late_mailings, ledger_rows, pacing, send_times, witnessed_requests
from newsletter.delivery.sending.mailed_before import NOBODY, EarlierBatches, MailedBefore
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NewsletterError, NotFound, Refused
from subscribers import audience
from subscribers.segments import service
from subscribers.sql_fragments import SqlFragment
from subscribers.values import AudienceCandidate

log = logging.getLogger(__name__)

PAGE_SIZE = 5_000  # candidates to a transaction: some milliseconds
ENTRIES_PER_ROW = 1_000  # candidates in a row of the audience index
_freeze_lock = threading.Lock()  # several threads of a process would only do the same work, and all but one in vain


def freeze_next(now: datetime, *, account: str = "") -> bool:
    """Freezes the audience of one mailing that is due. Returns whether there was one.

    With it, what all of its messages have in common is fixed, and that they leave by `account` alone, that of this
    process with its provider ("": any).

    In short transactions, each moving a mark forward: killed anywhere, another process goes on there.
    """
    begun = Q(due_at__lte=now) | Q(recall=RecallState.OPEN, begins_at__lte=now)
    due = models.Mailing.objects.filter(begun, state__in=(MailingState.SCHEDULED, MailingState.FREEZING))
    ids = list(due.order_by("due_at", "id").values_list("id", flat=True))
    if not ids or installation.is_held(now) or not _freeze_lock.acquire(blocking=False):
        return False
    try:
        freeze = partial(_freeze_due, now=now, account=account)
        return bool(isolation.run_each(isolation.FREEZE_MAILING, ids, freeze, now, stop_at_first=True))
    finally:
        _freeze_lock.release()


def _freeze_due(mailing_id: int, *, now: datetime, account: str) -> bool:
    due = models.Mailing.objects.get(id=mailing_id)
    if late_mailings.hold_if_late(due, now):
        return True
    try:
        batch_size = registry.get_max_batch(due.provider)
    except BadInput as error:  # a provider of former days
        _hold(due.id, str(error))
        return True
    try:
        if due.state == MailingState.FREEZING or _start(due, now, account):
            _freeze(due.id, batch_size, now)
    except (BadInput, NotFound) as error:  # a segment that somebody dropped
        _hold(due.id, f"{error} Nothing was sent.")
    return True


def _start(row: models.Mailing, now: datetime, account: str) -> bool:
    """Locks the edition and records who is a candidate; holds the mailing when the approval is gone."""
    bounds = audience.get_audience_bounds(row.list_id)
    newsletter = newsletters.get_newsletter(row.newsletter_id)
    try:
        with transaction.atomic():
            mine = models.Mailing.objects.filter(id=row.id, state=MailingState.SCHEDULED, snapshot_id=row.snapshot_id)
            if not mine.update(
                state=MailingState.FREEZING,
                frozen_at=now,
                frozen_upto=bounds.last_id,
                suppressed_upto=bounds.suppressed_upto,
                ordinal=_next_ordinal(row),
                envelope_settings=envelopes.read_envelope_settings(
                    newsletter, base_url=settings.CONFIG.base_url
                ).to_json(),
                account=row.account or account,
            ):
                return False
            if edition_lookup.get_snapshot(row.snapshot_id).voided_at is not None:
                raise Refused("The edition was edited after its approval. Approve it again, then send it.")
            if row.kind == MailingKind.EDITION:
                approval.mark_sending(row.edition_id, now=now)
    except NewsletterError as error:
        _hold(row.id, str(error))
        return False
    setup_problems.raise_alarms(row.id, now)
    return True


def _next_ordinal(row: models.Mailing) -> int:
    """The number of this edition among those of its list; of tests and corrections 0."""
    if row.kind != MailingKind.EDITION:
        return 0
    last: int = models.Mailing.objects.filter(list_id=row.list_id).aggregate(last=Max("ordinal"))["last"]
    return last + 1


def find_edition_day(row: models.Mailing, newsletter: Newsletter) -> date | None:
    """The day of an edition where its newsletter is at home; None of what goes to everybody whatever the day."""
    if row.kind != MailingKind.EDITION:
        return None
    return row.due_at.astimezone(clock.get_zone(newsletter.zone)).date()


def find_segment(row: models.Mailing, newsletter: Newsletter, now: datetime) -> SqlFragment | None:
    """The segment a mailing goes to, for questions about its audience; None where it goes to the whole list.

    Raises NotFound and BadInput for one that cannot be asked.
    """
    is_limited = row.kind == MailingKind.EDITION and newsletter.segment
    return service.build_filter(newsletter.segment, now=now) if is_limited else None


def find_earlier_exclusion(person: int, before: MailedBefore) -> str:
    """Why somebody is not sent what earlier mailings may have brought them; "" when none of them did."""
    if person in before.undecided:
        return ExclusionReason.UNDECIDED
    return ExclusionReason.ALREADY_MAILED if person in before.mailed else ""


def _freeze(mailing_id: int, batch_size: int, now: datetime) -> None:
    pages: _PageWriter | None = None
    while True:
        row = models.Mailing.objects.filter(id=mailing_id, state=MailingState.FREEZING).first()
        if row is None:
            return  # paused, cancelled, or finished by another process
        assert row.frozen_upto is not None
        newsletter = pages.newsletter if pages else newsletters.get_newsletter(row.newsletter_id)
        page = audience.list_audience_page(
            row.list_id,
            after=row.frozen_through,
            upto=row.frozen_upto,
            limit=PAGE_SIZE,
            on=find_edition_day(row, newsletter),
            segment=find_segment(row, newsletter, now),
        )
        if not page:
            _reconcile(row, now)
            return
        rate = send_times.get_rate(newsletter)
        pages = pages or _PageWriter(row, pacing.compute_batch_size(batch_size, rate))
        if not pages.write(row, page, now):
            pages = None  # another process wrote this page: read again what it left


@dataclass(slots=True)
class _LastBatch:
    """The last batch of a stratum, which may take more."""

    id: int
    number: int
    members: Sequence[int]


class _PageWriter:
    """Writes the pages of one mailing, and knows where the page before ended."""

    def __init__(self, row: models.Mailing, batch_size: int) -> None:
        self.row, self.batch_size = row, batch_size
        self.newsletter = newsletters.get_newsletter(row.newsletter_id)
        stored = row.envelope_settings  # None: the version before froze what there is, and sends it as it does
        self.envelope = (
            envelopes.parse_envelope_settings(stored)
            if stored
            else envelopes.read_envelope_settings(self.newsletter, base_url="")
        )
        self.written_through = row.frozen_through  # the last candidate this object knows of
        self.read_earlier(after=row.frozen_through)
        self.variants = edition_lookup.list_frozen_variants(row.snapshot_id)
        mine = models.Batch.objects.filter(mailing_id=row.id)
        last = {each["stratum"]: each["last"] for each in mine.values("stratum").annotate(last=Max("number"))}
        self.last_number = max(last.values(), default=0)
        self.stratum_numbers: dict[Stratum, int] = {}
        self.last_batches: dict[Stratum, _LastBatch] = {}
        for batch in mine.filter(number__in=last.values()):
            stratum = Stratum(batch.wave, batch.variant, batch.language, batch.tracking)
            self.stratum_numbers[stratum] = batch.stratum
            self.last_batches[stratum] = _LastBatch(batch.id, batch.number, unpack_members(batch.members, batch.format))

    def read_earlier(self, *, after: int) -> None:
        """Reads who has it by other mailings from behind this id on."""
        row = self.row
        self.earlier: EarlierBatches | None = None  # no other mailing has a say in who gets this one
        self.same_words: EarlierBatches | None = None  # of a correction: mailings of it that were cancelled
        if row.kind in (MailingKind.EDITION, MailingKind.CORRECTION):
            self.earlier = EarlierBatches(row.edition_id, row.id, after=after)
        if row.kind == MailingKind.CORRECTION:
            self.same_words = EarlierBatches(row.edition_id, row.id, after=after, snapshot_id=row.snapshot_id)

    def write(self, row: models.Mailing, page: Sequence[AudienceCandidate], now: datetime) -> bool:
        """Writes one page in one transaction; False when another process wrote it, and then this object is of no use.

        All the packing is done before: the database is locked for the writing alone.
        """
        if any(tail.members[-1] >= page[0].subscriber_id for tail in self.last_batches.values()):
            return False  # what was read of the ledger is younger than the page
        if row.frozen_through != self.written_through:
            return False  # or older: another process filled these batches up meanwhile
        chosen = self.apply_ceiling(self.classify(page, now), row.due_at)
        capacity = {stratum: self.batch_size - len(tail.members) for stratum, tail in self.last_batches.items()}
        plan = batching.plan_batches(chosen, batch_size=self.batch_size, capacity=capacity)
        topped_up = self._top_up_batches(plan.top_ups)
        added = self._build_batches(plan.batches)
        excluded = [ledger_rows.build_exclusion(row.id, reason, members) for reason, members in plan.exclusions.items()]
        index = self._build_index(chosen)
        with transaction.atomic():
            mine = models.Mailing.objects.filter(
                id=row.id, state=MailingState.FREEZING, frozen_through=row.frozen_through
            )
            if not mine.update(
                frozen_through=page[-1].subscriber_id,
                candidates=F("candidates") + len(page),
                planned=F("planned") + plan.planned,
                excluded=F("excluded") + plan.excluded,
            ):
                return False
            for batch_id, packed in topped_up:
                models.Batch.objects.filter(id=batch_id).update(**packed, version=F("version") + 1)
            models.Batch.objects.bulk_create(added)
            models.Exclusion.objects.bulk_create(excluded)
            models.AudienceIndex.objects.bulk_create(index)
        for (stratum, members), batch in zip(plan.batches, added, strict=True):
            self.last_batches[stratum] = _LastBatch(batch.id, batch.number, members)
        self.written_through = page[-1].subscriber_id
        return True

    def classify(self, page: Sequence[AudienceCandidate], now: datetime) -> Sequence[ClassifiedCandidate]:
        """Sorts candidates into strata: by variant, and by whether they accept tracking."""
        codes = self._assign_variants([each.subscriber_id for each in page], now)
        upto = page[-1].subscriber_id
        before = self.earlier.read_page(upto) if self.earlier else NOBODY
        same_words = self.same_words.read_page(upto) if self.same_words else NOBODY
        strata = {
            (code, tracked): Stratum(variant=code, tracking=tracked or not self.envelope.tracks)
            for code in {"", *codes.values()}
            for tracked in (True, False)
        }
        return [
            ClassifiedCandidate(
                person,
                reason or self._exclusion_reason(person, before, same_words),
                strata[codes.get(person, ""), self.envelope.is_tracked(tracked, agreed)],
            )
            for person, reason, _, tracked, agreed in page
        ]

    def _assign_variants(self, people: Sequence[int], now: datetime) -> dict[int, str]:
        """The variant of each of these people; none where everybody gets the same."""
        if len(self.variants) == 1:
            return {}
        groups = frozenset[str]().union(*(each.audiences for each in self.variants))
        return variants.assign_codes(
            people,
            {group: visibility.select_group_members(group, people, now=now) for group in groups},
            two_subjects=any(each.second_subject for each in self.variants),
            edition_id=self.row.edition_id,
        )

    def _exclusion_reason(self, person: int, before: MailedBefore, same_words: MailedBefore) -> str:
        """Why a candidate who could be mailed is excluded: has it, or was not sent the original; or "".

        Of whom nobody knows that yet it is undecided, and looked at again: `reconsider`.
        """
        if self.row.kind != MailingKind.CORRECTION:
            return find_earlier_exclusion(person, before)
        if person in before.undecided:
            return ExclusionReason.UNDECIDED
        if person not in before.mailed and person not in same_words.undecided:
            return ExclusionReason.NOT_SENT
        return find_earlier_exclusion(person, same_words)

    def apply_ceiling(self, chosen: Sequence[ClassifiedCandidate], at: datetime) -> Sequence[ClassifiedCandidate]:
        """Excludes those beyond what a new sender may send on the day of `at`."""
        left = send_times.count_left_today(self.newsletter, at)
        if left is None:
            return chosen
        wanted = [each.subscriber_id for each in chosen if not each.exclusion]
        beyond = frozenset(wanted[max(left, 0) :])
        return [
            each._replace(exclusion=ExclusionReason.OVER_CEILING) if each.subscriber_id in beyond else each
            for each in chosen
        ]

    def _top_up_batches(self, top_ups: dict[Stratum, tuple[int, ...]]) -> list[tuple[int, dict[str, Any]]]:
        """The ids of batches that can take more, and what they become."""
        topped_up = []
        for stratum, ids in top_ups.items():
            tail = self.last_batches[stratum]
            tail.members = [*tail.members, *ids]
            packed = ledger_rows.pack_members_of_batch(self.row.key, tail.number, tail.members)
            topped_up.append((tail.id, packed))
        return topped_up

    def _build_batches(self, batches: Sequence[tuple[Stratum, tuple[int, ...]]]) -> list[models.Batch]:
        made = []
        for stratum, members in batches:
            self.last_number += 1
            place = self.stratum_numbers.setdefault(stratum, len(self.stratum_numbers))
            due_at = self.row.begins_at or self.row.due_at
            made.append(
                ledger_rows.build_batch(self.row, self.last_number, members, due_at, place, **stratum._asdict())
            )
        return made

    def _build_index(self, chosen: Sequence[ClassifiedCandidate]) -> list[models.AudienceIndex]:
        """Where each candidate of a page is."""
        places = [
            (person, audience_index.encode_exclusion(reason) if reason else self.stratum_numbers[stratum])
            for person, reason, stratum in chosen
        ]
        return [
            ledger_rows.build_audience_index(self.row.id, some)
            for some in batching.split_into_chunks(places, ENTRIES_PER_ROW)
        ]


def choose_again(row: models.Mailing, wanted: Sequence[int], now: datetime) -> Sequence[ClassifiedCandidate]:
    """What some candidates of a frozen mailing, ascending by id, are by now: to be mailed, or excluded and why.

    The ceiling of a warm-up is that of today. Who is not on the list any more has left it.
    """
    pages = _PageWriter(row, registry.get_max_batch(row.provider))
    pages.read_earlier(after=wanted[0] - 1)
    found: list[ClassifiedCandidate] = []
    after, day = wanted[0] - 1, find_edition_day(row, pages.newsletter)
    segment = find_segment(row, pages.newsletter, now)
    while page := audience.list_audience_page(
        row.list_id, after=after, upto=wanted[-1], limit=PAGE_SIZE, on=day, segment=segment
    ):
        after = page[-1].subscriber_id
        found += pages.classify(page, now)
    known = {each.subscriber_id: each for each in found}
    gone = ExclusionReason.UNSUBSCRIBED
    return pages.apply_ceiling([known.get(person, ClassifiedCandidate(person, gone)) for person in wanted], now)


def _reconcile(row: models.Mailing, now: datetime) -> None:
    """Lets the mailing go only when every candidate is planned or excluded, in its own counts and in the ledger."""
    batches = models.Batch.objects.filter(mailing_id=row.id, repair=False).aggregate(n=Sum("size"))["n"] or 0
    excluded = models.Exclusion.objects.filter(mailing_id=row.id).aggregate(n=Sum("size"))["n"] or 0
    if row.candidates != row.planned + row.excluded or batches != row.planned or excluded != row.excluded:
        _hold(
            row.id,
            f"The counts do not add up: {row.candidates} candidates, {batches} planned, {excluded} excluded. "
            "Nothing was sent.",
        )
        return
    with transaction.atomic():
        if models.Mailing.objects.filter(id=row.id, state=MailingState.FREEZING).update(state=MailingState.SENDING):
            witnessed_requests.settle_witnessed(row, now)
            send_times.plan_times(row, now)


def _hold(mailing_id: int, reason: str) -> None:
    log.warning("Mailing %s is held: %s", mailing_id, reason)
    mine = models.Mailing.objects.filter(
        id=mailing_id, state__in=states.list_predecessors(states.MAILING_TRANSITIONS, MailingState.HELD)
    )
    mine.update(state=MailingState.HELD, reason=reason[:300])
