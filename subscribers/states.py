"""The states of what this package stores. Pure. Values are stored and must stay; members are what code calls them."""

from __future__ import annotations

from enum import StrEnum


class SubscriptionState(StrEnum):
    """Of a subscriber on a list."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Frequency(StrEnum):
    """How often a subscriber wants a list: every edition, or one a week."""

    EVERY = "every"
    WEEKLY = "weekly"


class Tier(StrEnum):
    """Whether a subscriber pays."""

    FREE = "free"
    PAID = "paid"
    COMP = "comp"


class AttributeKind(StrEnum):
    """What a value of an attribute may be."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"


class ImportState(StrEnum):
    """Of one import of a file."""

    CHECKING = "checking"
    NEEDS_ANSWER = "asks"
    READY = "ready"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    UNDOING = "undoing"
    UNDONE = "undone"


class TransactionalState(StrEnum):
    """Of a mail for one person."""

    QUEUED = "owed"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class SuppressionReason(StrEnum):
    """Why an address is suppressed, where this package does it; people give reasons of their own."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"
    ASKED = "asked"
    IMPORTED = "imported"


class DomainVerdict(StrEnum):
    """Whether people at a domain may sign up."""

    ALLOW = "allow"
    DENY = "deny"


def list_choices(states: type[StrEnum]) -> list[tuple[str, str]]:
    """The choices of a model's field: stored value and label."""
    return [(state.value, state.name.replace("_", " ").capitalize()) for state in states]
