"""Who may do what: a table, and the one question `can(user, verb, newsletter)`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser

from newsletter.accounts.models import User
from newsletter.kernel.errors import NotAllowed

VERBS = ("view", "edit", "approve", "send", "readers", "configure", "people")

ROLES: dict[str, frozenset[str]] = {
    "admin": frozenset(VERBS),
    "editor": frozenset({"view", "edit", "approve", "send", "readers"}),
    "author": frozenset({"view", "edit"}),
    "readers": frozenset({"view", "readers"}),
    "viewer": frozenset({"view"}),
}
ROLE_LABELS = {"admin": "Admin", "editor": "Editor", "author": "Author", "readers": "Audience", "viewer": "Viewer"}


def can(user: User | AnonymousUser | None, verb: str, newsletter: Any = None) -> bool:
    """Whether `user` may do `verb` to `newsletter` (an id, an object with an id, or None for all of them).

    A role for all newsletters covers every one; a role for one newsletter covers only that one.
    """
    if verb not in VERBS:
        raise ValueError(f"There is no verb {verb!r}; the verbs are {', '.join(VERBS)}.")
    if not isinstance(user, User) or not user.is_active:
        return False
    wanted = getattr(newsletter, "id", newsletter)
    return any(
        verb in ROLES.get(role.name, frozenset()) and (role.newsletter_id is None or role.newsletter_id == wanted)
        for role in user.roles.all()
    )


def require(user: User | AnonymousUser | None, verb: str, newsletter: Any = None) -> None:
    """Raises NotAllowed unless `can(...)`."""
    if not can(user, verb, newsletter):
        raise NotAllowed(
            f"You have no right to {_VERB_TEXTS[verb]} here. An administrator of the desk can give it to you."
        )


def list_visible_newsletters(user: User | AnonymousUser | None, verb: str = "view") -> frozenset[int] | None:
    """The ids of the newsletters that `user` may `verb`; None means all of them."""
    if can(user, verb):
        return None
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    return frozenset(
        role.newsletter_id
        for role in user.roles.all()
        if role.newsletter_id is not None and verb in ROLES.get(role.name, frozenset())
    )


def is_signed_in(user: object) -> bool:
    """Whether this is a user of the desk, signed in and active."""
    return isinstance(user, User) and user.is_active


_VERB_TEXTS = {
    "view": "look at things",
    "edit": "edit",
    "approve": "approve",
    "send": "send",
    "readers": "see or change subscribers",
    "configure": "change settings",
    "people": "change users and roles",
}
