"""Watching over a timer by the time that passes, whatever the clock says: a tick that hangs would stop it silently."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

RESTART = 70  # exit status: the supervisor starts the process again


class Watchdog:
    """Sets a silent timer anew after `nudge_after` seconds without a report, and ends the process after `limit`.

    The nudge runs in a thread of its own: what hangs may hold the locks that it needs.
    """

    def __init__(
        self,
        limit: float,
        end: Callable[[], None] | None = None,
        *,
        nudge: Callable[[], None] | None = None,
        nudge_after: float = 0.0,
    ) -> None:
        self._limit, self._nudge, self._nudge_after = limit, nudge, nudge_after
        self._end = end or (lambda: os._exit(RESTART))
        self._last = time.monotonic()
        self._thread: threading.Thread | None = None

    def report_alive(self) -> None:
        """Reports that the work goes on."""
        self._last = time.monotonic()

    def start(self) -> None:
        """Watches from a thread of its own."""
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def require_alive(self) -> None:
        """Ends the process when its watchdog has died: nobody would notice a timer that stops."""
        if self._thread is not None and not self._thread.is_alive():
            log.critical("The watchdog has died: this process exits, to be restarted")
            self._end()

    def _watch(self) -> None:
        period = min(5.0, self._limit / 4, self._nudge_after / 4 if self._nudge else 5.0)
        nudged = self._last
        while True:
            time.sleep(period)
            silent = time.monotonic() - self._last
            if silent > self._limit:
                log.critical("No tick for %.0f s: this process exits, to be restarted", silent)
                self._end()
                return
            if self._nudge and min(silent, time.monotonic() - nudged) > self._nudge_after:
                log.error("No tick for %.0f s: the timer is set anew", silent)
                nudged = time.monotonic()
                threading.Thread(target=self._nudge, name="nudge", daemon=True).start()
