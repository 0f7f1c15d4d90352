"""Planning and claiming occurrences. Any number of processes may call these at once: a row moves by one
conditional UPDATE, and the process that changed it has it.

    schedule ─materialise─▶ planned ─record_draft─▶ draft ─claim─▶ claimed
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from newsletter.kernel import clock
from newsletter.kernel.errors import NotFound
from newsletter.kernel.iteration import do_each
from newsletter.scheduling import calendar, models, states
from newsletter.scheduling.states import OccurrenceState
from newsletter.scheduling.values import Occurrence, Schedule, to_schedule

HORIZON = timedelta(days=8)
LOOK_BACK = timedelta(days=2)  # what fell due while nothing ran is still recorded, so that no gap is silent


def get_occurrence(occurrence_id: int) -> Occurrence:
    """The occurrence with this id. Raises NotFound."""
    row = models.Occurrence.objects.filter(id=occurrence_id).first()
    if row is None:
        raise NotFound(f"There is no planned date {occurrence_id}. See them with: newsletter schedules next")
    return to_occurrence(row)


def list_occurrences(
    after: datetime, until: datetime, newsletter_ids: Iterable[int] | None = None, *, state: str = ""
) -> tuple[Occurrence, ...]:
    """What lies between two instants, in order; of some newsletters or (None) all."""
    rows = models.Occurrence.objects.filter(instant__gt=after, instant__lte=until).order_by("instant", "id")
    if newsletter_ids is not None:
        rows = rows.filter(newsletter_id__in=list(newsletter_ids))
    return tuple(to_occurrence(row) for row in (rows.filter(state=state) if state else rows))


def find_next(newsletter_id: int, now: datetime) -> Occurrence | None:
    """The next occurrence of a newsletter that is to happen."""
    rows = models.Occurrence.objects.filter(
        newsletter_id=newsletter_id, instant__gte=now, state__in=states.WAITING_STATES
    )
    row = rows.order_by("instant").first()
    return to_occurrence(row) if row else None


def find_next_instant(now: datetime) -> datetime | None:
    """The instant of the next occurrence of any newsletter that is to happen, after `now`."""
    rows = models.Occurrence.objects.filter(instant__gt=now, state__in=states.WAITING_STATES)
    return rows.order_by("instant").values_list("instant", flat=True).first()


def materialise(now: datetime) -> int:
    """Writes down the occurrences of the next days; running it again changes nothing. Returns how many are new.

    A schedule that cannot be read stops no other; then what was wrong with the first is raised.
    """
    rows = models.Schedule.objects.filter(active=True).prefetch_related("skips").order_by("id")
    return do_each(rows, lambda row: _materialise_schedule(row, now))


def _materialise_schedule(row: models.Schedule, now: datetime) -> int:
    schedule = to_schedule(row)
    instants = calendar.occurrences(schedule.rule, max(row.created_at, now - LOOK_BACK), now + HORIZON)
    return sum(_plan_occurrence(schedule, instant, now) for instant in instants)


def _plan_occurrence(schedule: Schedule, instant: datetime, now: datetime) -> bool:
    local = instant.astimezone(clock.get_zone(schedule.zone)).date()
    reason = dict(schedule.skips).get(local, "")
    _, created = models.Occurrence.objects.get_or_create(
        schedule_id=schedule.id,
        instant=instant,
        defaults={
            "newsletter_id": schedule.newsletter_id,
            "date": local,
            "opens_at": instant - timedelta(minutes=schedule.open_before_minutes),
            "state": OccurrenceState.SKIPPED if reason else OccurrenceState.PLANNED,
            "reason": reason,
            "changed_at": now,
        },
    )
    return created


def list_to_open(now: datetime) -> tuple[Occurrence, ...]:
    """What is to be opened now: its opening time has come and it has no edition yet."""
    rows = models.Occurrence.objects.filter(opens_at__lte=now, state=OccurrenceState.PLANNED).order_by("instant")
    return tuple(to_occurrence(row) for row in rows)


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
    )
