"""The loops of the background processes. Everything they do is a step of `worker_steps`."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import close_old_connections

from newsletter.jobs import (
    continuity,
    database_file,
    heartbeats,
    lookout,
    step_reports,
    transactional_mail,
    watchdog,
    wiring,
    worker_steps,
)
from newsletter.kernel import clock
from newsletter.kernel.errors import SurroundingsError

log = logging.getLogger(__name__)

LONGEST_IDLE_SECONDS = 30.0  # without being woken up: should the lookout have missed something
OTHERS_IDLE_SECONDS = 300.0  # of those who would only look a second time at what the first of their queue has seen
RETRY_SECONDS = 5.0
GRACE_SECONDS = 60.0  # for the other threads, when one of them hangs for good


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
        self._wakeups: list[lookout.Wakeup] = []

    def stop(self) -> None:
        """Stops claiming; `run` returns when what is in flight is done."""
        self._stop.set()
        for wakeup in self._wakeups:
            wakeup.wake()

    def run(self) -> None:
        """Works until `stop` is called from another thread or a signal handler."""
        tune_garbage_collector()
        steps: dict[str, Sequence[Callable[[datetime], bool]]] = {
            lookout.HAND_OVER: [self._build_hand_over(index) for index in range(self._threads)],
            lookout.MAIL: [transactional_mail.send_due],
            lookout.EVENTS: [worker_steps.apply_events],
            lookout.IMPORTS: [worker_steps.import_subscribers],
        }
        wakeups = {queue: [lookout.Wakeup() for _ in mine] for queue, mine in steps.items()}
        self._wakeups = [each for queue in wakeups.values() for each in queue]
        threads = [
            threading.Thread(
                target=self._run_loop,
                args=(step, wakeup, OTHERS_IDLE_SECONDS if index else LONGEST_IDLE_SECONDS),
                name=f"{queue}-{index}",
            )
            for queue, mine in steps.items()
            for index, (step, wakeup) in enumerate(zip(mine, wakeups[queue], strict=True))
        ]
        threads.append(threading.Thread(target=lookout.Lookout(wakeups, self._stop).run, name="lookout"))
        for thread in threads:
            thread.start()
        while not self._stop.wait(report_worker()):
            if step_reports.list_stuck(step_reports.HOPELESS_AFTER_SECONDS) or not all(t.is_alive() for t in threads):
                self._give_up(threads)
        for thread in threads:
            thread.join()
        heartbeats.delete_heartbeat(heartbeats.ProcessKind.WORKER)

    def _give_up(self, threads: Sequence[threading.Thread]) -> None:
        """Lets the others finish what is in flight, and ends the process: the supervisor starts it again."""
        log.critical(
            "A thread hangs or has died: this process exits, to be restarted. %s", step_reports.describe_stuck()
        )
        self.stop()
        deadline = time.monotonic() + GRACE_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        os._exit(watchdog.RESTART)

    @staticmethod
    def _build_hand_over(index: int) -> Callable[[datetime], bool]:
        owner = f"{heartbeats.get_process_name(heartbeats.ProcessKind.WORKER)}/{index}"
        return lambda now: worker_steps.hand_over(now, owner) or worker_steps.advance_mailings(now)

    def _run_loop(
        self, step: Callable[[datetime], bool], wakeup: lookout.Wakeup, longest_idle: float = LONGEST_IDLE_SECONDS
    ) -> None:
        while not self._stop.is_set():
            wakeup.begin_look()
            try:
                with step_reports.report_step():
                    worked = step(clock.now())
            except Exception:
                log.exception("A step of the worker failed; it is tried again in %.0f s", RETRY_SECONDS)
                close_old_connections()
                self._stop.wait(RETRY_SECONDS)
                continue
            if not worked:
                wakeup.wait(0.0 if self._stop.is_set() else longest_idle)


def report_worker() -> float:
    """Notes that this worker is alive, and which of its threads hang; in how many seconds to do so again."""
    done = try_record_heartbeat(heartbeats.ProcessKind.WORKER, note=step_reports.describe_stuck())
    return heartbeats.HEARTBEAT_SECONDS if done else RETRY_SECONDS


def try_record_heartbeat(kind: heartbeats.ProcessKind, note: str = "") -> bool:
    """Notes a sign of life; False when the database would not take it."""
    if database_file.notice_replacement():
        log.critical("Another file has the place of the database: this process ends in order, to be started again")
        os.kill(os.getpid(), signal.SIGTERM)
        return False
    try:
        heartbeats.record_heartbeat(kind, now=clock.now(), note=note, settings=wiring.get_settings_fingerprint())
        _keep_watch()
    except Exception:
        log.exception("The %s could not note that it is alive", kind)
        close_old_connections()
        return False
    return True


def try_report_trouble(kind: heartbeats.ProcessKind, note: str) -> bool:
    """Says what is wrong with this process, in the log and for `doctor`; False when the database would not take it.

    It is no sign of life: after some time without one, the supervisor starts the process again.
    """
    log.error("The %s is in trouble: %s", kind, note)
    try:
        heartbeats.report_trouble(kind, note)
    except Exception:
        log.exception("The %s could not say so", kind)
        close_old_connections()
        return False
    return True


def _keep_watch() -> None:
    """Compares the database with the state folder; a folder that cannot be used stops no sign of life."""
    try:
        continuity.keep_watch(clock.now())
    except SurroundingsError as error:
        log.error("%s", error)
