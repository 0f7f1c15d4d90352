"""Signs of life of the background processes: written by them, read by the watchdog, `doctor` and the desk."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.jobs.models import Heartbeat

HEARTBEAT_SECONDS = 15.0
FRESH_FOR = timedelta(seconds=50)  # a process silent for longer counts as gone
FASTEST_CLOCK = timedelta(seconds=30)  # that far the clock of another machine may be ahead of ours
RETENTION = timedelta(days=2)


class ProcessKind(StrEnum):
    """A background process by its stored name."""

    SCHEDULER = "heartbeat"
    WORKER = "worker"
    WEB = "web"
    SUPERVISOR = "supervisor"


BACKGROUND = (ProcessKind.SCHEDULER, ProcessKind.WORKER)  # without these, nothing leaves


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """The last sign of life of one process."""

    name: str
    kind: str
    started_at: datetime
    last_seen_at: datetime
    note: str
    settings: str = ""  # fingerprint of those it runs with; "": of the version before, which does not say

    def is_fresh(self, now: datetime) -> bool:
        """Whether the process was alive a moment ago. A sign in the future, by a clock put back since, says nothing."""
        return -FASTEST_CLOCK < now - self.last_seen_at < FRESH_FOR

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine."""
        return self.name.startswith(f"{self.kind}@{get_host_name()}:")


def get_process_name(kind: ProcessKind, pid: int | None = None) -> str:
    """“worker@host:1234”: which process on which machine; this one if none is given."""
    return f"{kind}@{get_host_name()}:{os.getpid() if pid is None else pid}"


def get_host_name() -> str:
    """What this machine is called."""
    return socket.gethostname()[:50]


def record_heartbeat(kind: ProcessKind, *, now: datetime, note: str = "", settings: str = "") -> None:
    """Notes that this process is alive, and the fingerprint of the settings it runs with."""
    values = {"kind": kind, "last_seen_at": now, "note": note[:300], "settings": settings}
    Heartbeat.objects.update_or_create(
        name=get_process_name(kind), defaults=values, create_defaults=values | {"started_at": now}
    )


def report_trouble(kind: ProcessKind, note: str) -> None:
    """Notes what is wrong with this process, which is no sign that it lives."""
    Heartbeat.objects.filter(name=get_process_name(kind)).update(note=note[:300])


def find_signs(names: Iterable[str], now: datetime) -> dict[str, datetime]:
    """When these processes last said that they are alive, by their own clocks; those that did. Raises DatabaseError.

    Also when the database takes nothing just now: whoever asks gives a sign of its own first, for else nobody could.
    """
    record_heartbeat(ProcessKind.SUPERVISOR, now=now)
    return dict(Heartbeat.objects.filter(name__in=list(names)).values_list("name", "last_seen_at"))


def delete_heartbeat(kind: ProcessKind) -> None:
    """Takes the sign of life of this process away: it ends in order."""
    Heartbeat.objects.filter(name=get_process_name(kind)).delete()


def delete_heartbeats(names: Sequence[str]) -> None:
    """Takes the signs of life of these processes away: they are gone, and could not do so themselves."""
    if names:
        Heartbeat.objects.filter(name__in=names).delete()


def delete_stale(now: datetime) -> None:
    """Forgets processes that ended long ago without saying so."""
    Heartbeat.objects.filter(last_seen_at__lt=now - RETENTION).delete()


def delete_all() -> None:
    """Forgets all processes: those in a restored database are of the time of its backup."""
    Heartbeat.objects.all().delete()


def list_processes(kind: ProcessKind | None = None) -> tuple[ProcessStatus, ...]:
    """The signs of life, newest first; of one kind of process or of all."""
    rows = Heartbeat.objects.order_by("-last_seen_at")
    if kind:
        rows = rows.filter(kind=kind)
    return tuple(ProcessStatus(r.name, r.kind, r.started_at, r.last_seen_at, r.note, r.settings) for r in rows)


def is_alive(kind: ProcessKind, now: datetime) -> bool:
    """Whether any process of this kind was alive a moment ago."""
    return any(each.is_fresh(now) for each in list_processes(kind))
