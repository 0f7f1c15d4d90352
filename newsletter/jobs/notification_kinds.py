"""What there is to be notified of: who may be, and who is without having chosen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from newsletter.kernel.actors import Verb
from newsletter.kernel.enums import LabelledEnum


class NotificationKind(LabelledEnum):
    """What a notification is about, by its stored value, which is also in the JSON of webhooks."""

    DRAFT_READY = "draft_ready"
    APPROVAL_REQUESTED = "approval_requested"
    NOT_APPROVED = "not_approved"
    APPROVED = "approved"
    SENT = "sent"
    HELD = "held"
    MISSED = "missed"
    SKIPPED = "skipped"
    PAUSED = "paused"
    UNKNOWN_OUTCOMES = "unknown_outcomes"
    BOUNCE_SPIKE = "bounce_spike"
    PROCESS_GONE = "process_gone"
    NOT_LEAVING = "not_leaving"
    DISK = "disk"
    POSTS_REFUSED = "posts_refused"
    NO_EVENTS = "no_events"
    FEED_DEAD = "feed_dead"
    SIGNUP_ATTACK = "signup_attack"
    TEST = "test"  # asked for by hand, never chosen

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        return {
            cls.NOT_APPROVED: "Not approved, and its time is near",
            cls.SENT: "Sent, with its numbers an hour later",
            cls.PAUSED: "Mailing stopped, or newsletter paused",
            cls.UNKNOWN_OUTCOMES: "Unknown who got it",
            cls.BOUNCE_SPIKE: "Too many bounces",
            cls.PROCESS_GONE: "Scheduler, worker or web gone",
            cls.NOT_LEAVING: "Mail does not leave",
            cls.DISK: "Disk nearly full",
            cls.POSTS_REFUSED: "Posts of the provider refused",
            cls.NO_EVENTS: "No events after a mailing",
            cls.FEED_DEAD: "A feed dead for days",
            cls.SIGNUP_ATTACK: "Attack on the sign-up form",
        }


class KindGroup(Enum):
    """The groups in which kinds are chosen; the value is their heading."""

    BEFORE = "Before it is sent"
    STOPPED = "When it is not sent"
    AFTER = "After it is sent"
    SERVICE = "The service"


class Scope(Enum):
    """For what a kind is chosen."""

    NEWSLETTER = auto()  # for each newsletter
    NEWSROOM = auto()  # for the service as a whole


@dataclass(frozen=True, slots=True)
class KindRule:
    """Who may be notified of a kind (those with the right `verb`), and who is by default (those with `default`).

    `default` None: nobody who has not chosen it. Of a kind of the newsroom the right for all newsletters is meant,
    or with `anywhere` for one of them.
    """

    group: KindGroup
    verb: Verb = Verb.VIEW
    default: Verb | None = None
    anywhere: bool = False

    @property
    def scope(self) -> Scope:
        """For what it is chosen."""
        return Scope.NEWSROOM if self.group is KindGroup.SERVICE else Scope.NEWSLETTER


_SERVICE = KindRule(KindGroup.SERVICE, Verb.CONFIGURE, Verb.CONFIGURE)
KIND_RULES: Mapping[NotificationKind, KindRule] = {
    NotificationKind.DRAFT_READY: KindRule(KindGroup.BEFORE),
    NotificationKind.APPROVAL_REQUESTED: KindRule(KindGroup.BEFORE, default=Verb.APPROVE),
    NotificationKind.NOT_APPROVED: KindRule(KindGroup.BEFORE, default=Verb.APPROVE),
    NotificationKind.APPROVED: KindRule(KindGroup.BEFORE),
    NotificationKind.HELD: KindRule(KindGroup.STOPPED, default=Verb.APPROVE),
    NotificationKind.MISSED: KindRule(KindGroup.STOPPED, default=Verb.APPROVE),
    NotificationKind.SKIPPED: KindRule(KindGroup.STOPPED),
    NotificationKind.PAUSED: KindRule(KindGroup.STOPPED, default=Verb.APPROVE),
    NotificationKind.SENT: KindRule(KindGroup.AFTER),
    NotificationKind.UNKNOWN_OUTCOMES: KindRule(KindGroup.AFTER, default=Verb.APPROVE),
    NotificationKind.BOUNCE_SPIKE: KindRule(KindGroup.AFTER, default=Verb.APPROVE),
    NotificationKind.PROCESS_GONE: _SERVICE,
    NotificationKind.NOT_LEAVING: _SERVICE,
    NotificationKind.DISK: _SERVICE,
    NotificationKind.POSTS_REFUSED: _SERVICE,
    NotificationKind.NO_EVENTS: _SERVICE,
    NotificationKind.SIGNUP_ATTACK: _SERVICE,
    NotificationKind.FEED_DEAD: KindRule(KindGroup.SERVICE, Verb.EDIT, Verb.CONFIGURE, anywhere=True),
}


@dataclass(frozen=True, slots=True)
class ConditionRule:
    """When a condition that lasts is told: once it has lasted for `patience`, and again only after an end.

    It has ended when it was away for `calm`; with `tells_end` that is told too. With `merges`, those that are to be
    told at the same time are told together.
    """

    patience: timedelta
    calm: timedelta = timedelta(minutes=5)
    tells_end: bool = True
    merges: bool = False


CONDITION_RULES: Mapping[NotificationKind, ConditionRule] = {
    NotificationKind.PAUSED: ConditionRule(timedelta(), calm=timedelta(), tells_end=False),
    NotificationKind.UNKNOWN_OUTCOMES: ConditionRule(timedelta(minutes=10), tells_end=False),
    NotificationKind.BOUNCE_SPIKE: ConditionRule(timedelta(), tells_end=False),
    NotificationKind.PROCESS_GONE: ConditionRule(timedelta(minutes=2)),
    NotificationKind.NOT_LEAVING: ConditionRule(timedelta(minutes=2)),
    NotificationKind.DISK: ConditionRule(timedelta(minutes=1), calm=timedelta(minutes=15)),
    NotificationKind.POSTS_REFUSED: ConditionRule(timedelta(), calm=timedelta(hours=1), tells_end=False),
    NotificationKind.FEED_DEAD: ConditionRule(timedelta(), calm=timedelta(minutes=1), merges=True),
    NotificationKind.SIGNUP_ATTACK: ConditionRule(timedelta(), calm=timedelta(minutes=30)),
}


class Route(LabelledEnum):
    """By which route a message goes."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class WebhookForm(LabelledEnum):
    """What a webhook is posted."""

    JSON = "json"
    SLACK = "slack"

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        return {cls.JSON: "JSON"}


class MessageState(LabelledEnum):
    """Where a message to one recipient is.

    waiting ─▶ sending ─▶ sent · unknown · failed       waiting again: refused for sure, or a webhook, which may repeat
    """

    WAITING = "waiting"
    SENDING = "sending"  # stored before the first byte leaves
    SENT = "sent"
    UNKNOWN = "unknown"  # nobody knows whether it arrived: never sent again
    FAILED = "failed"
