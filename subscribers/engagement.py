"""Who opened and clicked, as delivery folds it down hourly: what segments and the desk ask, without any ledger."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from subscribers import models
from subscribers.bulk_writing import WritePacer
from subscribers.segments import window


def record_engagement(
    list_id: int, ordinal: int, *, opened: Collection[int], clicked: Collection[int], as_of: datetime
) -> int:
    """Notes which subscribers (ids) opened or clicked edition number `ordinal` of a list. Again, it changes nothing.

    Returns for how many something was new. The times of the last opening and click are exact to the folding.
    """
    models.List.objects.filter(id=list_id, newest_edition__lt=ordinal).update(newest_edition=ordinal)
    models.List.objects.filter(id=list_id).update(engagement_as_of=as_of)
    everybody = sorted({*opened, *clicked})
    changed, pacer = 0, WritePacer()
    rest = iter(everybody)
    while some := pacer.take(rest):
        with pacer.transaction(len(some)):
            changed += _record_page(list_id, ordinal, some, frozenset(opened), frozenset(clicked), as_of)
    return changed


def _record_page(
    list_id: int, ordinal: int, people: Sequence[int], opened: frozenset[int], clicked: frozenset[int], as_of: datetime
) -> int:
    subscriptions = models.Subscription.objects.filter(list_id=list_id, subscriber_id__in=people)
    known = dict(subscriptions.values_list("id", "subscriber_id"))
    rows = models.Engagement.objects.select_for_update().in_bulk(list(known))
    changed = []
    for subscription_id, person in sorted(known.items()):
        row = rows.get(subscription_id) or models.Engagement(subscription_id=subscription_id, newest=ordinal)
        if _update_row(row, ordinal, opened=person in opened, clicked=person in clicked, as_of=as_of):
            changed.append(row)
    models.Engagement.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["subscription"],
        update_fields=["newest", "opened", "clicked", "last_opened_at", "last_clicked_at", "as_of"],
    )
    return len(changed)


def _update_row(row: models.Engagement, ordinal: int, *, opened: bool, clicked: bool, as_of: datetime) -> bool:
    before = (row.newest, row.opened, row.clicked) if not row._state.adding else None
    newest = max(row.newest, ordinal)
    for name, happened in (("opened", opened), ("clicked", clicked)):
        mine = window.shift_to(getattr(row, name), row.newest, newest)
        fresh, _ = window.add_edition(mine, newest, ordinal) if happened else (mine, newest)
        if fresh != mine:
            setattr(row, f"last_{name}_at", as_of)
        setattr(row, name, fresh)
    row.newest = newest
    if before == (row.newest, row.opened, row.clicked):
        return False
    row.as_of = as_of
    return True
