"""Undoing an import as a whole: as if it had not been, but for what anybody did since.

Who has acted since (confirmed, left, complained, was named by another import) stays as they are now. Nobody becomes
mailable by it but those whom this very import took off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from newsletter.kernel.errors import NotFound, Refused
from subscribers import models
from subscribers.states import ImportState

ROWS_PER_TRANSACTION = 500  # people to a transaction
_HOW = "import undone"


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What undoing an import did: subscriptions removed or put back, people removed, and who was left as they are."""

    removed: int
    put_back: int
    people_removed: int
    left_alone: int


def undo_import(
    import_id: int,
    *,
    by: str,
    now: datetime,
    keep_people: bool = False,
    progress: Callable[[int], object] | None = None,
) -> UndoReport:
    """Undoes an import. `keep_people` keeps those it brought, without a subscription: for the proof of what they were
    sent meanwhile. Killed in the middle, it is begun again and goes on. Raises NotFound, Refused.
    """
    row = models.ImportRun.objects.filter(id=import_id).first()
    if row is None:
        raise NotFound(f"There is no import {import_id}. See them all with: newsletter subscribers imports list")
    free = models.ImportRun.objects.filter(
        id=import_id, state__in=(ImportState.DONE, ImportState.STOPPED, ImportState.FAILED, ImportState.UNDOING)
    )
    if not free.update(state=ImportState.UNDOING):
        raise Refused(f"Import {import_id} is {row.state}, so there is nothing to undo.")
    total = [0, 0, 0, 0]
    after = 0
    while ids := _list_next_ids(import_id, after):
        with transaction.atomic():
            for place, count in enumerate(_undo_page(row, ids, by, now, keep_people)):
                total[place] += count
        after = ids[-1]
        if progress:
            progress(len(ids))
    models.Suppression.objects.filter(run_id=import_id).delete()
    while tagged := list(
        models.SubscriberTag.objects.filter(run_id=import_id).values_list("id", flat=True)[: ROWS_PER_TRANSACTION * 4]
    ):
        models.SubscriberTag.objects.filter(id__in=tagged).delete()
    _restore_filled_values(import_id)
    models.ImportRun.objects.filter(id=import_id).update(state=ImportState.UNDONE, finished_at=now, lease_until=None)
    return UndoReport(*total)


def _list_next_ids(import_id: int, after: int) -> list[int]:
    rows = models.ConsentEvent.objects.filter(run_id=import_id, subscriber_id__gt=after).order_by("subscriber_id")
    return [*rows.values_list("subscriber_id", flat=True)[:ROWS_PER_TRANSACTION]]


def _undo_page(
    row: models.ImportRun, ids: Sequence[int], by: str, now: datetime, keep_people: bool
) -> tuple[int, int, int, int]:
    """Takes back what an import did to some people, as long as nobody did anything since."""
    held = (
        models.Subscription.objects.select_for_update()
        .filter(list_id=row.list_id, subscriber_id__in=ids)
        .order_by("id")
    )
    subscriptions = {each.subscriber_id: each for each in held}
    events = models.ConsentEvent.objects.filter(list_id=row.list_id, subscriber_id__in=ids).order_by("id")
    last = {each.subscriber_id: each for each in events}
    joined: list[int] = []
    back: list[models.Subscription] = []
    notes: list[models.ConsentEvent] = []
    alone = 0
    for person in ids:
        consent, subscription = last[person], subscriptions.get(person)
        if consent.run_id != row.id or subscription is None or subscription.state != consent.state:
            alone += consent.how != _HOW
        elif consent.before == "":
            joined.append(person)
            notes.append(_build_consent_event(row, person, "", consent.state, by, now))
        elif consent.before != consent.state:
            subscription.state, subscription.since = consent.before, now
            back.append(subscription)
            notes.append(_build_consent_event(row, person, consent.before, consent.state, by, now))
    models.Subscription.objects.filter(list_id=row.list_id, subscriber_id__in=joined).delete()
    models.Subscription.objects.bulk_update(back, ["state", "since"])
    gone = [] if keep_people else _find_known_by_import_alone(joined, row.id)
    models.ConsentEvent.objects.bulk_create(note for note in notes if note.subscriber_id not in gone)
    models.Subscriber.objects.filter(id__in=gone).delete()
    return len(joined), len(back), len(gone), alone


def _build_consent_event(
    row: models.ImportRun, person: int, state: str, before: str, by: str, now: datetime
) -> models.ConsentEvent:
    return models.ConsentEvent(
        subscriber_id=person, list_id=row.list_id, state=state, before=before, at=now, how=_HOW, by=by, origin=row.name
    )


def _find_known_by_import_alone(people: Sequence[int], import_id: int) -> set[int]:
    """Who of these came by this import alone."""
    known = models.ConsentEvent.objects.filter(subscriber_id__in=people).exclude(run_id=import_id)
    kept = {*known.values_list("subscriber_id", flat=True)}
    kept |= {*models.Subscription.objects.filter(subscriber_id__in=people).values_list("subscriber_id", flat=True)}
    kept |= {*models.FormerAddress.objects.filter(subscriber_id__in=people).values_list("subscriber_id", flat=True)}
    return {*people} - kept


def _restore_filled_values(import_id: int) -> None:
    """Takes back what the import filled in of people, where nobody has changed it since."""
    while rows := list(
        models.ImportedChange.objects.filter(run_id=import_id).select_related("subscriber")[:ROWS_PER_TRANSACTION]
    ):
        with transaction.atomic():
            for row in rows:
                changed = {
                    name: value
                    for name, value in row.before.items()
                    if (row.after or {}).get(name) == getattr(row.subscriber, name) != value
                }
                if changed:
                    models.Subscriber.objects.filter(id=row.subscriber_id).update(**changed)
            models.ImportedChange.objects.filter(id__in=[row.id for row in rows]).delete()
