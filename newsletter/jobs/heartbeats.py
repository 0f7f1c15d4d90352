"""Signs of life of the background processes: written by them, read by the watchdog, `doctor` and the desk."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.jobs.models import Heartbeat

FRESH_FOR = timedelta(seconds=90)  # a process silent for longer counts as gone
RETENTION = timedelta(days=2)


class ProcessKind(StrEnum):
    """A background process by its stored name."""

    SCHEDULER = "heartbeat"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """The last sign of life of one process."""

    name: str
    kind: str
    started_at: datetime
    last_seen_at: datetime
    note: str

    def is_fresh(self, now: datetime) -> bool:
        """Whether the process was alive a moment ago."""
        return now - self.last_seen_at < FRESH_FOR


def get_process_name(kind: ProcessKind) -> str:
    """“worker@host:1234”: which process on which machine."""
    return f"{kind}@{socket.gethostname()[:50]}:{os.getpid()}"


def record_heartbeat(kind: ProcessKind, *, now: datetime, note: str = "") -> None:
    """Notes that this process is alive."""
    Heartbeat.objects.update_or_create(
        name=get_process_name(kind),
        defaults={"kind": kind, "last_seen_at": now, "note": note[:300]},
        create_defaults={"kind": kind, "last_seen_at": now, "note": note[:300], "started_at": now},
    )


def delete_heartbeat(kind: ProcessKind) -> None:
    """Takes the sign of life of this process away: it ends in order."""
    Heartbeat.objects.filter(name=get_process_name(kind)).delete()


def delete_stale(now: datetime) -> None:
    """Forgets processes that ended long ago without saying so."""
    Heartbeat.objects.filter(last_seen_at__lt=now - RETENTION).delete()


def list_processes(kind: ProcessKind | None = None) -> tuple[ProcessStatus, ...]:
    """The signs of life, newest first; of one kind of process or of all."""
    rows = Heartbeat.objects.order_by("-last_seen_at")
    if kind:
        rows = rows.filter(kind=kind)
    return tuple(ProcessStatus(r.name, r.kind, r.started_at, r.last_seen_at, r.note) for r in rows)


def is_alive(kind: ProcessKind, now: datetime) -> bool:
    """Whether any process of this kind was alive a moment ago."""
    return any(each.is_fresh(now) for each in list_processes(kind))
