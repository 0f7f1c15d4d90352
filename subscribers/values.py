"""What this package returns: frozen values, never rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from subscribers.states import Frequency, ImportState, QuestionKind, SubscriptionState


@dataclass(frozen=True, slots=True)
class List:
    """What people subscribe to."""

    id: int
    slug: str
    name: str
    description: str
    language: str
    double_opt_in: bool
    public: bool
    weekly_day: int = 5  # of the week, Monday 0: whose edition those get who want one a week
    privacy_notice: str = ""
    removed_at: datetime | None = None  # nobody joins it any more; who is on it can still leave


@dataclass(frozen=True, slots=True)
class Subscription:
    """A person on a list; `since` is when the present state began.

    `opened_at` and `clicked_at` are the last times we learned of, to the hour, as of `engagement_as_of`; None where
    nothing is known, which is so for everybody whom nobody tracks.
    """

    list_id: int
    list_name: str
    state: SubscriptionState
    since: datetime
    confirmed_at: datetime | None
    source: str
    frequency: Frequency = Frequency.EVERY
    paused_until: date | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    engagement_as_of: datetime | None = None
    requested_at: datetime | None = None  # when somebody who is out signed up again, until that is confirmed


@dataclass(frozen=True, slots=True)
class FormerAddress:
    """An address a person had before."""

    address: str
    since: datetime
    until: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """One change of a subscription: when, how, by whom, from where, and the words that were shown.

    `claimed_at` is when they asked, confirmed or left as an imported file says; `reason` the subscriber's, for leaving.
    """

    at: datetime
    list_name: str
    state: str
    how: str
    by: str
    origin: str
    words: str = ""
    network: str = ""
    claimed_at: datetime | None = None
    reason: str = ""
    list_id: int = 0  # 0: all lists
    before: str = ""
    form_hash: str = ""  # what was shown: the form, the privacy notice, and the mail that was answered (consent.texts)
    notice_hash: str = ""
    mail_hash: str = ""
    tracking: bool | None = None  # whether they agreed that opens and clicks are counted; None: not asked


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A text that somebody was shown when they agreed."""

    hash: str
    text: str
    first_used_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves the consent of the owner of an address, oldest first, with the texts they were shown.

    `subscriber_id` is None for somebody who is not here any more; `erased_at` when somebody with it was erased last.
    """

    address: str
    subscriber_id: int | None
    erased_at: datetime | None
    events: tuple[ConsentEvent, ...]
    texts: Mapping[str, ConsentText]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscriber with everything that is known, newest first."""

    id: int
    address: str
    first_name: str
    last_name: str
    language: str
    zone: str
    source: str
    tracked: bool
    tier: str
    attributes: Mapping[str, str | int | float]
    tags: tuple[str, ...]
    created_at: datetime
    subscriptions: tuple[Subscription, ...]
    former_addresses: tuple[FormerAddress, ...]
    consents: tuple[ConsentEvent, ...]
    suppressed: str
    tracking_agreed_at: datetime | None = None
    tier_ends_at: datetime | None = None  # from then on the tier counts as free


@dataclass(frozen=True, slots=True)
class TierChange:
    """One change of a tier: what it was, what it became and until when, who did it, and how."""

    at: datetime
    tier: str
    ends_at: datetime | None
    before: str
    how: str
    by: str


@dataclass(frozen=True, slots=True)
class VisibleSubscriber:
    """A subscriber as somebody may see them; what is hidden is empty. `may_change`: whether they may change them."""

    subscriber: Subscriber
    may_change: bool


class ListState(NamedTuple):
    """In which state somebody is on a list, and since when."""

    list_id: int
    state: SubscriptionState
    since: datetime


@dataclass(frozen=True, slots=True)
class SubscriberMatch:
    """One hit of a search; `matched` is the former address it was found by, if it was one.

    `subscriptions` are those on the lists that were searched.
    """

    id: int
    address: str
    first_name: str
    last_name: str
    matched: str
    state: str
    subscriptions: tuple[ListState, ...] = ()

    @property
    def name(self) -> str:
        """First and last name, as far as they are known."""
        return f"{self.first_name} {self.last_name}".strip()


class AudienceBounds(NamedTuple):
    """How far an audience goes: subscribers in any state, the highest id among them, and of all suppressions (or 0)."""

    subscriber_count: int
    last_id: int
    suppressed_upto: int


class AudienceCandidate(NamedTuple):
    """One person of an audience. `exclusion` is "" or the reason not to mail; a tuple, for there are millions.

    `tracked` is False for those who refuse to be, `agreed` True for those who agreed to it.
    """

    subscriber_id: int
    exclusion: str
    language: str
    tracked: bool
    agreed: bool = False


