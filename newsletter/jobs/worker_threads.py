"""The loops of the background processes. Everything they do is a step of `worker_steps`."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime

from django.db import close_old_connections

from newsletter.jobs import heartbeats, transactional_mail, worker_steps
from newsletter.kernel import clock

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
RETRY_SECONDS = 5.0
HEARTBEAT_SECONDS = 15.0


def tune_garbage_collector() -> None:
    """Keeps the garbage collector from looking through everything again and again: a batch makes thousands of objects,
    none in a circle, and a fifth of the time of a hand-over went into it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


class Worker:
    """Threads that freeze audiences, send batches, send transactional mail and apply events until stopped.

    A stop is graceful: nothing new is claimed, what is in flight is finished.
    """

    def __init__(self, threads: int = 4) -> None:
        self._threads = threads
        self._stop = threading.Event()

    def stop(self) -> None:
        """Stops claiming; `run` returns when what is in flight is done."""
        self._stop.set()

    def run(self) -> None:
        """Works until `stop` is called from another thread or a signal handler."""
        tune_garbage_collector()
        threads = [
            threading.Thread(target=self._hand_over_loop, args=(index,), name=f"hand-over-{index}")
            for index in range(self._threads)
        ]
        threads.append(
            threading.Thread(target=self._run_loop, args=(transactional_mail.send_due,), name="transactional-mail")
        )
        threads.append(threading.Thread(target=self._run_loop, args=(worker_steps.apply_events,), name="events"))
        threads.append(threading.Thread(target=self._run_loop, args=(worker_steps.import_subscribers,), name="imports"))
        for thread in threads:
            thread.start()
        while not self._stop.wait(
            HEARTBEAT_SECONDS if try_record_heartbeat(heartbeats.ProcessKind.WORKER) else RETRY_SECONDS
        ):
            pass
        for thread in threads:
            thread.join()
        heartbeats.delete_heartbeat(heartbeats.ProcessKind.WORKER)

    def _hand_over_loop(self, index: int) -> None:
        owner = f"{heartbeats.get_process_name(heartbeats.ProcessKind.WORKER)}/{index}"

        self._run_loop(lambda now: worker_steps.hand_over(now, owner) or worker_steps.advance_mailings(now))

    def _run_loop(self, step: Callable[[datetime], bool]) -> None:
        while not self._stop.is_set():
            try:
                worked = step(clock.now())
            except Exception:
                log.exception("A step of the worker failed; it is tried again in %.0f s", RETRY_SECONDS)
                close_old_connections()
                self._stop.wait(RETRY_SECONDS)
                continue
            if not worked:
                self._stop.wait(IDLE_SECONDS)


def try_record_heartbeat(kind: heartbeats.ProcessKind, note: str = "") -> bool:
    """Notes a sign of life; False when the database would not take it."""
    try:
        heartbeats.record_heartbeat(kind, now=clock.now(), note=note)
    except Exception:
        log.exception("The %s could not note that it is alive", kind)
        close_old_connections()
        return False
    return True


class Watchdog:
    """Ends the process when nothing was reported for `limit` seconds: a hung tick would otherwise stop it silently."""

    def __init__(self, limit: float, end: Callable[[], None] | None = None) -> None:
        self._limit = limit
        self._end = end or (lambda: os._exit(70))  # the supervisor starts it again
        self._last = time.monotonic()

    def report_alive(self) -> None:
        """Reports that the work goes on."""
        self._last = time.monotonic()

    def start(self) -> None:
        """Watches from a thread of its own."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(min(5.0, self._limit / 4))
            if time.monotonic() - self._last > self._limit:
                log.critical("No tick for %.0f s: this process exits, to be restarted", self._limit)
                self._end()
                return
