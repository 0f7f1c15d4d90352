"""What is done every hour so that nothing is kept for longer than it must."""

from __future__ import annotations

from datetime import datetime, timedelta

from subscribers import attempts, erasing, hygiene, importing, suppressions

CONFIRMED_WITHIN = timedelta(days=30)


def keep_clean(now: datetime) -> None:
    """Forgets old tries, files of imports, and people who never confirmed; lifts suppressions whose time is over;
    lets those go who were asked after a long silence and did not answer."""
    attempts.delete_old_attempts(now)
    importing.forget_files(now)
    erasing.erase_unconfirmed(now, before=now - CONFIRMED_WITHIN)
    suppressions.lift_expired(now)
    hygiene.let_the_silent_go(now)
