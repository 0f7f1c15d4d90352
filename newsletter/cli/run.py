"""Run everything: web, scheduler and worker, each in its own process."""

from __future__ import annotations

import sys

import typer

from newsletter.cli.output import say
from newsletter.cli.startup import require_ready
from newsletter.cli.web import LISTEN, parse_listen
from newsletter.jobs import wiring
from newsletter.jobs.heartbeats import ProcessKind
from newsletter.jobs.supervisor import Child, Supervisor

app = typer.Typer(add_completion=False)


@app.command()
def run_all(
    listen: str = LISTEN, threads: int = typer.Option(4, min=1, max=32, help="Requests in flight at once.")
) -> None:
    """Run everything: web, scheduler and worker, each in its own process, restarted when one dies."""
    require_ready()
    host, port = parse_listen(listen)
    say(
        f"The desk is at {wiring.get_config().base_url}. Mail is sent through {wiring.get_provider().name}. "
        "Stop with Ctrl-C."
    )
    sys.stdout.flush()
    children = (
        Child("web", ("--listen", f"{host}:{port}"), kind=ProcessKind.WEB),
        Child("scheduler", kind=ProcessKind.SCHEDULER),
        Child("worker", ("--threads", str(threads)), kind=ProcessKind.WORKER),
    )
    sys.exit(Supervisor(children).run())
