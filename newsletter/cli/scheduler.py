"""Create drafts, start and hold mailings as scheduled; fetch feeds."""

from __future__ import annotations

import signal
import threading

import typer

from newsletter.cli.output import JSON, SUPERVISED, emit_json, say
from newsletter.cli.startup import look_at_history, read_secrets_on_hangup
from newsletter.jobs import schema, tasks, wiring
from newsletter.jobs.dead_mans_ping import DeadMansPing
from newsletter.jobs.notifier import EVERY_SECONDS, Notifier
from newsletter.jobs.scheduler import Scheduler
from newsletter.jobs.supervisor import end_with_parent
from newsletter.kernel import clock

WATCH_SECONDS = 5.0  # between looks whether the watchdog lives

app = typer.Typer(add_completion=False)


@app.command()
def run_scheduler(
    once: bool = typer.Option(False, "--once", help="Tick once, then exit (for cron, or to look)."),
    supervised: bool = SUPERVISED,
    as_json: bool = JSON,
) -> None:
    """Create drafts, start and hold mailings as scheduled; fetch feeds. Any number may run at once."""
    if supervised:
        end_with_parent()
    wiring.get_provider_name()
    schema.require_known()
    if not supervised:
        look_at_history()
    if once:
        ticked = tasks.tick(clock.now())
        emit_json(ticked) if as_json else say(", ".join(f"{step} {count}" for step, count in ticked.done.items()))
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    read_secrets_on_hangup()
    scheduler = Scheduler()
    scheduler.start()
    say("The scheduler is running.")
    with Notifier(every=EVERY_SECONDS, also=DeadMansPing().ping_when_due):
        while not stop.wait(WATCH_SECONDS):
            scheduler.require_watched()
        scheduler.stop()
