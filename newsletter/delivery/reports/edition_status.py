"""Where an edition is, as people and programs are told: its own state, or that of its mailing once there is one.

Which of its mailings is at what stands in the rows of mailings alone. The edition's own row says whether it may be
edited; it is *handed over* from the freeze on, also when its mailing is paused, held, recalled or cancelled meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from django.db.models import Exists, OuterRef

from newsletter.catalog import newsletters
from newsletter.catalog.states import ApprovalPolicy
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import edition_lookup
from newsletter.curator.editions.states import OUT_STATES, EditionState
from newsletter.curator.editions.values import Edition, EditionOfDay, EditionOutline, EditionRow
from newsletter.delivery import models
from newsletter.delivery.ledger.states import MailingKind, MailingState
from newsletter.delivery.reports import departures
from newsletter.delivery.reports.summary import STOPPED_STATES
from newsletter.kernel.enums import LabelledEnum
from newsletter.scheduling import occurrences
from newsletter.scheduling.states import OccurrenceState
from newsletter.scheduling.values import Occurrence

AnyEdition = TypeVar("AnyEdition", Edition, EditionRow)
_UNAPPROVED = frozenset({EditionState.DRAFT, EditionState.LOCKED, EditionState.IN_REVIEW})
_FOLLOWED = {
    MailingState.FREEZING: EditionState.SENDING,
    MailingState.SENDING: EditionState.SENDING,
    MailingState.FINISHED: EditionState.SENT,
}


@dataclass(frozen=True, slots=True)
class EditionStatus:
    """The state of an edition, or of its mailing where that was stopped, and why.

    `planned` is how many its mailing goes to, None as long as the audience is not counted. `held_at` is when it will be
    held unless somebody approves it first, again where `lost_approval`; None where nothing is planned, or nothing is
    missing. `due_at` is when its mailing was or is due, `begins_at` when that is submitted before, so that it can be
    recalled, `left_at` when it went out, or the rest of it after a stop, None before that, and `sent_by` who made it.
    """

    state: LabelledEnum
    reason: str
    mailing_id: int | None = None
    planned: int | None = None
    held_at: datetime | None = None
    lost_approval: bool = False
    due_at: datetime | None = None
    begins_at: datetime | None = None
    left_at: datetime | None = None
    sent_by: str = ""


def find_outline_status(outline: EditionOutline) -> EditionStatus:
    """The status of an edition of which the outline alone was read: the same as of the whole edition."""
    latest = _find_latest_mailings((outline.id,)).get(outline.id)
    status = _build_status(outline, latest)
    if outline.snapshot_id is not None or outline.state not in _UNAPPROVED or outline.publishes_itself:
        return status
    scheduled = latest.due_at if latest is not None and latest.state == MailingState.SCHEDULED else None
    at = scheduled or outline.planned_at
    return status if at is None else replace(status, held_at=at, lost_approval=outline.lost_approval)


def get_edition_status(edition: Edition, newsletter: Newsletter | None = None) -> EditionStatus:
    """The status of one edition, perhaps with its newsletter."""
    if newsletter is None:
        return find_statuses((edition,))[edition.id]
    publishes_itself = newsletter.approvals == ApprovalPolicy.SELF
    return find_statuses((edition,), frozenset({newsletter.id}) if publishes_itself else frozenset())[edition.id]


def find_statuses(
    editions: Iterable[Edition | EditionRow], publish_themselves: frozenset[int] | None = None
) -> dict[int, EditionStatus]:
    """The status of each of these editions, by id; `publish_themselves`: newsletters that need no approval."""
    wanted = {edition.id: edition for edition in editions}
    latest = _find_latest_mailings(wanted)
    found = {edition_id: _build_status(edition, latest.get(edition_id)) for edition_id, edition in wanted.items()}
    return found | _find_held(wanted, found, latest, publish_themselves)


def find_statuses_of_days(editions: Iterable[EditionOfDay]) -> dict[int, EditionStatus]:
    """The status of each of these editions, by id; whether one will be held is not looked up."""
    wanted = {edition.id: edition for edition in editions}
    latest = _find_latest_mailings(wanted)
    return {edition_id: _build_status(edition, latest.get(edition_id)) for edition_id, edition in wanted.items()}


def _find_latest_mailings(edition_ids: Iterable[int]) -> dict[int, models.Mailing]:
    rows = models.Mailing.objects.filter(edition_id__in=list(edition_ids), kind=MailingKind.EDITION).order_by("id")
    rows = rows.annotate(was_repaired=departures.select_repair())
    latest: dict[int, models.Mailing] = {}
    for row in rows.only(
        "edition_id",
        "state",
        "reason",
        "planned",
        "frozen_at",
        "due_at",
        "begins_at",
        "created_by",
        "started_at",
        "resumed_at",
    ):
        before = latest.get(row.edition_id)
        if before is None or before.state == MailingState.CANCELLED or row.state != MailingState.CANCELLED:
            latest[row.edition_id] = row
    return latest


def _find_held(
    editions: Mapping[int, Edition | EditionRow],
    statuses: Mapping[int, EditionStatus],
    mailings: Mapping[int, models.Mailing],
    publish_themselves: frozenset[int] | None,
) -> dict[int, EditionStatus]:
    """The statuses of those that will be held at a time that is planned, for nobody has approved them."""
    waiting = {id: each for id, each in editions.items() if each.snapshot_id is None and each.state in _UNAPPROVED}
    if not waiting:
        return {}
    planned = occurrences.find_planned_instants(waiting.values())
    planned |= {id: row.due_at for id, row in mailings.items() if id in waiting and row.state == MailingState.SCHEDULED}
    if not planned:
        return {}
    if publish_themselves is None:
        publish_themselves = newsletters.list_ids_without_approval()
    return {
        id: replace(statuses[id], held_at=at, lost_approval=waiting[id].lost_approval)
        for id, at in planned.items()
        if waiting[id].newsletter_id not in publish_themselves
    }


def _build_status(
    edition: Edition | EditionOfDay | EditionOutline | EditionRow, row: models.Mailing | None
) -> EditionStatus:
    if row is None:
        return EditionStatus(edition.state, edition.reason)
    found = _follow_mailing(edition, row)
    if found.mailing_id is None:
        return found
    return replace(
        found,
        due_at=row.due_at,
        begins_at=row.begins_at,
        left_at=departures.find_departure(row),
        sent_by=row.created_by,
    )


def _follow_mailing(
    edition: Edition | EditionOfDay | EditionOutline | EditionRow, row: models.Mailing
) -> EditionStatus:
    state = MailingState(row.state)
    planned = row.planned if row.frozen_at and state not in (MailingState.FREEZING, MailingState.CANCELLED) else None
    # A cancelled mailing is over, unless it took the edition out of the editors' hands.
    if state in STOPPED_STATES or (state is MailingState.CANCELLED and edition.state == EditionState.SENDING):
        return EditionStatus(state, row.reason, row.id, planned)
    if state in _FOLLOWED:
        return EditionStatus(_FOLLOWED[state], "", row.id, planned)
    return EditionStatus(edition.state, edition.reason, None if state is MailingState.CANCELLED else row.id, planned)


def describe_date(
    state: OccurrenceState, reason: str, edition: Edition | None, status: EditionStatus | None = None
) -> tuple[LabelledEnum, str]:
    """What people and programs are told of a date of a schedule, and why: its own state, or that of its edition.

    `status` is that of the edition, and is looked up where it is not given.
    """
    if edition is None:
        return state, reason
    return prefer_edition(state, reason, edition, status or get_edition_status(edition))


def prefer_edition(
    state: OccurrenceState, reason: str, edition: Edition | EditionOfDay, status: EditionStatus
) -> tuple[LabelledEnum, str]:
    """The same of a date whose edition is there."""
    of_edition = state is OccurrenceState.DRAFT or edition.is_out or isinstance(status.state, MailingState)
    return (status.state, status.reason) if of_edition else (state, reason)


def find_editions_of_dates(dates: Iterable[Occurrence]) -> dict[int, Edition]:
    """The editions of occurrences, by occurrence: the draft that one created, or one created by hand for its date."""
    wanted = list(dates)
    editions = edition_lookup.get_editions(each.edition_id for each in wanted if each.edition_id)
    found = {each.id: editions[each.edition_id] for each in wanted if each.edition_id}
    others = [each for each in wanted if not each.edition_id]
    if others:
        unclear = occurrences.find_sharing_a_day(others)  # which of them it will be is known once it is opened
        by_hand = edition_lookup.find_editions((each.newsletter_id for each in others), (each.date for each in others))
        days = {each.id: by_hand.get((each.newsletter_id, each.date)) for each in others if each.id not in unclear}
        found |= {occurrence_id: edition for occurrence_id, edition in days.items() if edition}
    return found


def list_left(editions: Iterable[AnyEdition], now: datetime) -> tuple[AnyEdition, ...]:
    """Those of which some was sent, so that whoever has them may look them up: `has_left`."""
    wanted = tuple(editions)
    sending = [each.id for each in wanted if each.state == EditionState.SENDING]
    mailings = models.Mailing.objects.filter(edition_id__in=sending, kind=MailingKind.EDITION)
    batches = models.Batch.objects.filter(mailing=OuterRef("id"), submitted_at__isnull=False)
    rows = mailings.annotate(submitted=Exists(batches)).values_list("edition_id", "due_at", "submitted")
    known = dict.fromkeys(sending, True)
    if sending:
        tried = [(edition_id, due_at <= now and submitted) for edition_id, due_at, submitted in rows]
        known |= {edition_id: False for edition_id, _ in tried} | {each: True for each, is_left in tried if is_left}
    return tuple(
        each for each in wanted if (known[each.id] if each.state == EditionState.SENDING else each.state in OUT_STATES)
    )


def has_left(edition: Edition, now: datetime) -> bool:
    """Whether some of it was sent, so that whoever has it may look it up: not before its time, nor while nobody has it.

    Of an edition without a mailing its own state counts.
    """
    return bool(list_left((edition,), now))
