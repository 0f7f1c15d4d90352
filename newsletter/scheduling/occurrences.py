"""Planning and claiming occurrences. Any number of processes may call these at once: a row moves by one
conditional UPDATE, and the process that changed it has it.

    schedule ─materialise─▶ planned ─record_draft─▶ draft ─claim─▶ claimed
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from newsletter.kernel.errors import NotFound
from newsletter.kernel.iteration import do_each
from newsletter.scheduling import calendar, models, states
from newsletter.scheduling.calendar import RuleDate
from newsletter.scheduling.states import OccurrenceState
from newsletter.scheduling.values import Occurrence, Schedule, to_schedule

HORIZON = timedelta(days=8)
PLANNED_AGAIN_AFTER = timedelta(hours=12)
MOST_AT_ONCE = 50  # schedules of one tick
LOOK_BACK = timedelta(days=2)  # what fell due while nothing ran is still recorded, so that no gap is silent
LONGEST_LOOK_BACK = timedelta(days=60)


def get_occurrence(occurrence_id: int) -> Occurrence:
    """The occurrence with this id. Raises NotFound."""
    row = models.Occurrence.objects.filter(id=occurrence_id).first()
    if row is None:
        raise NotFound(
            f"There is no planned date {occurrence_id}.", command_hint="See them with: newsletter schedules next"
        )
    return to_occurrence(row)


def list_occurrences(
    after: datetime, until: datetime, newsletter_ids: Iterable[int] | None = None, *, state: str = ""
) -> tuple[Occurrence, ...]:
    """What lies between two instants, in order; of some newsletters or (None) all."""
    rows = models.Occurrence.objects.filter(instant__gt=after, instant__lte=until).order_by("instant", "id")
    if newsletter_ids is not None:
        rows = rows.filter(newsletter_id__in=list(newsletter_ids))
    return tuple(to_occurrence(row) for row in (rows.filter(state=state) if state else rows))


def list_changed(since: datetime, now: datetime) -> tuple[Occurrence, ...]:
    """What was opened, held or missed since an instant, and what was skipped whose time has come since, in order."""
    decided = (OccurrenceState.DRAFT, OccurrenceState.HELD, OccurrenceState.MISSED)
    wanted = Q(state__in=decided, changed_at__gte=since)
    wanted |= Q(state=OccurrenceState.SKIPPED, instant__gte=since, instant__lte=now)
    return tuple(to_occurrence(row) for row in models.Occurrence.objects.filter(wanted).order_by("instant", "id"))


def find_next(newsletter_id: int, now: datetime) -> Occurrence | None:
    """The next occurrence of a newsletter that is to happen."""
    rows = models.Occurrence.objects.filter(
        newsletter_id=newsletter_id, instant__gte=now, state__in=states.WAITING_STATES
    )
    row = rows.order_by("instant").first()
    return to_occurrence(row) if row else None


class _Dated(Protocol):
    """An edition, as far as a schedule asks: which of its newsletter's day it is."""

    @property
    def id(self) -> int: ...
    @property
    def newsletter_id(self) -> int: ...
    @property
    def date(self) -> date: ...
    @property
    def number(self) -> int: ...


def find_planned_instants(editions: Iterable[_Dated]) -> dict[int, datetime]:
    """When editions are to go out by a schedule that has not decided yet, by id.

    That is also the one of a date that has not opened yet, for which the first edition of its day was made by hand. Of
    a day with several dates it is not known which that will be.
    """
    wanted = list(editions)
    of_days = {(each.newsletter_id, each.date): each.id for each in wanted if each.number == 1}
    free = Q(
        edition=None,
        newsletter_id__in={newsletter_id for newsletter_id, _ in of_days},
        date__in={day for _, day in of_days},
    )
    rows = _select_waiting().filter(Q(edition_id__in=[each.id for each in wanted]) | free & ~_shares_its_day())
    by_day: dict[int, datetime] = {}
    linked: dict[int, datetime] = {}
    for edition_id, newsletter_id, day, instant in rows.order_by("-instant").values_list(
        "edition_id", "newsletter_id", "date", "instant"
    ):
        if edition_id is not None:
            linked[edition_id] = instant
        elif (newsletter_id, day) in of_days:
            by_day[of_days[newsletter_id, day]] = instant
    return by_day | linked


def find_planned_instant(edition: _Dated) -> datetime | None:
    """The same of one; None where no schedule sends it."""
    return find_planned_instants((edition,)).get(edition.id)


def select_planned_instant() -> Coalesce:
    """For queries of editions: the same, or NULL."""
    linked = _select_waiting().filter(edition_id=OuterRef("pk"))
    free = _select_waiting().filter(
        ~_shares_its_day(), edition=None, newsletter_id=OuterRef("newsletter_id"), date=OuterRef("date")
    )
    first_of_day = Case(When(number=1, then=Subquery(free.order_by("instant").values("instant")[:1])))
    return Coalesce(Subquery(linked.order_by("instant").values("instant")[:1]), first_of_day)


