"""What the whole installation costs when nothing happens: `newsletter run` on the demo's data, over a minute."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

SETTLED_SECONDS = 20.0  # after the start
MEASURED_SECONDS = float(os.environ.get("BENCH_IDLE_SECONDS", "60"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder))


def _measure(folder: Path) -> None:
    data = folder / "data"
    command = [sys.executable, "-m", "newsletter"]
    subprocess.run(
        [*command, "demo", "--data", str(data), "--no-serve"], check=True, cwd=folder, stdout=subprocess.DEVNULL
    )
    environ = os.environ | {"NEWSLETTER_DATA_DIR": str(data), "NEWSLETTER_PROVIDER": "outbox"}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [*command, "run", "--listen", f"127.0.0.1:{port}"], cwd=folder, env=environ, stdout=subprocess.DEVNULL
    )
    try:
        time.sleep(SETTLED_SECONDS)
        whole = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
        before = {each: _get_cpu_seconds(each) for each in whole}
        time.sleep(MEASURED_SECONDS)
        used = {each: 100 * (_get_cpu_seconds(each) - before[each]) / MEASURED_SECONDS for each in whole}
    finally:
        running.terminate()
        running.wait()
    for process, percent in used.items():
        print(f"  {process.pid}: {percent:.2f} % of a core")
    print(f"the whole installation when idle: {sum(used.values()):.2f} % of a core", flush=True)


def _get_cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
