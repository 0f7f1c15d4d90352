"""Runs the benchmarks named, or all."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("start", "rendering", "delivery", "events", "lookup", "beside", "retention", "subscribers", "hostile")


def main() -> None:
    wanted = sys.argv[1:] or NAMES
    for name in wanted:
        if name not in NAMES:
            sys.exit(f"There is no benchmark “{name}”. There are {', '.join(NAMES)}.")
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
