"""Workers on PostgreSQL: procrastinate, on any number of machines.

    rows that are due ─sweep, or what made them due─▶ hints ─▶ a worker somewhere does the step until nothing is due

A hint only says where to look. Losing all of them loses no mail: every worker sweeps. This is the only module that
knows procrastinate; it is imported where the database is PostgreSQL alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections, transaction
from procrastinate.app import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import DeleteJobCondition, Job, Status
from procrastinate.worker import Worker as JobRunner

from newsletter.delivery.sending import backlog
from newsletter.jobs import (
    heartbeats,
    lookout,
    step_reports,
    transactional_mail,
    watchdog,
    worker_steps,
    worker_threads,
)
from newsletter.kernel import clock
from subscribers.imports import run

log = logging.getLogger(__name__)

HAND_OVER, REST = "hand-over", "rest"  # queues: a long mailing must not keep events and transactional mail waiting
MAX_HINTS = 64  # sending hints that may wait at a time: as many threads of all machines find work
SWEEP_SECONDS = 2.0
SIGN_OF_LIFE_SECONDS = 5.0  # between the signs of life that procrastinate's workers give each other
STALLED_SECONDS = 20.0  # a worker without one for so long counts as dead
REST_CONCURRENCY = 4  # steps of the other queue in one process
_stop = threading.Event()  # of this process

# A task's name is stored with every job that waits, also by processes of another version: it stays as it is.


@app.task(name="newsletter.jobs.queue.hand_over", queue=HAND_OVER)
def hand_over_batches(lane: int) -> None:
    """Hands batches over until none is due."""
    owner = f"{heartbeats.get_process_name(heartbeats.ProcessKind.WORKER)}/{lane}"
    _run_until_done(lambda now: worker_steps.hand_over(now, owner))


@app.task(name="newsletter.jobs.queue.mailings", queue=REST)
def advance_mailings() -> None:
    """Freezes audiences, and closes what is done; then there may be batches to send."""
    _run_until_done(worker_steps.advance_mailings)
    _run_until_done(hint_due_work)


@app.task(name="newsletter.jobs.queue.owed", queue=REST)
def send_transactional_mail() -> None:
    """Sends transactional mail that is due."""
    _run_until_done(transactional_mail.send_due)


@app.task(name="newsletter.jobs.queue.imports", queue=REST)
def run_imports() -> None:
    """Imports files of subscribers."""
    _run_until_done(worker_steps.import_subscribers)


@app.task(name="newsletter.jobs.queue.events", queue=REST)
def apply_events() -> None:
    """Applies what the provider posted; its lock lets one of all machines do so at a time."""
    _run_until_done(worker_steps.apply_events)


def _run_until_done(step: Callable[[datetime], bool]) -> None:
    close_old_connections()
    try:
        while not _stop.is_set():
            with step_reports.report_step():
                if not step(clock.now()):
                    break
    except Exception:
        log.exception("A step of the worker failed; the next sweep finds what is left")
        _stop.wait(worker_threads.RETRY_SECONDS)
    finally:
        close_old_connections()


def give_hints(
    *,
    batches: int = 0,
    mailings_due: bool = False,
    transactional_due: bool = False,
    events_due: bool = False,
    imports_due: bool = False,
) -> None:
    """Says that there is work. A hint that waits already is not given again."""
    for lane in range(min(batches, MAX_HINTS)):
        _defer_once(partial(hand_over_batches.configure(queueing_lock=f"hand-over {lane}").defer, lane=lane))
    if mailings_due:
        _defer_once(advance_mailings.configure(queueing_lock="mailings").defer)
    if transactional_due:
        _defer_once(send_transactional_mail.configure(queueing_lock="owed").defer)
    if events_due:
        _defer_once(apply_events.configure(queueing_lock="events", lock="events").defer)
    if imports_due:
        _defer_once(run_imports.configure(queueing_lock="imports").defer)


def _defer_once(defer: Callable[[], object]) -> None:
    try:
        with transaction.atomic():  # of its own: being refused must not spoil a transaction around it
            defer()
    except AlreadyEnqueued:
        pass


def hint_due_work(now: datetime) -> bool:
    """Gives hints for all that is due by the rows. Always done with that."""
    waiting = backlog.measure_backlog(now, limit=MAX_HINTS)
    give_hints(
        batches=waiting.batches,
        mailings_due=waiting.mailings,
        events_due=waiting.payloads,
        transactional_due=transactional_mail.has_due(now),
        imports_due=run.has_waiting_imports(now),
    )
    return False


class ProcrastinateWorker:
    """A worker of one machine among many, with the interface of `worker_threads.Worker`."""

    def __init__(self, threads: int = 4) -> None:
        self._threads = threads
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Stops taking hints; `run` returns when what is in flight is done."""
        _stop.set()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)

    def run(self) -> None:
        """Works until `stop` is called from another thread."""
        worker_threads.tune_garbage_collector()
        asyncio.run(self._run())
        heartbeats.delete_heartbeat(heartbeats.ProcessKind.WORKER)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(self._threads + REST_CONCURRENCY + 2))
        if _stop.is_set():
            return
        assert isinstance(app.connector, DjangoConnector)
        jobs = app.with_connector(app.connector.get_worker_connector())
        async with jobs.open_async():
            runners = [_build_runner(jobs, HAND_OVER, self._threads), _build_runner(jobs, REST, REST_CONCURRENCY)]
            work = [asyncio.create_task(_keep_running(runner)) for runner in runners]
            minding = [
                asyncio.create_task(each)
                for each in (_keep_sweeping(), _keep_recording_heartbeat(), _keep_clearing_dead_workers(jobs))
            ]
            await self._stopping.wait()
            for runner in runners:
                runner.stop()
            for task in minding:
                task.cancel()
            await asyncio.gather(*work)


