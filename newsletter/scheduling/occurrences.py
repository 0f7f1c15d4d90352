"""Planning and claiming occurrences. Any number of processes may call these at once: a row moves by one
conditional UPDATE, and the process that changed it has it.

    schedule ─materialise─▶ planned ─record_draft─▶ draft ─claim─▶ claimed
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

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


def find_planned_instants(edition_ids: Iterable[int]) -> dict[int, datetime]:
    """When editions are to go out by a schedule that has not decided yet, by id."""
    rows = models.Occurrence.objects.filter(edition_id__in=list(edition_ids), state__in=states.WAITING_STATES)
    return dict(rows.order_by("-instant").values_list("edition_id", "instant"))


def select_planned_instant(edition_id: OuterRef) -> Subquery:
    """For queries of editions: when one is to go out by a schedule that has not decided yet, or NULL."""
    rows = models.Occurrence.objects.filter(edition_id=edition_id, state__in=states.WAITING_STATES)
    return Subquery(rows.order_by("instant").values("instant")[:1])


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


def find_instant_of_edition(edition_id: int) -> datetime | None:
    """When the schedule sends an edition that still waits for its time; None where it does not."""
    rows = models.Occurrence.objects.filter(edition_id=edition_id, state__in=states.WAITING_STATES)
    return rows.order_by("instant").values_list("instant", flat=True).first()


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
