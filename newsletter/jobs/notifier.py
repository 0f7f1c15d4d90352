"""A thread that looks for what is to be told, and tells it. Every process has one: who still runs tells of the others.

with Notifier():
    …  # whatever the process is for
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

from django.db import close_old_connections

from newsletter.jobs.notifications import following, recording, sending
from newsletter.kernel import clock
from newsletter.kernel.iteration import do_each

log = logging.getLogger(__name__)

EVERY_SECONDS = 20.0  # of the scheduler
STAND_IN_SECONDS = 60.0  # of the other processes, should no scheduler look
FIRST_AFTER_SECONDS = 5.0
GRACE_SECONDS = 15.0  # less than a process is given to end
CLEANED_EVERY = timedelta(hours=6)


class Notifier:
    """Looks every minute within its `with`; `also` is done with each look, whatever else fails."""

    def __init__(self, *, every: float = STAND_IN_SECONDS, also: Callable[[datetime], int] | None = None) -> None:
        self._every, self._also = every, also
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._cleaned_at: datetime | None = None

    def __enter__(self) -> Self:
        """Looks from a thread of its own, which never keeps a process from ending."""
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Begins no further look, and waits a moment for the one under way: a mail that is cut off is unknown."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(GRACE_SECONDS)

    def step(self, now: datetime) -> None:
        """One look. Raises what failed, after all else was done."""
        acts = [*([self._also] if self._also else []), sending.watch, sending.send_due_messages]
        if self._cleaned_at is None or not timedelta() <= now - self._cleaned_at < CLEANED_EVERY:
            self._cleaned_at = now
            acts += [recording.delete_old_notifications, following.delete_old_conditions]
        do_each(acts, lambda act: act(now))

    def _run(self) -> None:
        wait = min(FIRST_AFTER_SECONDS, self._every)
        while not self._stop.wait(wait):
            wait = self._every
            try:
                self.step(clock.now())
            except Exception as error:
                log.error("Not all could be looked at for what is to be told (%s); it is tried again", error)
            finally:
                close_old_connections()
