"""What is told: a fact with the plain values that its text is made of. Pure.

A fact is told once: `kind` and `subject` are its key. Nothing here is of a subscriber.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.kernel.patterns import LINE, compile_bounded

Values = Mapping[str, object]  # JSON
_ADDRESS = compile_bounded(LINE, r"[^\s<>()\[\]“”\"',;:]+@[^\s<>()\[\]“”\"',;:]+")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to tell, of a newsletter or (None) of the service. `at` is when it happened.

    `only_user` is the address of the one user whom it concerns, "" for all who chose it; `actor` did it, and knows.
    Who is notified of `like` is told as well, whether they chose `kind` or not.
    """

    kind: NotificationKind
    subject: str
    newsletter_id: int | None
    at: datetime
    values: Values = field(default_factory=dict)
    only_user: str = ""
    actor: str = ""
    like: NotificationKind | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A condition that was seen: it stands at this moment."""

    kind: NotificationKind
    key: str
    newsletter_id: int | None = None
    values: Values = field(default_factory=dict)


def hide_addresses(text: str) -> str:
    """A reason in the words of a server, without the addresses it names: they may be subscribers'."""
    return _ADDRESS.sub("…", text[:LINE])


def is_reminder_due(instant: datetime, now: datetime, *, minutes: int, is_ready: bool) -> bool:
    """Whether it is time to say that an edition is not approved: so many minutes are left, or fewer (0: never)."""
    return not is_ready and timedelta() < instant - now <= timedelta(minutes=minutes)
