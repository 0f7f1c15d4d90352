"""When to try a refused batch again, and when to stop. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)
MOST_ATTEMPTS = 8  # about half an hour of trying; then people are asked


def again_at(now: datetime, attempt: int, *, asked: datetime | None, jitter: float) -> datetime | None:
    """When attempt number `attempt` (from 1), refused for now, is followed by the next; None to stop and ask.

    Waits double up to ten minutes. What the provider `asked` for (X-RateLimit-Reset, SendGrid fact 25)
    is honoured. `jitter` (0 to 1) spreads the batches that were refused together.
    """
    if attempt >= MOST_ATTEMPTS:
        return None
    wait = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
    own = now + wait * (1 + 0.5 * jitter)
    if asked is None:
        return own
    return max(own, min(asked, now + timedelta(hours=1)) + timedelta(seconds=2 * jitter))
