"""Runs the benchmarks named, or all."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from benchmarks.processes import run_each

NAMES = (
    "start",
    "rendering",
    "delivery",
    "events",
    "lookup",
    "beside",
    "retention",
    "memory",
    "subscribers",
    "hostile",
    "idle",
    "signups",
    "ticking",
    "pages",
    "preview",
)


def main() -> None:
    wanted = sys.argv[1:] or NAMES
    for name in wanted:
        if name not in NAMES:
            sys.exit(f"There is no benchmark “{name}”. There are {', '.join(NAMES)}.")
    if len(wanted) == 1:
        import_module(f"benchmarks.{wanted[0]}").main()
    else:
        run_each(commands(wanted))


def commands(names: Sequence[str]) -> dict[str, list[str]]:
    """The command that runs each of these benchmarks by itself."""
    return {name: [sys.executable, "-m", "benchmarks", name] for name in names}


if __name__ == "__main__":
    main()
