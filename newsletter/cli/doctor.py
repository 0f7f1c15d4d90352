"""Report what is misconfigured, and how to fix it."""

from __future__ import annotations

import typer

from newsletter import config
from newsletter.cli.output import JSON, emit_json, print_table
from newsletter.jobs.doctor import examine
from newsletter.jobs.setup_probe import probe_setup
from newsletter.kernel import clock

app = typer.Typer(add_completion=False)


@app.command()
def run_doctor(
    settings: bool = typer.Option(
        False, "--settings", help="Every setting of the environment instead: its value, what it can be and means."
    ),
    probe: bool = typer.Option(
        False, "--probe", help="First ask whether the public address is answered and the provider takes the key."
    ),
    as_json: bool = JSON,
) -> None:
    """Report what is misconfigured, and how to fix it. Exit 1 when something keeps mail from being sent."""
    if settings:
        return _show_settings(as_json)
    if probe:
        probe_setup(clock.now())
    found = examine(clock.now())
    if as_json:
        emit_json(found)
    else:
        print_table(("", "what", "remedy"), [(each.level, each.what, each.remedy) for each in found], "")
    if any(each.is_bad for each in found):
        raise typer.Exit(1)


def _show_settings(as_json: bool) -> None:
    found = config.describe_environment()
    if as_json:
        return emit_json(found)
    print_table(
        ("setting", "value", "from", "can be", "what it means"),
        [(each.name, each.value, each.source, each.can_be, each.meaning) for each in found],
        "",
    )
