"""The audit log: append-only, written by the edges (desk, API, command line) for every act that changes something."""

from __future__ import annotations

from datetime import datetime

from newsletter.accounts.models import AuditEntry, User

COMMAND_LINE = "command line"


def record(
    actor: User | None,
    verb: str,
    target: str,
    *,
    now: datetime,
    newsletter_id: int | None = None,
    detail: str = "",
) -> None:
    """Records that `actor` (None: the command line) did `verb` to `target`.

    `detail` holds no secrets and no addresses of subscribers.
    """
    AuditEntry.objects.create(
        at=now,
        actor=actor,
        actor_name=actor.email if actor else COMMAND_LINE,
        verb=verb,
        target=target,
        newsletter_id=newsletter_id,
        detail=detail,
    )


def find_last_entry(target: str) -> tuple[str, str, datetime] | None:
    """Who did what to `target` last, and when; None: nothing was."""
    entry = AuditEntry.objects.filter(target=target).order_by("-at", "-id").first()
    return (entry.actor_name, entry.verb, entry.at) if entry else None
