"""Roles and the verbs they allow. Pure. Stored values stay; the audience's role is older than its label."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.kernel.actors import Verb
from newsletter.kernel.enums import LabelledEnum


class RoleName(LabelledEnum):
    """A role by its stored name."""

    ADMIN = "admin"
    EDITOR = "editor"
    AUTHOR = "author"
    AUDIENCE = "readers"
    VIEWER = "viewer"


# By stored name: a name that a later version gave allows nothing.
ALLOWED_VERBS: Mapping[str, frozenset[Verb]] = {
    RoleName.ADMIN: frozenset(Verb),
    RoleName.EDITOR: frozenset({Verb.VIEW, Verb.EDIT, Verb.APPROVE, Verb.SEND, Verb.SUBSCRIBERS}),
    RoleName.AUTHOR: frozenset({Verb.VIEW, Verb.EDIT}),
    RoleName.AUDIENCE: frozenset({Verb.VIEW, Verb.SUBSCRIBERS}),
    RoleName.VIEWER: frozenset({Verb.VIEW}),
}