class AudienceAddresses(NamedTuple):
    """People to mail, in columns, for there are millions: their addresses as of the freeze, fit for sending.

    `excluded` says, by id, who must not be mailed any more, and why.
    """

    addresses: Sequence[str]
    first_names: Sequence[str]
    excluded: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class ImportFlag:
    """What is suspicious but accepted, of one kind: how often, and the first of them (line, address, suggestion)."""

    count: int
    first: tuple[tuple[int, str, str], ...]


class BadRow(NamedTuple):
    """A row that could not be taken: where, which field, what stood there, and why."""

    line: int
    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do. The counts add up to `rows`; of `refused`, the first are in `bad`.

    `skipped` holds nobody: people whom the other program deleted at their wish. `columns` says what each column of the
    file was taken for. `undated` people have no date of consent in it. `flags` by kind: typo, disposable, role,
    quarantined (kept, but SendGrid cannot mail it). Nothing here tells whether other lists know somebody: whose details
    the importer may not change is counted as if the file had none.
    """

    rows: int
    new: int
    updated: int
    unchanged: int
    kept_unsubscribed: int
    refused: int
    bad: tuple[BadRow, ...]
    skipped: int = 0
    id: int = 0
    tool: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    flags: Mapping[str, ImportFlag] = field(default_factory=dict)
    note: str = ""
    undated: int = 0
    # Of a dry run: people by the state they would have, those who would get the next edition and do not yet, and some.
    states: Mapping[str, int] = field(default_factory=dict)
    newly_active: int = 0
    examples: tuple[Mapping[str, str], ...] = ()
    samples: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of each column, the first different values


@dataclass(frozen=True, slots=True)
class AskedValue:
    """A value of a column: how often it is there, where first, and what it would mean by itself, if we know."""

    value: str
    count: int
    line: int = 0
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something only the importer knows about a column, with what is in it and some rows as an example.

    `surely` says that the column speaks of leaving or consent by its name or words; without it only its few values
    make it look like a state.
    """

    kind: QuestionKind
    column: str
    reason: str
    values: tuple[AskedValue, ...] = ()
    more_values: int = 0
    examples: tuple[tuple[str, str], ...] = field(default=())  # address, value
    surely: bool = True


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import as a list shows it: without what its file holds. `new` subscribers came by it."""

    id: int
    list_name: str
    name: str
    state: ImportState
    by: str
    created_at: datetime
    new: int


@dataclass(frozen=True, slots=True)
class ImportFilter:
    """Which imports a list shows: into some lists. `text`: a part of the name of their file."""

    list_ids: Collection[int]
    states: Collection[ImportState] = ()
    begun_between: tuple[datetime, datetime] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One import: whose file, how far it is, and what came of it. `merged` of `people` addresses are in."""

    id: int
    list_id: int
    list_name: str
    name: str
    state: ImportState
    by: str
    created_at: datetime
    finished_at: datetime | None
    people: int
    merged: int
    report: ImportReport
    error: str
    file_kept: bool
    seen: str = ""  # stands for the file and what its columns mean: what somebody confirms
    questions: tuple[Question, ...] = ()  # what must be answered before it can go on
    answers: tuple[tuple[str, str], ...] = ()  # given so far: a column, or a column and a value, and what it is


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something the newsroom knows of people: text, number, date, or one of `choices`."""

    slug: str
    name: str
    kind: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment, as JSON and in words."""

    id: int
    slug: str
    name: str
    definition: Mapping[str, Any]
    words: str
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """How many subscribers a definition has; `as_of`: when opens and clicks were last read, where it asks for them."""

    count: int
    words: str
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class InactiveSubscribers:
    """Subscribers without a sign of reading for `months`: all, those asked, and those whose time to answer is over."""

    months: int
    silent: int
    asked: int
    over: int
    as_of: datetime

    @property
    def to_ask(self) -> int:
        return self.silent - self.asked


@dataclass(frozen=True, slots=True)
class GrowthMonth:
    """A month of a list: active at the end, changes by kind, and the share of those at the beginning it lost."""

    month: date
    active: int
    happened: Mapping[str, int]
    churn: float

    @property
    def gained(self) -> int:
        return sum(self.happened[kind] for kind in ("confirmed", "imported", "came_back"))

    @property
    def lost(self) -> int:
        return sum(self.happened[kind] for kind in ("left", "bounced", "complained", "silent"))

    @property
    def churn_percent(self) -> str:
        return f"{100 * self.churn:.1f}"


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address, “@domain”, or hash of an erased address, on the suppression list."""

    id: int
    address: str
    reason: str
    source: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class PendingErasure:
    """Somebody who was erased, whose data other packages have to delete: their id, and every address they had."""

    id: int
    subscriber_id: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TransactionalMail:
    """A mail to one person; `attempts` counts this one."""

    id: int
    kind: str
    address: str
    language: str
    list_id: int | None
    list_name: str
    button_url: str
    attempts: int
