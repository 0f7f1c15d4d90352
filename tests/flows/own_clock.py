"""The command under a clock of its own, that jumps: by so many seconds as the file OWN_CLOCK says at any time.

The clock that only measures what passes is the machine's, as it is in a machine whose clock is set. OWN_CLOCK_LIMITS:
after how many seconds without a tick the scheduler's timer is set anew, and its process ends.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine


def main() -> None:
    from newsletter.cli.app import main as run_command
    from newsletter.jobs import scheduler

    limits = os.environ["OWN_CLOCK_LIMITS"].split()
    scheduler.NUDGE_AFTER_SECONDS, scheduler.HUNG_AFTER_SECONDS = map(float, limits)
    file = Path(os.environ["OWN_CLOCK"])
    offset = float(file.read_text())
    clock = time_machine.travel(datetime.now(UTC) + timedelta(seconds=offset), tick=True).start()
    threading.Thread(target=_follow, args=(clock, file, offset), daemon=True).start()
    run_command()


def _follow(clock: time_machine.Traveller, file: Path, offset: float) -> None:
    while True:
        time.sleep(0.1)
        wanted = float(file.read_text() or offset)
        clock.shift(wanted - offset)
        offset = wanted
