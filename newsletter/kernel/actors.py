"""Who acts, what they may do, and the record of what they did.

A function that changes something takes `by`, an `Actor`, asks it with `require_right`, and gives it an `ActionRecord`
for the audit log in the transaction of the change. Packages that know nothing of users need no more than this.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from newsletter.kernel.errors import NotAllowed


class Verb(StrEnum):
    """What somebody may or may not do to a newsletter, or to the subscribers of a list."""

    VIEW = "view"
    EDIT = "edit"
    APPROVE = "approve"
    SEND = "send"
    SUBSCRIBERS = "readers"
    CONFIGURE = "configure"
    USERS = "people"

    @property
    def description(self) -> str:
        """What those without the right cannot do, as the end of “You have no right to …”."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS = {
    Verb.VIEW: "look at things",
    Verb.EDIT: "edit",
    Verb.APPROVE: "approve",
    Verb.SEND: "send",
    Verb.SUBSCRIBERS: "see or change subscribers",
    Verb.CONFIGURE: "change settings",
    Verb.USERS: "change users and roles",
}


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """One act, for the audit log.

    `newsletter_id` and `list_ids` say whose it is: what is about the newsroom as a whole has neither.
    `before` and `after` hold the values that changed, by field; nothing personal. What is personal goes into
    `personal_before` and `personal_after`, with the `subscriber_id` it belongs to: the log keeps these apart and can
    redact them, while the entry keeps a digest.
    """

    action: str  # in the past tense: “approved”
    target: str  # “edition 12”
    at: datetime
    newsletter_id: int | None = None
    detail: str = ""
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)
    subscriber_id: int | None = None
    personal_before: Mapping[str, object] = field(default_factory=dict)
    personal_after: Mapping[str, object] = field(default_factory=dict)
    list_ids: Collection[int] = ()


class Actor(Protocol):
    """Somebody, or something, that acts: a user of the desk, the command line, the scheduler."""

    @property
    def name(self) -> str:
        """Who it is, as people read it and as rows keep it: a user's address, “command line (alice)”."""

    def may(self, verb: Verb, list_ids: Collection[int] = (), *, newsletter_id: int | None = None) -> bool:
        """Whether they may `verb` for all the given lists, or for a newsletter; for all newsletters when neither is.

        A list belongs to every newsletter that is sent to it: whoever changes it needs the right for each of them.
        """

    def list_visible_lists(self, verb: Verb) -> frozenset[int] | None:
        """The lists of the newsletters that they may `verb`, even one of several; None means all lists."""

    def list_visible_newsletters(self, verb: Verb) -> frozenset[int] | None:
        """The newsletters that they may `verb`; None means all."""

    def record(self, entry: ActionRecord) -> None:
        """Writes the audit log, in the caller's transaction."""


def require_right(by: Actor, verb: Verb, list_ids: Collection[int] = (), *, newsletter_id: int | None = None) -> None:
    """Raises NotAllowed unless `by.may(…)`."""
    if by.may(verb, list_ids, newsletter_id=newsletter_id):
        return
    where = "here" if list_ids or newsletter_id is not None else "for all newsletters"
    raise NotAllowed(
        f"You have no right to {verb.description} {where}. An administrator of the desk can give it to you."
    )


def may_see_list(by: Actor, verb: Verb, list_id: int) -> bool:
    """Whether `by` may `verb` for one of the newsletters of a list: enough to read what the list holds."""
    visible = by.list_visible_lists(verb)
    return visible is None or list_id in visible


def require_list_visible(by: Actor, verb: Verb, list_id: int) -> None:
    """Raises NotAllowed unless `may_see_list(…)`."""
    if not may_see_list(by, verb, list_id):
        raise NotAllowed(
            f"You have no right to {verb.description} of this list. An administrator of the desk can give it to you."
        )


def require_right_somewhere(by: Actor, verb: Verb) -> None:
    """Raises NotAllowed unless they may `verb` at least one newsletter."""
    if by.list_visible_lists(verb) == frozenset():
        raise NotAllowed(f"You have no right to {verb.description}. An administrator of the desk can give it to you.")
