"""What is done every hour so that nothing is kept for longer than it must."""

from __future__ import annotations

from datetime import datetime, timedelta

from subscribers import attempts, erasing, importing, suppressions

CONFIRMED_WITHIN = timedelta(days=30)


def keep_clean(now: datetime) -> None:
    """Forgets old tries, files of imports, and people who never confirmed; lifts suppressions whose time is over."""
    attempts.sweep(now)
    importing.forget_files(now)
    erasing.erase_unconfirmed(now, before=now - CONFIRMED_WITHIN)
    suppressions.lift_expired(now)
