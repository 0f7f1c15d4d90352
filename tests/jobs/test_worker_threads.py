"""Loops of the worker, and the watchdog over them."""

from __future__ import annotations

import threading
import time

from newsletter.jobs.worker_threads import Watchdog


def test_the_watchdog_ends_a_process_that_hangs() -> None:
    ended = threading.Event()
    Watchdog(0.2, ended.set).start()
    assert ended.wait(3)


def test_the_watchdog_lets_a_working_process_be() -> None:
    ended = threading.Event()
    dog = Watchdog(0.6, ended.set)
    dog.start()
    for _ in range(12):
        time.sleep(0.1)
        dog.report_alive()
    assert not ended.is_set()
