"""Django's own management commands, for instance: newsletter manage dbshell."""

from __future__ import annotations

from typing import Any

import typer
from django.core.management import execute_from_command_line

app = typer.Typer(add_completion=False)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def run_manage(ctx: typer.Context) -> Any:
    """Run a management command of Django, such as: newsletter manage migrate."""
    execute_from_command_line(["newsletter manage", *ctx.args])
