"""The threads of a worker, and what they say of themselves."""

from __future__ import annotations

import threading
import time
from datetime import datetime

import pytest

from newsletter.jobs import heartbeats, step_reports, worker_threads
from newsletter.jobs.lookout import Wakeup


def test_a_thread_that_hangs_is_in_the_worker_s_sign_of_life(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_reports, "STUCK_AFTER_SECONDS", 0.1)
    worker, release = worker_threads.Worker(), threading.Event()

    def hangs(now: datetime) -> bool:
        release.wait(10)
        worker.stop()
        return False

    thread = threading.Thread(target=worker._run_loop, args=(hangs, Wakeup()), name="hand-over-1")
    thread.start()
    time.sleep(0.3)
    assert worker_threads.report_worker() == heartbeats.HEARTBEAT_SECONDS
    release.set()
    thread.join()
    (process,) = heartbeats.list_processes("worker")
    assert process.note == "hand-over-1 is at one step for 0 minutes"
