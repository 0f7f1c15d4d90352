"""Erasure in every package: what delivery and the outbox know of an erased subscriber goes too."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from newsletter.accounts import audit_log
from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import edition_lookup
from newsletter.delivery import isolation
from newsletter.delivery.events import erasure
from newsletter.delivery.reports import history
from newsletter.jobs import wiring
from newsletter.jobs.actors import WORKER
from subscribers.addresses import to_key
from subscribers.consent.erasure import complete_erasure, list_pending_erasures

MAX_EDITIONS = 100_000


def propagate_erasures(now: datetime) -> int:
    """Erases in the other packages who was erased in subscribers. Returns how many. Safe to repeat."""
    waiting = {each.id: each for each in list_pending_erasures()}

    def erase(id: int) -> bool:
        each = waiting[id]
        erasure.erase_addresses(each.subscriber_id, each.addresses, outbox=wiring.get_config().outbox_dir)
        newsletter_settings.forget_test_addresses(each.addresses)
        audit_log.redact_subscriber(each.subscriber_id, {*each.addresses, *map(to_key, each.addresses)}, now=now)
        complete_erasure(each.id, now=now)
        return True

    return isolation.run_each("Erasing", waiting, erase, now)


def collect_known_data(subscriber_id: int) -> dict[str, Any]:
    """What the other packages know of a person: which editions they were sent, and what became of each."""
    outcomes = history.list_deliveries(subscriber_id, limit=MAX_EDITIONS, by=WORKER)
    subjects = edition_lookup.get_subjects(each.edition_id for each in outcomes)
    return {
        "editions": [
            {"subject": subjects.get(each.edition_id, ""), "due_at": each.due_at, "outcome": str(each.state)}
            for each in outcomes
        ]
    }
