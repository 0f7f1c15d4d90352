"""Looks for what is due, once for all threads of a worker, so that these can sleep when nothing is.

It looks when somebody has written to the database, when the next thing is due, and now and then. SQLite says for next
to nothing whether another connection has written (`PRAGMA data_version`): so what is sent now begins at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import close_old_connections, connection

from newsletter.delivery.sending import backlog
from newsletter.jobs import step_reports, transactional_mail
from newsletter.kernel import clock
from subscribers import transactional
from subscribers.imports import run

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25  # between looks whether somebody has written
BUSY_SECONDS = 0.5  # between looks while batches are due: limits and waits let them go one by one
RETRY_SECONDS = 5.0
LONGEST_SECONDS = 15.0  # without anything that says so


class Wakeup:
    """What a thread waits for when it found nothing to do."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.is_idle = False

    def begin_look(self) -> None:
        """Called before a thread looks for work: whatever comes from here on wakes it up again."""
        self._event.clear()

    def wake(self) -> None:
        """Ends the wait, or the next one."""
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Waits until there may be something to do, and no longer than this."""
        self.is_idle = True
        self._event.wait(seconds)
        self.is_idle = False


class Lookout:
    """Wakes those who have something to do: `wakeups` by queue, as `find_due` names them."""

    def __init__(self, wakeups: Mapping[str, Sequence[Wakeup]], stop: threading.Event) -> None:
        self._wakeups, self._stop = wakeups, stop
        self._version: int | None = None
        self._look_at = 0.0

    def run(self) -> None:
        """Looks until stopped."""
        while not self._stop.wait(POLL_SECONDS):
            try:
                with step_reports.report_step():
                    self.step(clock.now())
            except Exception:
                log.exception("Nobody can say what is due; all threads look for themselves")
                close_old_connections()
                self._version = None
                self._wake_all()
                self._stop.wait(RETRY_SECONDS)

    def step(self, now: datetime) -> None:
        """Looks, if somebody has written since or the time has come."""
        version = _read_version()
        if version == self._version and time.monotonic() < self._look_at:
            return
        self._version = version
        due = find_due(now)
        for queue, count in due.items():
            idle_first = sorted(self._wakeups[queue], key=lambda each: not each.is_idle)
            for wakeup in idle_first[:count]:
                wakeup.wake()
        self._look_at = time.monotonic() + _compute_wait(due, now)

    def _wake_all(self) -> None:
        for wakeup in (each for queue in self._wakeups.values() for each in queue):
            wakeup.wake()


HAND_OVER, MAIL, EVENTS, IMPORTS = "hand-over", "transactional-mail", "events", "imports"
_MOST_BATCHES = 64  # are counted


def find_due(now: datetime) -> dict[str, int]:
    """For how many threads of each queue there is something to do."""
    waiting = backlog.measure_backlog(now, limit=_MOST_BATCHES)
    return {
        HAND_OVER: max(waiting.batches, waiting.mailings),
        MAIL: transactional_mail.has_due(now),
        EVENTS: waiting.payloads,
        IMPORTS: run.has_waiting_imports(now),
    }


def _compute_wait(due: Mapping[str, int], now: datetime) -> float:
    if any(due.values()):
        return BUSY_SECONDS
    return compute_wait_until_due(now)


def compute_wait_until_due(now: datetime, longest: float = LONGEST_SECONDS) -> float:
    """In how many seconds to look again, nothing being due now and nobody writing."""
    upcoming = backlog.find_next_due(now), transactional.find_next_due_mail(now)
    first = min(filter(None, upcoming), default=now + timedelta(seconds=longest))
    return min(longest, max(0.0, (first - now).total_seconds()))


def _read_version() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        version: int = cursor.fetchone()[0]
        return version
