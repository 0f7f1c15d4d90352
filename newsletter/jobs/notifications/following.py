"""Conditions as rows: what stands is followed from look to look, and told when `conditions` says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from newsletter.jobs import models
from newsletter.jobs.notification_kinds import CONDITION_RULES, NotificationKind
from newsletter.jobs.notifications import recording
from newsletter.jobs.notifications.conditions import ConditionState, Telling, advance_condition
from newsletter.jobs.notifications.facts import Fact, Sighting
from newsletter.jobs.notifications.observing import Look


def follow_conditions(look: Look, now: datetime) -> int:
    """Follows the conditions that one look judged. Returns how many tellings were recorded."""
    moved = list(_list_moved(look, now))
    if not moved:
        return 0
    with transaction.atomic():
        # What another process has moved on meanwhile is left to it.
        tellings = [each for each in moved if _store_condition(each) and each.telling is not None]
        merged = [each for each in tellings if CONDITION_RULES[each.sighting.kind].merges]
        groups = [[each] for each in tellings if each not in merged]
        groups += [[each for each in merged if each.telling is telling] for telling in Telling]
        return sum(_tell(group, now) for group in groups if group)


@dataclass(frozen=True, slots=True)
class _Moved:
    """A condition that a look moves on, and what is to be told of it; `row` is None where it is new."""

    sighting: Sighting
    state: ConditionState
    telling: Telling | None
    row: models.NotificationCondition | None


def _list_moved(look: Look, now: datetime) -> Iterator[_Moved]:
    seen = {each.key: each for each in look.sightings}
    known = Q(key__in=list(seen)) | Q(key__startswith=look.judged, ended_at=None)
    rows = {row.key: row for row in models.NotificationCondition.objects.filter(known)}
    for key in dict.fromkeys((*seen, *rows)):
        row = rows.get(key)
        sighting = seen.get(key) or _to_sighting(rows[key])
        before = _to_state(row) if row else None
        rule = CONDITION_RULES[sighting.kind]
        after, telling = advance_condition(before, present=key in seen, rule=rule, now=now)
        if after is not None and after is not before:
            yield _Moved(sighting, after, telling, row)


def _store_condition(moved: _Moved) -> bool:
    """Whether nobody else was faster."""
    sighting, state = moved.sighting, moved.state
    fields: dict[str, Any] = {
        "kind": sighting.kind,
        "newsletter_id": sighting.newsletter_id,
        "values": dict(sighting.values),
        "episode": state.episode,
        "began_at": state.began_at,
        "absent_since": state.absent_since,
        "told_at": state.told_at,
        "ended_at": state.ended_at,
        "tellings": [each.isoformat() for each in state.tellings],
    }
    if moved.row is None:
        return models.NotificationCondition.objects.get_or_create(key=sighting.key, defaults=fields)[1]
    mine = models.NotificationCondition.objects.filter(id=moved.row.id, version=moved.row.version)
    return bool(mine.update(**fields, version=F("version") + 1))


def _tell(together: Sequence[_Moved], now: datetime) -> bool:
    first, *others = together
    sighting, state = first.sighting, first.state
    subject = f"{sighting.key}#{state.episode}"
    values = {**sighting.values, "began_at": state.began_at.isoformat()}
    if others:
        values["others"] = [dict(each.sighting.values) for each in others]
    if first.telling is Telling.OVER:
        subject += recording.END
        values["ended_at"] = (state.absent_since or now).isoformat()
    return recording.record_fact(Fact(sighting.kind, subject, sighting.newsletter_id, now, values), now)


def _to_sighting(row: models.NotificationCondition) -> Sighting:
    return Sighting(NotificationKind(row.kind), row.key, row.newsletter_id, row.values)


def _to_state(row: models.NotificationCondition) -> ConditionState:
    tellings = tuple(datetime.fromisoformat(each) for each in row.tellings)
    return ConditionState(row.episode, row.began_at, row.absent_since, row.told_at, row.ended_at, tellings)


def delete_old_conditions(now: datetime) -> int:
    """Deletes conditions that ended long ago. Returns how many."""
    return models.NotificationCondition.objects.filter(ended_at__lt=now - recording.KEPT_FOR).delete()[0]
