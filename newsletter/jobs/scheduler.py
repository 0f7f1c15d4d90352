"""The scheduler: APScheduler as a timer that only asks the rows what is due."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from django.db import DatabaseError, close_old_connections

from newsletter.jobs import heartbeats, tasks, watchdog, worker_threads
from newsletter.kernel import clock
from newsletter.kernel.errors import NewsletterError
from newsletter.scheduling import occurrences

log = logging.getLogger(__name__)

TICK_SECONDS = 5
FEEDS_SECONDS = 60
PROVIDER_SECONDS = 600
ENGAGEMENT_SECONDS = 300  # to ask whether the hour is over
NUDGE_AFTER_SECONDS = 30.0  # without a tick: the clock was put back, and the timer waits for it to catch up
HUNG_AFTER_SECONDS = 180.0
CLOCK_PUT_BACK = timedelta(minutes=1)  # by less nothing waits for long


class Scheduler:
    """Ticks until stopped. Feeds and editions have threads of their own: a slow server never delays a send."""

    def __init__(self, tick_seconds: int = TICK_SECONDS, feeds_seconds: int = FEEDS_SECONDS) -> None:
        self._watchdog = watchdog.Watchdog(
            HUNG_AFTER_SECONDS, nudge=self._restart_timer, nudge_after=NUDGE_AFTER_SECONDS
        )
        self._tick_seconds = tick_seconds
        self._ticked_at: tuple[datetime, float] | None = None
        self._recorded_at, self._noted = datetime.min.replace(tzinfo=UTC), ""
        self._stopping, self._planning = False, threading.Lock()
        self._timer = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(6)},
            # The default grace of one second silently drops late jobs; ours are never too late.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        start = datetime.now(UTC)
        self._timer.add_job(self._tick, "interval", seconds=tick_seconds, id="tick", next_run_time=start)
        self._timer.add_job(self._create_editions, "interval", seconds=tick_seconds, id="editions", next_run_time=start)
        self._timer.add_job(
            self._sync_provider, "interval", seconds=PROVIDER_SECONDS, id="provider", next_run_time=start
        )
        self._timer.add_job(
            self._roll_up_engagement, "interval", seconds=ENGAGEMENT_SECONDS, id="engagement", next_run_time=start
        )
        self._timer.add_job(self._fetch_feeds, "interval", seconds=feeds_seconds, id="feeds", next_run_time=start)
        self._timer.add_job(self._check_pages, "interval", seconds=feeds_seconds, id="watch", next_run_time=start)

    def start(self) -> None:
        """Starts ticking in the background."""
        self._watchdog.start()
        self._timer.start()

    def require_watched(self) -> None:
        """Ends the process when nothing would notice that it hangs."""
        self._watchdog.require_alive()

    def _restart_timer(self) -> None:
        """Lets every job run now: what it planned by a clock that was put back since would come hours late."""
        for job in self._timer.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    def stop(self) -> None:
        """Finishes the present tick and stops."""
        with self._planning:
            self._stopping = True
        self._timer.shutdown(wait=True)  # holds the locks that a tick needs to plan the next one, and waits for it
        heartbeats.delete_heartbeat(heartbeats.ProcessKind.SCHEDULER)

    def _tick(self) -> None:
        now = clock.now()
        self._notice_clock(now, time.monotonic())
        ticked = tasks.tick(now, with_editions=False)
        self._watchdog.report_alive()
        self._tick_at_next_instant(now)
        self._record_heartbeat("; ".join(f"{step}: {why}" for step, why in ticked.failed.items()), now)

    def _record_heartbeat(self, note: str, now: datetime) -> None:
        """Gives a sign of life where it is time for one, the clock was set, or there is something else to say."""
        recently = timedelta() <= now - self._recorded_at < timedelta(seconds=heartbeats.HEARTBEAT_SECONDS - 2)
        if recently and note == self._noted:
            return
        if worker_threads.try_record_heartbeat(heartbeats.ProcessKind.SCHEDULER, note=note):
            self._recorded_at, self._noted = now, note

    def _notice_clock(self, now: datetime, passed: float) -> None:
        """Ends the waits that a clock put back has made longer. The first tick has nothing to compare with."""
        before, self._ticked_at = self._ticked_at, (now, passed)
        if before is None:
            return
        back = before[0] + timedelta(seconds=passed - before[1]) - now
        if back > CLOCK_PUT_BACK:
            log.warning(
                "The clock was put back by %.0f s: what waits to be tried again is tried now", back.total_seconds()
            )
            _run_step(tasks.try_again_now, "What waits could not be hastened")

    def _tick_at_next_instant(self, now: datetime) -> None:
        """Lets the next tick come at the instant of an occurrence, if that is before its turn."""
        try:
            instant = occurrences.find_next_instant(now)
        except DatabaseError:
            return  # the tick has said so
        if instant is not None and instant - now < timedelta(seconds=self._tick_seconds):
            with self._planning:
                if not self._stopping:
                    self._timer.modify_job("tick", next_run_time=instant)

    def _create_editions(self) -> None:
        _run_step(tasks.create_due_editions, "Editions could not be opened")

    def _sync_provider(self) -> None:
        _run_step(tasks.sync_provider, "The provider’s lists could not be read")

    def _roll_up_engagement(self) -> None:
        _run_step(tasks.roll_up_engagement, "Opens and clicks could not be folded down")

    def _fetch_feeds(self) -> None:
        _run_step(tasks.fetch_due_feeds, "Feeds could not be fetched")
        _run_step(tasks.read_story_pages, "The pages of new articles could not be read")
        _run_step(tasks.group_stories, "Articles could not be grouped into stories")

    def _check_pages(self) -> None:
        _run_step(tasks.check_pages_and_links, "The pages of picked stories could not be looked at")


def _run_step(step: Callable[[datetime], int], failure: str) -> None:
    try:
        step(clock.now())
    except NewsletterError as error:
        log.warning("%s: %s It is tried again at the next tick", failure, error)
    except Exception:
        log.exception("%s; it is tried again at the next tick", failure)
        close_old_connections()
