"""Asking our own web process for a page, as everybody does: its threads may all hang while others of it run.

A process whose pages are not answered gives no sign of life any more, and so is started again by the supervisor.
"""

from __future__ import annotations

import threading
import time

from newsletter import fetching

EVERY_SECONDS = 15.0
PATIENCE_SECONDS = 30.0  # a page may wait for others, and for a database that is locked


class PageProbe:
    """Asks for a page again and again, and knows for how long none was answered."""

    def __init__(
        self, host: str, port: int, *, patience: float = PATIENCE_SECONDS, every: float = EVERY_SECONDS
    ) -> None:
        self._address = ({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104
        self._patience, self._every = patience, every
        self._answered_at = time.monotonic()

    def start(self) -> None:
        """Asks from a thread of its own."""
        threading.Thread(target=self._keep_asking, name="page-probe", daemon=True).start()

    def describe_silence(self) -> str:
        """That no page is answered, for the sign of life; "" when one was a moment ago."""
        silent = time.monotonic() - self._answered_at
        return f"no page was answered for {silent:.0f} s" if silent > self._patience + self._every else ""

    def _keep_asking(self) -> None:
        while True:
            if fetching.is_answered(*self._address, timeout=self._patience):
                self._answered_at = time.monotonic()
            time.sleep(self._every)
