"""What every process does again and again, at the instant given: tells what is to be told."""

from __future__ import annotations

import sys
from datetime import datetime


def main() -> None:
    from newsletter.jobs.notifications import sending

    now = datetime.fromisoformat(sys.argv[1])
    sending.watch(now)
    sending.send_due_messages(now)
