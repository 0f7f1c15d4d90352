"""The recall window: submitted early with the instant of sending, all of it can be cancelled until then. Pure.

begins ───────────────── last call ──────── due
   submitted by now,        │  nobody can     sent by
   can be recalled          │  stop it now    the provider
"""

from __future__ import annotations

from datetime import datetime, timedelta

PROVIDER_LIMIT = timedelta(minutes=10)  # before the instant: what is cancelled later may be sent (SendGrid fact 28c)
LAST_CALL = timedelta(minutes=12)
RETRY_AFTER = timedelta(minutes=1)  # what the provider did not answer, it is asked again
LONGEST_AHEAD = timedelta(hours=71)  # of a scheduled sending: the provider's limit is 72 (SendGrid fact 17)


def compute_begins_at(due_at: datetime, minutes: int, now: datetime) -> datetime | None:
    """When submitting begins with a window of so many minutes; None when there is no time left for one."""
    if not minutes or now >= due_at - LAST_CALL:
        return None
    return max(due_at - timedelta(minutes=minutes), now)


def can_be_recalled(due_at: datetime, now: datetime) -> bool:
    """Whether there is time left to stop what was submitted."""
    return now <= due_at - LAST_CALL
