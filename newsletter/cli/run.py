"""Run everything: web, scheduler and worker, each in its own process."""

from __future__ import annotations

import sys

import typer
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from newsletter.cli.output import say
from newsletter.cli.web import LISTEN, parse_listen
from newsletter.jobs import wiring
from newsletter.jobs.supervisor import Child, Supervisor
from newsletter.kernel.errors import Refused

app = typer.Typer(add_completion=False)


@app.command()
def run_all(
    listen: str = LISTEN, threads: int = typer.Option(4, min=1, max=32, help="Requests in flight at once.")
) -> None:
    """Run everything: web, scheduler and worker, each in its own process, restarted when one dies."""
    require_ready()
    host, port = parse_listen(listen)
    say(
        f"The desk is at {wiring.get_config().base_url}. Mail leaves through {wiring.get_provider().name}. Stop with Ctrl-C."
    )
    sys.stdout.flush()
    children = (
        Child("web", ("--listen", f"{host}:{port}")),
        Child("scheduler"),
        Child("worker", ("--threads", str(threads))),
    )
    sys.exit(Supervisor(children).run())


def require_ready() -> None:
    """Refuses to start without a provider (with its key) or with a database that is not up to date."""
    wiring.get_provider()
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Refused("The database is not up to date. Run: newsletter setup")
    connection.close()
