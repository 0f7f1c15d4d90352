"""The states of what this package stores. Pure. Values are stored and must stay; members are what code calls them."""

from __future__ import annotations

from newsletter.kernel.enums import LabelledEnum


class SubscriptionState(LabelledEnum):
    """Of a subscriber on a list."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class LeavingStatus(LabelledEnum):
    """What the page for unsubscribing shows: how the subscriber stands with the lists it is about."""

    SUBSCRIBED = "subscribed"
    PENDING = "pending"
    STOPPED = "stopped"  # by a bounce or a complaint
    UNSUBSCRIBED = "unsubscribed"


class Frequency(LabelledEnum):
    """How often a subscriber wants a list: every edition, or one a week."""

    EVERY = "every"
    WEEKLY = "weekly"


class Tier(LabelledEnum):
    """Whether a subscriber pays."""

    FREE = "free"
    PAID = "paid"
    COMP = "comp"


class AttributeKind(LabelledEnum):
    """What a value of an attribute may be."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"


class ImportState(LabelledEnum):
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

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        return {cls.NEEDS_ANSWER: "Needs answers", cls.READY: "Dry run", cls.RUNNING: "Importing"}


class TransactionalState(LabelledEnum):
    """Of a mail for one person."""

    QUEUED = "owed"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class SuppressionReason(LabelledEnum):
    """Why an address is suppressed, where this package does it; people give reasons of their own."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"
    ASKED = "asked"
    IMPORTED = "imported"


class DomainVerdict(LabelledEnum):
    """Whether people at a domain may sign up."""

    ALLOW = "allow"
    DENY = "deny"
