"""How long the command takes to answer, against a bare interpreter."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measuring import line, median_ms


def main() -> None:
    bare = median_ms(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), runs=7)
    shown = median_ms(
        lambda: subprocess.run([sys.executable, "-m", "newsletter", "--help"], check=True, capture_output=True), runs=7
    )
    line("newsletter --help", shown, "bare interpreter", bare)
