"""The dates of newsletters between two instants, each with what came of it or is to come: for the calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from newsletter.curator.editions import edition_lookup
from newsletter.curator.editions.states import EditionState
from newsletter.curator.editions.values import EditionOfDay
from newsletter.delivery import models
from newsletter.delivery.ledger.states import MailingKind, MailingState
from newsletter.delivery.reports import edition_status
from newsletter.delivery.reports.departures import ON_TIME
from newsletter.delivery.reports.edition_status import EditionStatus
from newsletter.kernel.enums import LabelledEnum
from newsletter.scheduling import coming, states
from newsletter.scheduling.coming import ComingDate
from newsletter.scheduling.states import OccurrenceState

_DAY = timedelta(days=1)
_AS_PLANNED = frozenset(
    {
        OccurrenceState.PLANNED,
        OccurrenceState.DRAFT,
        OccurrenceState.CLAIMED,
        EditionState.DRAFT,
        EditionState.LOCKED,
        EditionState.IN_REVIEW,
        EditionState.APPROVED,
        EditionState.SENDING,
        EditionState.SENT,
        MailingState.SCHEDULED,
    }
)


@dataclass(frozen=True, slots=True)
class CalendarDate:
    """A date of a schedule, or an edition that no schedule planned: then without `planned`.

    `day` is that of the schedule or of the edition; `instant` is when it went out or is to, None where nobody has said
    yet.
    """

    newsletter_id: int
    day: date
    instant: datetime | None
    state: LabelledEnum
    reason: str = ""
    planned: ComingDate | None = None
    edition: EditionOfDay | None = None
    mailing_id: int | None = None
    sent_by: str = ""
    due_at: datetime | None = None  # when its mailing was due

    @property
    def is_out(self) -> bool:
        """Whether it went out, or is going."""
        return self.state in _OUT and self.instant is not None

    @property
    def is_late(self) -> bool:
        """Whether it left, or leaves, after its time."""
        return self.is_out and self.instant > self._expected + ON_TIME  # type: ignore[operator]

    @property
    def is_early(self) -> bool:
        """Whether it was sent before its time."""
        return self.is_out and self.instant < self._expected - ON_TIME  # type: ignore[operator]

    @property
    def _expected(self) -> datetime | None:
        """When it was to go out: by its schedule, else by its mailing."""
        return self.planned.instant if self.planned else self.due_at or self.instant

    @property
    def is_exception(self) -> bool:
        """Whether it is not as planned."""
        moved = self.planned is not None and self.planned.moved_from is not None
        return moved or self.is_late or self.is_early or self.state not in _AS_PLANNED

    @property
    def can_be_skipped(self) -> bool:
        """Whether it still can be skipped by its date."""
        return self.planned is not None and self.state != EditionState.SKIPPED and self._is_in(states.WAITING_STATES)

    @property
    def is_skipped_date(self) -> bool:
        """Whether its date was skipped, by hand or by its rule."""
        return self._is_in((OccurrenceState.SKIPPED,))

    def _is_in(self, wanted: Collection[OccurrenceState]) -> bool:
        is_out = self.edition is not None and self.edition.is_out
        return self.planned is not None and not is_out and self.planned.state in wanted


_OUT = (EditionState.SENDING, EditionState.SENT)


def list_calendar(
    newsletter_ids: Collection[int], *, since: datetime, until: datetime, now: datetime
) -> list[CalendarDate]:
    """All dates of some newsletters between two instants, in order; what has no time comes last on its day."""
    planned = coming.list_coming(newsletter_ids, since=since, until=until, now=now)
    editions = edition_lookup.list_editions_of_days(
        newsletter_ids,
        since.date() - _DAY,
        until.date() + _DAY,
        besides={each.edition_id for each in planned if each.edition_id} | _list_out(newsletter_ids, since, until),
    )
    of_dates = _match_editions(planned, editions)
    statuses = edition_status.find_statuses_of_days(editions)
    found = [_describe_planned(each, of_dates.get(_key(each)), statuses) for each in planned]
    taken = {each.id for each in of_dates.values()}
    found += _describe_others((each for each in editions if each.id not in taken), statuses)
    return sorted(found, key=lambda each: (each.day, each.instant is None, each.instant or until, each.newsletter_id))


def _list_out(newsletter_ids: Collection[int], since: datetime, until: datetime) -> set[int]:
    """The editions that went out between two instants, whatever their days are."""
    around = (since, until)
    left = Q(due_at__range=around) | Q(started_at__range=around) | Q(resumed_at__range=around)
    rows = models.Mailing.objects.filter(left, newsletter_id__in=newsletter_ids, kind=MailingKind.EDITION)
    return set(rows.exclude(started_at=None).values_list("edition_id", flat=True))


def _key(planned: ComingDate) -> tuple[int, datetime]:
    return planned.schedule_id, planned.instant


def _match_editions(
    planned: Iterable[ComingDate], editions: Iterable[EditionOfDay]
) -> dict[tuple[int, datetime], EditionOfDay]:
    """The editions of dates: the one that a date opened, or the first of its day where no other date could mean it."""
    dates = list(planned)
    by_id = {each.id: each for each in editions}
    opened = {_key(each): by_id[each.edition_id] for each in dates if each.edition_id in by_id}
    taken = {each.id for each in opened.values()}
    first = {(each.newsletter_id, each.date): each for each in by_id.values() if each.number == 1}
    going = Counter((each.newsletter_id, each.day) for each in dates if each.state != OccurrenceState.SKIPPED)
    for each in dates:
        day = each.newsletter_id, each.day
        if _key(each) not in opened and day in first and first[day].id not in taken and going[day] <= 1:
            opened[_key(each)] = first[day]
            taken.add(first[day].id)
    return opened


def _describe_planned(
    planned: ComingDate, edition: EditionOfDay | None, statuses: Mapping[int, EditionStatus]
) -> CalendarDate:
    if edition is None:
        return CalendarDate(
            planned.newsletter_id, planned.day, planned.instant, planned.state, planned.reason, planned=planned
        )
    status = statuses[edition.id]
    if planned.state in states.WAITING_STATES:
        state, reason = status.state, status.reason  # also where somebody made it before its date opened it
    else:
        state, reason = edition_status.prefer_edition(planned.state, planned.reason, edition, status)
    return CalendarDate(
        planned.newsletter_id,
        planned.day,
        status.left_at or status.due_at or planned.instant,
        state,
        reason,
        planned=planned,
        edition=edition,
        mailing_id=status.mailing_id,
        sent_by=status.sent_by,
        due_at=status.due_at,
    )


def _describe_others(editions: Iterable[EditionOfDay], statuses: Mapping[int, EditionStatus]) -> Iterator[CalendarDate]:
    for each in editions:
        status = statuses[each.id]
        yield CalendarDate(
            each.newsletter_id,
            each.date,
            status.left_at or status.due_at,
            status.state,
            status.reason,
            edition=each,
            mailing_id=status.mailing_id,
            sent_by=status.sent_by,
            due_at=status.due_at,
        )
