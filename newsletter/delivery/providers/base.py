"""What the engine needs of a provider, in the engine's words.

One attempt has one of three answers (SendGrid fact 27): accepted for sure, refused for sure, or
unknown. Unknown is never retried automatically.
"""

from __future__ import annotations

import http.client
import smtplib
import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, overload, runtime_checkable

from newsletter.kernel.errors import SurroundingsError
from newsletter.templater.briefing import MergeField


@dataclass(frozen=True, slots=True)
class Envelope:
    """The part of a mailing that is the same for every recipient.

    `headers` are List-Id and the like; `unsubscribe_base` ends in a slash and is followed by a subscriber's token
    ("" for mail that is not a newsletter), `unsubscribe_email` an address to leave by mail, if there
    is one. Tracking is always set explicitly.
    """

    from_email: str
    from_name: str
    reply_to: str
    subject: str
    html: str
    text: str
    merge: tuple[MergeField, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    unsubscribe_base: str = ""
    unsubscribe_email: str = ""
    click_tracking: bool = False
    open_tracking: bool = False


class Recipient(NamedTuple):
    """One recipient of a batch; `delivery` is opaque and comes back in events."""

    delivery: str
    address: str
    first_name: str
    token: str
    date: str = ""  # of the sending in the recipient's time zone, in words


@dataclass(frozen=True, slots=True)
class Recipients(Sequence[Recipient]):
    """Many recipients, kept in columns: some providers never need them one by one, and there are millions."""

    deliveries: Sequence[str]
    addresses: Sequence[str]
    first_names: Sequence[str]
    tokens: Sequence[str]
    dates: Sequence[str]

    def __len__(self) -> int:
        return len(self.addresses)

    @overload
    def __getitem__(self, place: int) -> Recipient: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Recipient]: ...

    def __getitem__(self, place: int | slice) -> Recipient | Sequence[Recipient]:
        if isinstance(place, slice):
            return Recipients(*(column[place] for column in to_columns(self)))
        return Recipient(*(column[place] for column in to_columns(self)))


def to_columns(recipients: Sequence[Recipient]) -> Sequence[Sequence[str]]:
    """The deliveries, addresses, first names, tokens and dates of at least one recipient."""
    if isinstance(recipients, Recipients):
        return (
            recipients.deliveries,
            recipients.addresses,
            recipients.first_names,
            recipients.tokens,
            recipients.dates,
        )
    return tuple(zip(*recipients, strict=True))


@dataclass(frozen=True, slots=True)
class SendRequest:
    """One attempt at one batch. The keys are opaque ids, never an address.

    A provider that can schedule sends at `send_at` (aware; None: now); all that has the same `cancel_id` ("" for
    none), an id of the provider's, can be cancelled together until then.
    """

    envelope: Envelope
    recipients: Sequence[Recipient]
    mailing: str
    batch: str
    attempt: str
    send_at: datetime | None = None
    cancel_id: str = ""


class AnswerKind(StrEnum):
    """What an attempt came to: for sure, or not."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one attempt.

    `permanent`: trying again will not help. `stop`: nothing of this mailing can succeed until somebody
    fixes the settings. `key_refused`: it does not know our key, which may have been changed. `retry_at`: when the
    provider asked to be tried again. `refused_places`: places of recipients it will not take; the others may be
    tried without them. A provider that takes messages one by one also says which places are `accepted_places`, accepted
    although the whole was not, and for which it is `unknown_places`.
    """

    kind: AnswerKind
    message: str = ""
    provider_id: str = ""
    permanent: bool = False
    stop: bool = False
    key_refused: bool = False
    retry_at: datetime | None = None
    refused_places: dict[int, str] = field(default_factory=dict)
    accepted_places: tuple[int, ...] = ()
    unknown_places: tuple[int, ...] = ()

    @property
    def accepted(self) -> bool:
        """Accepted for sure."""
        return self.kind is AnswerKind.ACCEPTED

    @property
    def unknown(self) -> bool:
        """Nobody knows; it is not resent automatically."""
        return self.kind is AnswerKind.UNKNOWN


