"""How the benchmarks measure and print."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def median_ms(act: Callable[[], object], runs: int = 15, warm: int = 2) -> float:
    """The median of several runs in milliseconds, after warming up."""
    for _ in range(warm):
        act()
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        act()
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent)


def line(what: str, ms: float, baseline: str = "", baseline_ms: float = 0.0) -> None:
    """One result, with its ratio to the baseline of the same run."""
    ratio = f"   {ms / baseline_ms:5.2f} × {baseline} ({baseline_ms:.1f} ms)" if baseline_ms else ""
    print(f"{what:44} {ms:9.1f} ms{ratio}", flush=True)
