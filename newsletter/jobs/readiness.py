"""Whether mail leaves, in a few words for monitors. Unauthenticated: counts only, nothing about people."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from newsletter.delivery import installation
from newsletter.delivery.events import inbox
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import backlog
from newsletter.jobs import heartbeats, schema
from newsletter.scheduling import occurrences

OVERDUE_AFTER = timedelta(minutes=2)  # of what is to happen at its time
STOPPED_SHOWN_FOR = timedelta(days=1)  # mailings by their time: later, nobody waits for them
LEAST_FREE_BYTES = 20 * 2**20  # of the disks on which database and state folder are
EVENTS_OVERDUE_AFTER = timedelta(minutes=10)  # of what the provider reported; a worker applies it within seconds


def list_problems(now: datetime) -> dict[str, str]:
    """What keeps mail from leaving, or from leaving in time, by name; empty when all is well."""
    try:
        connection.ensure_connection()
        if problems := dict(_list_schema_problems()):
            return problems
        found = dict(_list_disk_problems()) | dict(_list_hold()) | dict(_list_process_problems(now))
        return found | dict(list_overdue_work(now)) | dict(_list_stopped(now))
    except DatabaseError:
        return dict(_list_disk_problems()) | {"database": "The database does not answer as it should."}


def measure_free_bytes(folder: Path) -> int:
    """How much room there is where a folder is, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _list_disk_problems() -> Iterator[tuple[str, str]]:
    config = settings.CONFIG
    if min(measure_free_bytes(folder) for folder in (config.data_dir, config.state_dir)) < LEAST_FREE_BYTES:
        yield "disk", "The disk is full: nothing is sent until there is room. It goes on by itself then."


def _list_schema_problems() -> Iterator[tuple[str, str]]:
    if missing := schema.list_missing_migrations():
        yield "migrations", f"The database lacks {len(missing)} changes. Run: newsletter setup"
    elif unknown := schema.list_unknown_migrations():
        yield "migrations", f"The database has {len(unknown)} changes that this version does not know."


def _list_hold() -> Iterator[tuple[str, str]]:
    if installation.find_limits().held_since:
        yield "held", "Sending is held: the database may have gone back in time. See: newsletter database status"


def _list_process_problems(now: datetime) -> Iterator[tuple[str, str]]:
    for kind in heartbeats.BACKGROUND:
        name = kind.name.lower()
        alive = [each for each in heartbeats.list_processes(kind) if each.is_fresh(now)]
        if not alive:
            yield name, f"No {name} is alive."
        elif any(each.note for each in alive):
            yield f"{name}_trouble", f"A {name} reports trouble. See what: newsletter doctor"


def _list_stopped(now: datetime) -> Iterator[tuple[str, str]]:
    stopped = summary.list_stopped(since=now - STOPPED_SHOWN_FOR)
    if count := sum(not each.by_hand for each in stopped):
        yield "stopped", f"{count} mailings were stopped and wait for somebody. See why: newsletter doctor"


def list_overdue_work(now: datetime) -> Iterator[tuple[str, str]]:
    """What should have happened by now and did not, by name. Raises DatabaseError."""
    waiting = occurrences.list_due(now - OVERDUE_AFTER)
    if waiting:
        yield "occurrences", f"{len(waiting)} planned dates are overdue and nobody took them up."
    if late := backlog.list_overdue_mailings(now, OVERDUE_AFTER):
        yield "mailings", f"{len(late)} mailings are overdue: nothing of them leaves."
    oldest = inbox.get_status().oldest_at
    if oldest is not None and now - oldest > EVENTS_OVERDUE_AFTER:
        minutes = int((now - oldest).total_seconds() // 60)
        yield "events", f"What the provider reported waits for {minutes} minutes."
