"""Roles and the verbs they allow. Pure. Stored values stay; the audience's role is older than its label."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Verb(StrEnum):
    """What a user may or may not do to a newsletter."""

    VIEW = "view"
    EDIT = "edit"
    APPROVE = "approve"
    SEND = "send"
    SUBSCRIBERS = "readers"
    CONFIGURE = "configure"
    USERS = "people"

    @property
    def description(self) -> str:
        """What a user without the right cannot do, as the end of “You have no right to …”."""
        return _VERB_DESCRIPTIONS[self]


class RoleName(StrEnum):
    """A role by its stored name."""

    ADMIN = "admin"
    EDITOR = "editor"
    AUTHOR = "author"
    AUDIENCE = "readers"
    VIEWER = "viewer"

    @property
    def label(self) -> str:
        """The role as people read it."""
        return self.name.capitalize()


_VERB_DESCRIPTIONS = {
    Verb.VIEW: "look at things",
    Verb.EDIT: "edit",
    Verb.APPROVE: "approve",
    Verb.SEND: "send",
    Verb.SUBSCRIBERS: "see or change subscribers",
    Verb.CONFIGURE: "change settings",
    Verb.USERS: "change users and roles",
}
# By stored name: a name that a later version gave allows nothing.
ALLOWED_VERBS: Mapping[str, frozenset[Verb]] = {
    RoleName.ADMIN: frozenset(Verb),
    RoleName.EDITOR: frozenset({Verb.VIEW, Verb.EDIT, Verb.APPROVE, Verb.SEND, Verb.SUBSCRIBERS}),
    RoleName.AUTHOR: frozenset({Verb.VIEW, Verb.EDIT}),
    RoleName.AUDIENCE: frozenset({Verb.VIEW, Verb.SUBSCRIBERS}),
    RoleName.VIEWER: frozenset({Verb.VIEW}),
}