class EventType(StrEnum):
    """What a provider reports later, in our words. What we have no word for is OTHER, never a guess."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BLOCKED = "blocked"
    BOUNCED = "bounced"
    DROPPED = "dropped"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "left"
    OPENED = "opened"
    CLICKED = "clicked"
    ACCOUNT = "account"  # about our account with the provider, not about a message
    OTHER = "other"


class RejectReason(StrEnum):
    """What an event says of a person or an address; NOTHING where it is about the message or the provider."""

    NOTHING = ""
    ARRIVED = "arrived"
    SOFT = "soft"  # turned away for now
    HARD = "hard"  # there is no such address
    COMPLAINED = "complained"
    UNSUBSCRIBED = "left"
    QUOTA = "quota"  # thrown away because our plan is used up


class Event(NamedTuple):
    """One event. `at` is in Unix seconds; `mailing`, `batch`, `attempt` and `place` are ours; "" and -1: it has none.

    `alarm`, if not "", is a sentence for people: something is wrong with our account, not with one recipient.
    """

    id: str
    type: EventType
    at: int
    address: str
    batch: str = ""
    attempt: str = ""
    place: int = -1
    reject_reason: RejectReason = RejectReason.NOTHING
    reason: str = ""
    machine: bool = False
    url: str = ""
    pick: str = ""
    alarm: str = ""
    mailing: str = ""


class Provider(Protocol):
    """A way for mail to leave. `account` is the fingerprint of our account with it, "" where there is none.

    `former_accounts` are fingerprints that former versions made of the same account.
    """

    name: str
    account: str
    former_accounts: tuple[str, ...]
    max_batch: int
    can_schedule: bool
    can_cancel: bool

    def send_batch(self, request: SendRequest, now: datetime) -> Answer:
        """Hands one batch over. Never raises: every failure is an answer."""
        ...


class ProviderError(SurroundingsError):
    """The provider did not do what it was asked, with its answer."""


class RequestRefused(ProviderError):
    """It never will: something is wrong with what it was asked."""


class CancelStatus(StrEnum):
    """What a provider says of an id by which something can be cancelled."""

    NONE = ""  # it is sent at its time
    PAUSED = "pause"  # held back, by somebody else than this program
    CANCELLED = "cancel"


@runtime_checkable
class Canceller(Protocol):
    """A provider that can be stopped until the instant of sending. Every method raises ProviderError.

    `max_cancelled`: so many ids of an account may be cancelled or paused at a time, ours and others'.
    """

    max_cancelled: int

    def new_cancel_id(self) -> str:
        """An id to give to requests, by which all of them can be cancelled."""
        ...

    def cancelled_ids(self) -> frozenset[str]:
        """The ids of the account that are cancelled or paused at this time."""
        ...

    def get_cancel_status(self, cancel_id: str) -> CancelStatus:
        """What is to happen to all that has this id."""
        ...

    def cancel(self, cancel_id: str) -> None:
        """Cancels all that has this id; once more does no harm."""
        ...

    def release(self, cancel_id: str) -> None:
        """Forgets a cancelled id.

        Only after everything with it was to be sent: before, that would send it after all.
        """
        ...


@runtime_checkable
class KeyHolder(Protocol):
    """A provider that says whether it takes our key, without anything being sent."""

    def check_key(self) -> str:
        """What is wrong with our key; "" when it may send. Raises ProviderError when nobody knows."""
        ...


@runtime_checkable
class BounceList(Protocol):
    """A provider that mails no address that bounced, until it is told to forget that."""

    def forget_bounces(self, addresses: Sequence[str]) -> None:
        """Takes addresses off its list of bounces; once more does no harm.

        Raises ProviderError, and of that RequestRefused where it may be about one of the addresses.
        """
        ...


class DayFigures(NamedTuple):
    """How many messages a provider was asked to send on a day of its own (UTC), and how many it delivered."""

    day: date
    requests: int
    delivered: int


@runtime_checkable
class Counting(Protocol):
    """A provider that says how many messages it was given: a witness beside our rows."""

    def count_by_day(self, since: date, until: date) -> Sequence[DayFigures]:
        """Its figures for each of these days, both included. Raises ProviderError."""
        ...


@runtime_checkable
class Suppressor(Protocol):
    """A provider that keeps lists of its own of addresses it will not mail."""

    def list_suppressed(self, since: datetime, until: datetime) -> Iterable[Event]:
        """What came onto its lists between two instants. Raises ProviderError, also in the middle."""
        ...


# The first kind that an error is, or that stands behind it, says what happened.
_NETWORK_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLCertVerificationError, "its certificate is not valid for its address"),
    (TimeoutError, "it did not answer in time"),
    (socket.gaierror, "its name cannot be found"),
    (ConnectionRefusedError, "nothing answers at its address"),
    (ssl.SSLError, "the encrypted connection failed"),
    (ConnectionError, "it closed the connection"),
    (http.client.HTTPException, "it closed the connection"),
    (smtplib.SMTPServerDisconnected, "it closed the connection"),
)


def describe_network_error(error: BaseException) -> str:
    """What an error of the network means, in words: those of the libraries are of their code."""
    behind = list(_unfold(error))
    return next((words for kind, words in _NETWORK_ERRORS for each in behind if isinstance(each, kind)), "it failed")


def _unfold(error: BaseException, depth: int = 8) -> Iterator[BaseException]:
    """An error and those that it was made of or followed from."""
    yield error
    within = [*error.args, error.__cause__, error.__context__, getattr(error, "reason", None)]
    for each in within if depth else ():
        if isinstance(each, BaseException):
            yield from _unfold(each, depth - 1)
