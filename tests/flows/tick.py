"""One tick of the scheduler at the instant given; prints how many occurrences it claimed."""

from __future__ import annotations

import sys
from datetime import datetime


def main() -> None:
    from newsletter.jobs import tasks

    ticked = tasks.tick(datetime.fromisoformat(sys.argv[1]))
    assert not ticked.failed, ticked.failed
    print(ticked.done["claimed"])
