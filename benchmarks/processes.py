"""Runs each benchmark in a process of its own: settings are read once, and what one leaves behind disturbs the next."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence


def run_each(commands: Mapping[str, Sequence[str]]) -> None:
    """Runs every command, whatever became of those before it; ends with an error that names those that failed."""
    failed = [name for name, command in commands.items() if subprocess.run(command, check=False).returncode]
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")