def _select_waiting() -> QuerySet[models.Occurrence]:
    return models.Occurrence.objects.filter(state__in=states.WAITING_STATES)


def _shares_its_day() -> Exists:
    """For queries of occurrences: whether its newsletter is to go out more than once on its day."""
    others = models.Occurrence.objects.filter(newsletter_id=OuterRef("newsletter_id"), date=OuterRef("date"))
    return Exists(others.exclude(id=OuterRef("id")).exclude(state=OccurrenceState.SKIPPED))


def find_next_instant(now: datetime) -> datetime | None:
    """The instant of the next occurrence of any newsletter that is to happen, after `now`."""
    rows = models.Occurrence.objects.filter(instant__gt=now, state__in=states.WAITING_STATES)
    return rows.order_by("instant").values_list("instant", flat=True).first()


def materialise(now: datetime) -> int:
    """Writes down the occurrences of the next days; running it again changes nothing. Returns how many are new.

    Each schedule has its turn twice a day, a few at a time, so that many cost a tick little. One that cannot be read
    stops no other; then what was wrong with the first is raised.
    """
    ripe = Q(planned_until=None) | Q(planned_until__lt=now + HORIZON - PLANNED_AGAIN_AFTER)
    # A clock that was ahead when a schedule was planned must not keep it from being planned once it is right again.
    ripe |= Q(planned_until__gt=now + HORIZON + PLANNED_AGAIN_AFTER)
    rows = models.Schedule.objects.filter(ripe, active=True).order_by(F("planned_until").asc(nulls_first=True), "id")
    planned: list[int] = []

    def plan(schedule_id: int) -> int:
        created = materialise_schedule(schedule_id, now)
        planned.append(schedule_id)  # one that fails takes no place of the others
        return created

    ids = list(rows.values_list("id", flat=True))
    return do_each((each for each in ids if len(planned) < MOST_AT_ONCE), plan)


def materialise_schedule(schedule_id: int, now: datetime) -> int:
    """The same of one schedule, at once."""
    rows = models.Schedule.objects.filter(id=schedule_id, active=True).prefetch_related("skips")
    return sum(_materialise_row(row, now) for row in rows)


def _materialise_row(row: models.Schedule, now: datetime) -> int:
    schedule = to_schedule(row)
    dates = calendar.list_dates(schedule.rule, _plan_after(row, now), now + HORIZON)
    known = models.Occurrence.objects.filter(schedule_id=row.id, instant__in=[each.instant for each in dates])
    there = set(known.values_list("instant", flat=True))
    with transaction.atomic():
        made = [_plan_occurrence(schedule, each, now) for each in dates if each.instant not in there]
        created = [each for each in made if each is not None]
        mine = models.Schedule.objects.filter(
            id=row.id, active=True, created_at=row.created_at, planned_until=row.planned_until
        )
        if not mine.update(planned_until=now + HORIZON):
            # Between our look and this the rule changed, or another process planned by it: this is not of that rule.
            models.Occurrence.objects.filter(id__in=created).delete()
            return 0
    return len(created)


def _plan_after(row: models.Schedule, now: datetime) -> datetime:
    """From where to plan: what fell due while nothing ran is recorded, however long that was, up to a limit."""
    since = now - LOOK_BACK if row.planned_until is None else max(row.planned_until, now - LONGEST_LOOK_BACK)
    return max(row.created_at, min(since, now - LOOK_BACK))


def _plan_occurrence(schedule: Schedule, planned: RuleDate, now: datetime) -> int | None:
    """The id of the occurrence that was written down; None where it was there."""
    reason = schedule.explain_skip(planned.day) or planned.skipped
    row, created = models.Occurrence.objects.get_or_create(
        schedule_id=schedule.id,
        instant=planned.instant,
        defaults={
            "newsletter_id": schedule.newsletter_id,
            "date": planned.day,
            "moved_from": planned.moved_from,
            "opens_at": planned.instant - timedelta(minutes=schedule.open_before_minutes),
            "state": OccurrenceState.SKIPPED if reason else OccurrenceState.PLANNED,
            "reason": reason[:300],
            "changed_at": now,
        },
    )
    return row.id if created else None


def write_down(schedule: Schedule, dates: Iterable[RuleDate], now: datetime) -> None:
    """Writes dates of a rule down before their turn, so that each can be decided on its own."""
    for each in dates:
        if schedule.active and each.instant > now:
            _plan_occurrence(schedule, each, now)


def list_to_open(now: datetime) -> tuple[Occurrence, ...]:
    """What is to be opened now: its opening time has come and it has no edition yet."""
    rows = models.Occurrence.objects.filter(opens_at__lte=now, state=OccurrenceState.PLANNED).order_by("instant")
    return tuple(to_occurrence(row) for row in rows)


