"""Forgetting people in every room: who was erased among the subscribers is forgotten by delivery and the outbox, too."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from newsletter.curator import reads as curator
from newsletter.delivery import reads as deliveries
from newsletter.delivery import service as delivery
from newsletter.jobs import wiring
from subscribers import service as subscribers

MAX_EDITIONS = 100_000


def propagate_erasures(now: datetime) -> int:
    """Has the other rooms forget who was erased. Returns how many people. Done again, it changes nothing."""
    waiting = subscribers.list_pending_erasures()
    for each in waiting:
        delivery.erase_addresses(each.subscriber_id, each.addresses, outbox=wiring.get_config().outbox_dir)
        subscribers.complete_erasure(each.id, now=now)
    return len(waiting)


def collect_known_data(subscriber_id: int) -> dict[str, Any]:
    """What the other rooms know of a person: which editions they were sent, and what became of each."""
    outcomes = deliveries.list_deliveries(subscriber_id, limit=MAX_EDITIONS)
    subjects = curator.get_subjects(each.edition_id for each in outcomes)
    return {
        "editions": [
            {"subject": subjects.get(each.edition_id, ""), "due_at": each.due_at, "outcome": str(each.state)}
            for each in outcomes
        ]
    }
