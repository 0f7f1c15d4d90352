"""The states of what this package stores. Pure. Values are stored and must stay; members are what code calls them."""

from __future__ import annotations

from enum import StrEnum

from newsletter.kernel.enums import LabelledEnum

READER = "the reader"  # who changed an address, where it was the person


class SubscriptionState(LabelledEnum):
    """Of a subscriber on a list."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class SubscriptionAct(StrEnum):
    """What can change a subscription, and by whom: see `policy.TRANSITIONS`."""

    # by the subscriber
    SIGN_UP = "sign-up"
    CONFIRM = "confirm"
    CONFIRM_RETURN = "confirm-return"  # of a request by somebody who had left, or whose mail came back
    LEAVE = "leave"
    UNDO_LEAVE = "undo-leave"
    STAY = "stay"
    # by the newsroom
    IMPORT = "import"
    IMPORT_UNCONFIRMED = "import-unconfirmed"
    IMPORT_UNSUBSCRIBED = "import-left"
    IMPORT_BOUNCED = "import-bounced"
    DESK_UNSUBSCRIBE = "desk-leave"
    SILENCE = "silence"  # asked whether to go on, and not answered
    # by the provider's report
    REPORT_UNSUBSCRIBE = "report-leave"
    BOUNCE = "bounce"
    COMPLAIN = "complain"
    # by an operator: the address did not bounce, the sender was turned away
    WITHDRAW_BOUNCE = "bounce-withdrawn"
    WITHDRAW_BOUNCE_UNCONFIRMED = "bounce-withdrawn-unconfirmed"  # of somebody who was pending before


class ReportKind(StrEnum):
    """What the provider reports of a person or an address."""

    ARRIVED = "arrived"  # a message was delivered
    SOFT = "soft"  # turned away for now
    HARD = "hard"  # no such address
    COMPLAINED = "complained"  # called spam
    UNSUBSCRIBED = "left"  # by way of the provider


class AudienceExclusion(StrEnum):
    """Why somebody on a list must not be mailed, besides the state of the subscription."""

    SUPPRESSED = "suppressed"
    INVALID = "invalid"  # an address that mail cannot be sent to
    PAUSED = "paused"
    FREQUENCY = "frequency"  # wants one edition a week, and not that of this day
    ERASED = "erased"


class SignupVerdict(LabelledEnum):
    """What became of a sign-up attempt; bad input is stored with the field behind it (“bad email”)."""

    BEGUN = "begun"
    ACCEPTED = "taken"
    HONEYPOT = "trapped"  # a field was filled that people cannot see
    TOO_OFTEN = "too often"
    CHALLENGED = "challenged"  # above a limit, and no challenge solved
    WAITING = "waiting"  # above a limit: the mail waits in the queue
    FORBIDDEN_DOMAIN = "domain"
    BAD_INPUT = "bad"
    REFUSED = "refused"
    FAILED = "failed"


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
    """Whether a subscriber pays. The newsroom may have tiers of its own besides: `tiers`."""

    FREE = "free"
    METERED = "metered"  # reads some articles for nothing
    PAID = "paid"
    COMP = "comp"

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        return {cls.PAID: "Paying", cls.COMP: "Complimentary"}


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


class QuestionKind(LabelledEnum):
    """What is asked: what a column is, what its words mean, or which number of its dates is the day."""

    COLUMN = "column"
    WORDS = "words"
    TIERS = "tiers"
    DATES = "dates"


class TransactionalKind(StrEnum):
    """What a mail for one person is about."""

    CONFIRM = "confirm"
    WELCOME = "welcome"
    ALREADY_SUBSCRIBED = "already"
    GOODBYE = "goodbye"
    STAY = "stay"  # asks a silent subscriber whether to go on
    WHICH_ADDRESS = "which"  # reminds of the address that gets our mail
    NEW_ADDRESS = "newaddress"  # to the new address: is it yours?
    ADDRESS_CHANGED = "moved"  # a notice to the old one
    ADDRESS_CHANGED_BY_DESK = "moved-by-desk"  # stored as “moved”, as the next one: see transactional
    ADDRESS_RESTORED = "moved-back"
    # A link that may do more than that of a footer.
    DETAILS = "details"
    ADDRESS = "address"
    DATA = "data"
    ERASE = "erase"


class TransactionalState(LabelledEnum):
    """Of a mail for one person."""

    QUEUED = "owed"
    CLAIMED = "claimed"  # it may be leaving: stored before its first byte does
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    TAKEN = "taken"  # in a sender's hands, and nothing has left: a process of the version before never touches it


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
