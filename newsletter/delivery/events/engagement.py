"""Folding down, once an hour: who opened and clicked to subscribers, how often the stories were clicked to the curator.

Facts flow down: segments and suggestions ask their own tables, with the instant they are as of, and never the ledger.
Everything is computed from the ledger, so that folding twice changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import F, Q

from newsletter.curator.editions.clicks import record_clicks
from newsletter.delivery import isolation, models
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import MemberFlag
from subscribers import engagement

INTERVAL = timedelta(hours=1)
ROLL_UP_WINDOW = timedelta(days=7)  # after its time a mailing hardly changes any more


def roll_up(now: datetime, *, owner: str, at_once: bool = False) -> int:
    """Folds the mailings of the last days down, if an hour has passed. Returns how many subscribers had news."""
    if not at_once and not _acquire_lock(now, owner):
        return 0
    recent = models.Mailing.objects.filter(due_at__gte=now - ROLL_UP_WINDOW, ordinal__gt=0)
    rows = {row.id: row for row in recent.order_by("due_at")}
    return isolation.run_each("Counting clicks of mailing", rows, lambda each: _roll_up_mailing(rows[each], now), now)


def _acquire_lock(now: datetime, owner: str) -> bool:
    models.WorkerLock.objects.get_or_create(name="engagement")
    mine = models.WorkerLock.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), name="engagement")
    return bool(mine.update(owner=owner, lease_until=now + INTERVAL))


def _roll_up_mailing(row: models.Mailing, now: datetime) -> int:
    changed = 0
    for batch_id in row.batches.exclude(version=F("folded")).values_list("id", flat=True):
        batch = models.Batch.objects.get(id=batch_id)
        seen: dict[MemberFlag, list[int]] = defaultdict(list)
        members = unpack_members(batch.members, batch.format)
        for place, flags in Outcomes(batch.outcomes, batch.format).list_flagged():
            for flag in (MemberFlag.OPENED, MemberFlag.CLICKED):
                if flags & flag:
                    seen[flag].append(members[place])
        if seen:
            changed += engagement.record_engagement(
                row.list_id, row.ordinal, opened=seen[MemberFlag.OPENED], clicked=seen[MemberFlag.CLICKED], as_of=now
            )
        models.Batch.objects.filter(id=batch_id).update(folded=batch.version)
    clicks = row.pick_clicks.values_list("pick", "people", "machines")
    record_clicks({pick: (people, machines) for pick, people, machines in clicks}, as_of=now)
    return changed
