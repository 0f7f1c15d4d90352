"""Freeze audiences and send batches to the provider."""

from __future__ import annotations

import signal
import threading
from typing import Any

import typer
from django.db import connection

from newsletter.cli.output import SUPERVISED, say
from newsletter.cli.startup import look_at_history, read_secrets_on_hangup
from newsletter.jobs import schema, wiring
from newsletter.jobs.notifier import Notifier
from newsletter.jobs.supervisor import end_with_parent
from newsletter.jobs.worker_threads import Worker

app = typer.Typer(add_completion=False)


@app.command()
def run_worker(
    threads: int = typer.Option(4, min=1, max=32, help="Requests in flight at once."),
    supervised: bool = SUPERVISED,
) -> None:
    """Freeze audiences and send batches to the provider. On a stop, requests in flight are finished."""
    if supervised:
        end_with_parent()
    schema.require_known()
    say(f"The worker sends through {wiring.get_provider().name}.")
    if not supervised:
        look_at_history()
    worker = _create_worker(threads)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    read_secrets_on_hangup()
    runner = threading.Thread(target=worker.run, name="worker")
    runner.start()
    with Notifier():
        while not stop.wait(1.0) and runner.is_alive():
            pass
        worker.stop()
        runner.join()


def _create_worker(threads: int) -> Any:
    """Threads of this process, or on PostgreSQL one worker among any number, on any number of machines."""
    if connection.vendor != "postgresql":
        return Worker(threads)
    from newsletter.jobs.worker_procrastinate import ProcrastinateWorker  # only where there is one

    return ProcrastinateWorker(threads)