def _build_runner(jobs: App, queue: str, concurrency: int) -> JobRunner:
    return JobRunner(
        app=jobs,
        queues=[queue],
        concurrency=concurrency,
        install_signal_handlers=False,
        delete_jobs=DeleteJobCondition.ALWAYS,  # the rows are the truth: nobody needs a hint that was taken
        update_heartbeat_interval=SIGN_OF_LIFE_SECONDS,
        stalled_worker_timeout=STALLED_SECONDS,
    )


async def _keep_running(runner: JobRunner) -> None:
    """Takes hints until the worker is to stop.

    procrastinate's worker ends when the database is away for a moment, or when it was asleep for so long that another
    one took it for dead: then it begins anew, under a new id.
    """
    while not _stop.is_set():
        try:
            await runner.run()
        except Exception:
            log.exception("Hints could not be taken; it is tried again")
        if not _stop.is_set():
            log.warning("The queues %s are taken up again", runner.queues)
            await asyncio.sleep(worker_threads.RETRY_SECONDS)


async def _keep_sweeping() -> None:
    while True:
        await _run_logged(lambda: hint_due_work(clock.now()), "The sweep for due rows failed; it is tried again")
        await asyncio.sleep(await sync_to_async(_compute_wait, thread_sensitive=False)())


def _compute_wait() -> float:
    """Until the next sweep: what is due at a time is not to wait for long after it."""
    try:
        return lookout.compute_wait_until_due(clock.now(), SWEEP_SECONDS)
    except DatabaseError:
        return SWEEP_SECONDS
    finally:
        close_old_connections()


async def _keep_recording_heartbeat() -> None:
    while True:
        await asyncio.sleep(await sync_to_async(worker_threads.report_worker, thread_sensitive=False)())
        if step_reports.list_stuck(step_reports.HOPELESS_AFTER_SECONDS):
            log.critical("A thread hangs: this process exits, to be restarted. %s", step_reports.describe_stuck())
            os._exit(watchdog.RESTART)


async def _keep_clearing_dead_workers(jobs: App) -> None:
    """Takes away the hints that dead workers held: procrastinate notices them, and leaves them where they are."""
    while True:
        try:
            for job in await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                log.warning("The worker with the hint %s is gone; others do its work", job.task_name)
                await _take_away(jobs, job)
            await jobs.job_manager.prune_stalled_workers(STALLED_SECONDS)
        except Exception:
            log.exception("Dead workers could not be looked for; it is tried again")
        await asyncio.sleep(STALLED_SECONDS / 3)


async def _take_away(jobs: App, job: Job) -> None:
    """Deletes the hint of a dead worker. One that cannot be deleted keeps back no other: it may be gone already.

    Every worker looks for them, and whoever was taken for dead may be alive.
    """
    try:
        await jobs.job_manager.finish_job(job, Status.FAILED, delete_job=True)
    except ConnectorException as error:
        log.warning("The hint %s of a dead worker could not be taken away: %s", job.task_name, error)


async def _run_logged(act: Callable[[], object], failure: str) -> None:
    def run() -> None:
        try:
            act()
        except Exception:
            log.exception(failure)
        finally:
            close_old_connections()

    await sync_to_async(run, thread_sensitive=False)()
