"""Report what is misconfigured, and how to fix it."""

from __future__ import annotations

import typer

from newsletter.cli.output import JSON, emit_json, print_table
from newsletter.jobs.doctor import examine
from newsletter.kernel import clock

app = typer.Typer(add_completion=False)


@app.command()
def run_doctor(as_json: bool = JSON) -> None:
    """Report what is misconfigured, and how to fix it. Exit 1 when something keeps mail from being sent."""
    found = examine(clock.now())
    if as_json:
        emit_json(found)
    else:
        print_table(("", "what", "remedy"), [(each.level, each.what, each.remedy) for each in found], "")
    if any(each.is_bad for each in found):
        raise typer.Exit(1)
