"""The dead man's ping: a monitor elsewhere is asked every minute, and raises the alarm when nobody asks any more.

As healthchecks.io takes it: the address alone says that all is well, with `/start` that we start, with `/fail` what is
wrong. Only the scheduler pings, so that its end is noticed too.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError

from newsletter import fetching
from newsletter.delivery import installation
from newsletter.jobs import doctor, readiness, wiring

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
EXAMINED_EVERY = timedelta(minutes=10)  # by `doctor`, which looks at more than is cheap
TIMEOUT = 10.0  # seconds
START, FAIL = "/start", "/fail"


class DeadMansPing:
    """Pings when a minute is over, and once at the start."""

    def __init__(self) -> None:
        never = datetime.min.replace(tzinfo=UTC)
        self._pinged_at, self._examined_at = never, never
        self._has_started = False
        self._serious = 0

    def ping_when_due(self, now: datetime) -> bool:
        """Pings unless it did within a minute. Returns whether the monitor took it."""
        url = wiring.get_config().ping_url
        if not url or timedelta() <= now - self._pinged_at < EVERY or _is_copy():
            return False
        self._pinged_at = now
        if not self._has_started:
            self._has_started = ping(url, START)
        problems = self._list_problems(now)
        return ping(url, FAIL if problems else "", problems)

    def _list_problems(self, now: datetime) -> Sequence[str]:
        """What keeps mail from leaving. Of what `doctor` finds only how much: its words name folders and people."""
        if not timedelta() <= now - self._examined_at < EXAMINED_EVERY:
            self._examined_at = now
            self._serious = sum(each.is_bad for each in doctor.examine(now))
        found = list(readiness.list_problems(now).values())
        return found or ([f"newsletter doctor finds {self._serious} serious problems."] if self._serious else [])


def _is_copy() -> bool:
    """Whether this is a copy, which must not say that its original lives. Without a database nobody knows."""
    try:
        return installation.sends_to_outbox_only()
    except DatabaseError:
        return False


def ping(url: str, ending: str = "", problems: Sequence[str] = ()) -> bool:
    """One ping; False when the monitor did not take it, which is logged without its address."""
    try:
        fetching.post(
            url + ending,
            "\n".join(problems).encode(),
            headers={"Content-Type": "text/plain; charset=utf-8"},
            timeout=TIMEOUT,
            allow_private=True,  # whoever sets it has the machine
        )
    except (fetching.FetchError, fetching.FetchRefused) as error:
        log.warning("The dead man's ping was not taken: %s", error)
        return False
    return True
