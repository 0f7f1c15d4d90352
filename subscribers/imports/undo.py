"""Undoing an import as a whole: as if it had not been, but for what anybody did since.

Who has acted since (confirmed, left, complained, was named by another import) stays as they are now. Nobody becomes
mailable by it but those whom this very import took off.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import NotFound, Refused
from subscribers import hooks, models, rights
from subscribers.bulk_writing import WritePacer, delete_in_chunks
from subscribers.states import ImportState

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
    by: Actor,
    now: datetime,
    keep_people: bool = False,
    progress: Callable[[int], object] | None = None,
) -> UndoReport:
    """Undoes an import at once. Those it brought are removed, unless an edition reached them, or `keep_people` says so.

    Then they stay, on no list: the proof of what they were sent names them. What the import changed of people is put
    back where the actor may change them. Killed in the middle, it is begun again and goes on. Raises NotFound,
    NotAllowed, Refused.
    """
    row = begin_undo(import_id, keep_people=keep_people, again=True, by=by, now=now)
    return finish_undo(row, now=now, progress=progress)


def begin_undo(
    import_id: int, *, keep_people: bool = False, again: bool = False, by: Actor, now: datetime
) -> models.ImportRun:
    """Marks an import as one to be undone; `again`: also one of which that is begun.

    Raises NotFound, NotAllowed, Refused.
    """
    row = models.ImportRun.objects.select_related("list").filter(id=import_id).first()
    if row is None:
        raise NotFound(
            f"There is no import {import_id}.", command_hint="See them all with: newsletter subscribers imports list"
        )
    require_right(by, Verb.SUBSCRIBERS, [row.list_id])
    lists = rights.find_changeable_lists(by)
    wanted = {"lists": None if lists is None else sorted(lists), "keep_people": keep_people}
    # A process of a version before reads “undo” alone, and asks nobody whom an edition reached.
    options = row.options | {"undo": {"by": by.name, "keep_people": True}, "undo_as": wanted}
    states = [ImportState.DONE, ImportState.STOPPED, ImportState.FAILED, *([ImportState.UNDOING] if again else [])]
    with transaction.atomic():
        free = models.ImportRun.objects.filter(id=import_id, state__in=states)
        if not free.update(state=ImportState.UNDOING, options=options):
            raise Refused(f"Import {import_id} is {row.state}, so there is nothing to undo.")
        by.record(ActionRecord("undid import", row.list.name, now, detail=row.name, list_ids=[row.list_id]))
    row.options = options
    return row


def finish_undo(row: models.ImportRun, *, now: datetime, progress: Callable[[int], object] | None = None) -> UndoReport:
    """Undoes an import that is marked so."""
    total = [0, 0, 0, 0]
    after = 0
    # A command of a version before left no note of who undoes.
    noted = row.options.get("undo", {"by": row.by, "keep_people": False})
    actor, wanted = noted["by"], row.options.get("undo_as", noted)
    list_ids = wanted.get("lists")
    # Before anybody is taken off the list: who may be changed follows from the lists they are on.
    _restore_filled_values(row.id, list_ids, now)
    _remove_tags(row.id, list_ids)
    _lift_suppressions(row.id, list_ids)
    pacer = WritePacer()
    while ids := _list_next_ids(row.id, after, pacer.rows):
        with pacer.transaction(len(ids)):
            for place, count in enumerate(_undo_page(row, ids, actor, now, bool(wanted["keep_people"]))):
                total[place] += count
        after = ids[-1]
        if progress:
            progress(len(ids))
    models.ImportRun.objects.filter(id=row.id).update(state=ImportState.UNDONE, finished_at=now, lease_until=None)
    return UndoReport(*total)


def _remove_tags(import_id: int, list_ids: Collection[int] | None) -> None:
    after, pacer = 0, WritePacer()
    rows = models.SubscriberTag.objects.filter(run_id=import_id).order_by("id")
    while tagged := dict(rows.filter(id__gt=after).values_list("id", "subscriber_id")[: pacer.rows]):
        mine = rights.select_within(list_ids, {*tagged.values()})
        with pacer.transaction(len(tagged)):
            models.SubscriberTag.objects.filter(id__in=[each for each in tagged if tagged[each] in mine]).delete()
        after = max(tagged)


def _lift_suppressions(import_id: int, list_ids: Collection[int] | None) -> None:
    """Lifts what only this import suppressed; not of people who have to do with others as well."""
    rows = models.Suppression.objects.filter(run_id=import_id)
    if list_ids is not None:
        people = dict(
            models.Subscriber.objects.filter(address_key__in=rows.values("address_key")).values_list(
                "id", "address_key"
            )
        )
        others = rights.select_elsewhere(list_ids, people)
        rows = rows.exclude(address_key__in=[people[each] for each in others])
    delete_in_chunks(rows)


def _list_next_ids(import_id: int, after: int, limit: int) -> list[int]:
    rows = models.ConsentEvent.objects.filter(run_id=import_id, subscriber_id__gt=after).order_by("subscriber_id")
    return [*rows.values_list("subscriber_id", flat=True)[:limit]]


def _undo_page(
    row: models.ImportRun, ids: Sequence[int], actor: str, now: datetime, keep_people: bool
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
            notes.append(_build_consent_event(row, person, "", consent.state, actor, now))
        elif consent.before != consent.state:
            subscription.state, subscription.since = consent.before, now
            back.append(subscription)
            notes.append(_build_consent_event(row, person, consent.before, consent.state, actor, now))
    models.Subscription.objects.filter(list_id=row.list_id, subscriber_id__in=joined).delete()
    models.Subscription.objects.bulk_update(back, ["state", "since"])
    gone = frozenset[int]() if keep_people else _find_known_by_import_alone(joined, row.id)
    gone -= hooks.find_reached_subscribers(gone, row.created_at)
    models.ConsentEvent.objects.bulk_create(note for note in notes if note.subscriber_id not in gone)
    models.Subscriber.objects.filter(id__in=gone).delete()
    return len(joined), len(back), len(gone), alone


def _build_consent_event(
    row: models.ImportRun, person: int, state: str, before: str, actor: str, now: datetime
) -> models.ConsentEvent:
    return models.ConsentEvent(
        subscriber_id=person,
        list_id=row.list_id,
        state=state,
        before=before,
        at=now,
        how=_HOW,
        by=actor[:254],
        origin=row.name,
    )


def _find_known_by_import_alone(people: Sequence[int], import_id: int) -> frozenset[int]:
    """Who of these came by this import alone."""
    known = models.ConsentEvent.objects.filter(subscriber_id__in=people).exclude(run_id=import_id)
    kept = {*known.values_list("subscriber_id", flat=True)}
    kept |= {*models.Subscription.objects.filter(subscriber_id__in=people).values_list("subscriber_id", flat=True)}
    kept |= {*models.FormerAddress.objects.filter(subscriber_id__in=people).values_list("subscriber_id", flat=True)}
    return frozenset(people) - kept


def _note_tier_undone(row: models.ImportedChange, now: datetime) -> datetime | None:
    """Notes that the tier of before an import counts again. Returns when it ends."""
    noted = models.TierChange.objects.filter(run_id=row.run_id, subscriber_id=row.subscriber_id).order_by("id").first()
    ends_at = noted.before_ends_at if noted else None
    models.TierChange.objects.create(
        subscriber_id=row.subscriber_id,
        tier=row.before["tier"],
        ends_at=ends_at,
        before=row.subscriber.tier,
        before_ends_at=row.subscriber.tier_ends_at,
        at=now,
        how=_HOW,
    )
    return ends_at


def _gave_another_end(row: models.ImportedChange) -> bool:
    """Whether the import gave a tier that somebody had an end, or another one, and it is still that."""
    person = row.subscriber
    if person.tier_ends_at is None or not (row.before["tier"] == (row.after or {}).get("tier") == person.tier):
        return False
    noted = models.TierChange.objects.filter(run_id=row.run_id, subscriber_id=person.id).order_by("id").last()
    return noted is not None and noted.ends_at == person.tier_ends_at


def _restore_filled_values(import_id: int, list_ids: Collection[int] | None, now: datetime) -> None:
    """Takes back what the import filled in of people, where nobody has changed it since."""
    after, pacer = 0, WritePacer()
    changes = models.ImportedChange.objects.filter(run_id=import_id).select_related("subscriber").order_by("id")
    while rows := list(changes.filter(id__gt=after)[: pacer.rows]):
        after = rows[-1].id
        mine = rights.select_within(list_ids, {row.subscriber_id for row in rows})
        rows = [row for row in rows if row.subscriber_id in mine]
        with pacer.transaction(len(rows)):
            for row in rows:
                changed = {
                    name: value
                    for name, value in row.before.items()
                    if (row.after or {}).get(name) == getattr(row.subscriber, name) != value
                }
                if "tier" in changed or _gave_another_end(row):
                    changed["tier_ends_at"] = _note_tier_undone(row, now)
                if changed:
                    models.Subscriber.objects.filter(id=row.subscriber_id).update(**changed)
            models.ImportedChange.objects.filter(id__in=[row.id for row in rows]).delete()