def has_earlier_to_open(occurrence: Occurrence, *, besides: Sequence[int] = ()) -> bool:
    """Whether an earlier occurrence of the same newsletter and day has no edition yet, and still is to get one.

    Those in `besides` are not to get one.
    """
    rows = _others_that_day(occurrence).filter(state=OccurrenceState.PLANNED).exclude(id__in=list(besides))
    return rows.filter(Q(instant__lt=occurrence.instant) | Q(instant=occurrence.instant, id__lt=occurrence.id)).exists()


def has_others_that_day(occurrence: Occurrence) -> bool:
    """Whether the newsletter is to go out more than once on the day of an occurrence."""
    return _others_that_day(occurrence).exclude(state=OccurrenceState.SKIPPED).exists()


def find_sharing_a_day(occurrences: Iterable[Occurrence]) -> frozenset[int]:
    """Those of these occurrences whose newsletter is to go out more than once on their day, by id."""
    wanted = list(occurrences)
    rows = models.Occurrence.objects.filter(
        newsletter_id__in={each.newsletter_id for each in wanted}, date__in={each.date for each in wanted}
    ).exclude(state=OccurrenceState.SKIPPED)
    there = defaultdict(set)
    for occurrence_id, *day in rows.values_list("id", "newsletter_id", "date"):
        there[tuple(day)].add(occurrence_id)
    return frozenset(each.id for each in wanted if there[each.newsletter_id, each.date] - {each.id})


def list_linked_editions(occurrence: Occurrence) -> frozenset[int]:
    """The editions that belong to other occurrences of the same newsletter and day."""
    found = _others_that_day(occurrence).exclude(edition=None).values_list("edition_id", flat=True)
    return frozenset(each for each in found if each is not None)


def _others_that_day(occurrence: Occurrence) -> QuerySet[models.Occurrence]:
    rows = models.Occurrence.objects.filter(newsletter_id=occurrence.newsletter_id, date=occurrence.date)
    return rows.exclude(id=occurrence.id)


def record_draft(occurrence_id: int, edition_id: int, now: datetime) -> bool:
    """Records the edition that was created for an occurrence; False when another process was faster."""
    rows = models.Occurrence.objects.filter(id=occurrence_id, state=OccurrenceState.PLANNED)
    return bool(rows.update(state=OccurrenceState.DRAFT, edition_id=edition_id, changed_at=now))


def list_due(now: datetime, ahead: timedelta = timedelta()) -> tuple[Occurrence, ...]:
    """What is to be sent or held now, and what will be within `ahead`."""
    rows = models.Occurrence.objects.filter(instant__lte=now + ahead, state__in=states.WAITING_STATES).order_by(
        "instant"
    )
    return tuple(to_occurrence(row) for row in rows)


def claim(occurrence_id: int, now: datetime) -> bool:
    """Takes an occurrence, in the transaction that makes its mailing; False when another process has it."""
    rows = models.Occurrence.objects.filter(
        id=occurrence_id, state__in=states.list_predecessors(OccurrenceState.CLAIMED)
    )
    return bool(rows.update(state=OccurrenceState.CLAIMED, reason="", changed_at=now))


def hold(occurrence_id: int, reason: str, now: datetime) -> bool:
    """Holds an occurrence back, for a reason that stays visible; False when it has moved on."""
    return _change_state(occurrence_id, OccurrenceState.HELD, reason, now)


def leave_out(occurrence_id: int, reason: str, now: datetime) -> bool:
    """Leaves an occurrence out, for a reason that stays visible; False when it has moved on."""
    return _change_state(occurrence_id, OccurrenceState.SKIPPED, reason, now)


def miss(occurrence_id: int, reason: str, now: datetime) -> bool:
    """Records that an occurrence was missed; False when it has moved on."""
    return _change_state(occurrence_id, OccurrenceState.MISSED, reason, now)


def _change_state(occurrence_id: int, to: OccurrenceState, reason: str, now: datetime) -> bool:
    rows = models.Occurrence.objects.filter(id=occurrence_id, state__in=states.list_predecessors(to))
    return bool(rows.update(state=to, reason=reason[:300], changed_at=now))


def find_held_for_edition(edition_id: int) -> Occurrence | None:
    """The held or missed occurrence of an edition, to be claimed when somebody sends it by hand."""
    row = (
        models.Occurrence.objects.filter(
            edition_id=edition_id, state__in=(OccurrenceState.HELD, OccurrenceState.MISSED)
        )
        .order_by("-instant")
        .first()
    )
    return to_occurrence(row) if row else None


def to_occurrence(row: models.Occurrence) -> Occurrence:
    """The value of a row."""
    return Occurrence(
        row.id,
        row.schedule_id,
        row.newsletter_id,
        row.instant,
        row.date,
        row.opens_at,
        OccurrenceState(row.state),
        row.reason,
        row.edition_id,
        row.moved_from,
        row.changed_at,
    )
