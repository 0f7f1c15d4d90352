"""What each thread of this process is at, and since when: a single one that hangs is seen, though the others work."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

STUCK_AFTER_SECONDS = 600.0  # at one step: an answer is kept for four minutes when the database takes nothing
HOPELESS_AFTER_SECONDS = 1_800.0  # then the process ends in order and is started again

_begun: dict[str, float] = {}  # by the thread's name, on the monotonic clock


@contextmanager
def report_step(name: str = "") -> Iterator[None]:
    """Notes that a thread, this one if none is named, is at a step for as long as this lasts."""
    name = name or threading.current_thread().name
    _begun[name] = time.monotonic()
    try:
        yield
    finally:
        _begun.pop(name, None)


def list_stuck(seconds: float) -> list[tuple[str, float]]:
    """The threads that are at one step for longer, and for how many seconds."""
    now = time.monotonic()
    return sorted((name, now - since) for name, since in dict(_begun).items() if now - since > seconds)


def describe_stuck() -> str:
    """“hand-over-2 is at one step for 12 minutes”, for the process's sign of life; "" when none is."""
    found = list_stuck(STUCK_AFTER_SECONDS)
    return "; ".join(f"{name} is at one step for {seconds // 60:.0f} minutes" for name, seconds in found)
