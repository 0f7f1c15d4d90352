"""Run everything: web, scheduler and worker, each in its own process."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer
from django.db import connection

from newsletter.cli.output import say
from newsletter.cli.startup import look_at_history, only_one, require_ready
from newsletter.cli.web import LISTEN, parse_listen
from newsletter.jobs import wiring
from newsletter.jobs.heartbeats import ProcessKind
from newsletter.jobs.notifier import Notifier
from newsletter.jobs.supervisor import Child, Supervisor

app = typer.Typer(add_completion=False)


@app.command()
def run_all(
    listen: str = LISTEN, threads: int = typer.Option(4, min=1, max=32, help="Requests in flight at once.")
) -> None:
    """Run everything: web, scheduler and worker, each in its own process, restarted when one dies."""
    require_ready()
    host, port = parse_listen(listen)
    with only_one(wiring.get_config().data_dir):
        _run(host, port, threads)


def _run(host: str, port: int, threads: int) -> NoReturn:
    look_at_history()
    connection.close()  # its threads have their own
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
    with Notifier():  # should no child be able to
        code = Supervisor(children).run()
    sys.exit(code)
