"""The watchdog: by the time that passes, whatever the clock says."""

from __future__ import annotations

import threading
import time

from newsletter.jobs.watchdog import Watchdog


def test_it_ends_a_process_that_hangs() -> None:
    ended = threading.Event()
    Watchdog(0.2, ended.set).start()
    assert ended.wait(3)


def test_it_lets_a_working_process_be() -> None:
    ended = threading.Event()
    dog = Watchdog(0.6, ended.set, nudge=ended.set, nudge_after=0.5)
    dog.start()
    for _ in range(12):
        time.sleep(0.1)
        dog.report_alive()
    assert not ended.is_set()


def test_it_sets_the_timer_anew_before_it_ends_the_process_though_that_may_hang() -> None:
    order: list[str] = []
    ended = threading.Event()

    def nudge() -> None:
        order.append("nudge")
        time.sleep(30)  # it waits for a lock that a hung job has

    Watchdog(0.8, lambda: (order.append("end"), ended.set()), nudge=nudge, nudge_after=0.5).start()
    assert ended.wait(5)
    assert order == ["nudge", "end"]


def test_a_process_whose_watchdog_has_died_ends() -> None:
    ended: list[bool] = []
    dog = Watchdog(60, lambda: ended.append(True))
    dog.require_alive()
    dog._thread = threading.Thread(target=lambda: None)
    dog._thread.start()
    dog._thread.join()
    dog.require_alive()
    assert ended == [True]
