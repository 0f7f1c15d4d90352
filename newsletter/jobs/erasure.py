"""Erasure in every package: what delivery and the outbox know of an erased subscriber goes too."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection

from newsletter.accounts import audit_log
from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import edition_lookup
from newsletter.delivery import installation, isolation
from newsletter.delivery.events import erasure
from newsletter.delivery.reports import history
from newsletter.jobs import wiring
from newsletter.jobs.actors import WORKER
from subscribers.addresses import to_key
from subscribers.consent.erasure import (
    complete_erasure,
    erase_subscriber,
    find_by_hash,
    hash_addresses,
    list_pending_erasures,
    was_erased_since,
)

log = logging.getLogger(__name__)
MAX_EDITIONS = 100_000
EMPTIED_FOR = timedelta(hours=1)  # after an erasure, with every tick: a reader may be in the way
WAIT_FOR_READERS = 500  # milliseconds


def propagate_erasures(now: datetime) -> int:
    """Erases in the other packages who was erased in subscribers. Returns how many. Safe to repeat."""
    waiting = {each.id: each for each in list_pending_erasures()}

    def erase(id: int) -> bool:
        each = waiting[id]
        erasure.erase_addresses(each.subscriber_id, each.addresses, outbox=wiring.get_config().outbox_dir)
        newsletter_settings.forget_test_addresses(each.addresses)
        audit_log.redact_subscriber(each.subscriber_id, {*each.addresses, *map(to_key, each.addresses)}, now=now)
        installation.note_erased(hash_addresses(each.addresses, now), now)
        complete_erasure(each.id, now=now)
        return True

    erased = isolation.run_each("Erasing", waiting, erase, now)
    if was_erased_since(now - EMPTIED_FOR):
        _empty_write_ahead_log()
    return erased


def _empty_write_ahead_log() -> None:
    """Takes what was erased out of SQLite's write-ahead log, which keeps pages as they were. Readers may be in the way:
    then the next call does it. PostgreSQL recycles its own.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        before = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {WAIT_FOR_READERS}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except DatabaseError:
            log.info("The write-ahead log is in use; it is emptied with the next tick.")
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {before}")


def erase_again(now: datetime) -> int:
    """Erases whom a restored database has again: this machine remembers the hashes of those it erased. How many."""
    hashes = installation.list_erased(now)
    return sum(_erase_again(each, now) for each in find_by_hash(hashes, now)) if hashes else 0


def _erase_again(subscriber_id: int, now: datetime) -> int:
    erase_subscriber(subscriber_id, by=WORKER, now=now)
    return 1


def collect_known_data(subscriber_id: int) -> dict[str, Any]:
    """What the other packages know of a person: which editions they were sent, and what became of each."""
    outcomes = history.list_deliveries(subscriber_id, limit=MAX_EDITIONS, by=WORKER)
    subjects = edition_lookup.get_subjects(each.edition_id for each in outcomes)
    return {
        "editions": [
            {
                "subject": subjects.get(each.edition_id, ""),
                "due_at": each.due_at,
                "outcome": str(each.state),
                "excluded": each.excluded,
            }
            for each in outcomes
        ]
    }
