"""Who may do what: the one question `can(user, verb, newsletter)`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser

from newsletter.accounts.models import User
from newsletter.accounts.roles import ALLOWED_VERBS
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NotAllowed


def can(user: User | AnonymousUser | None, verb: Verb, newsletter: Any = None) -> bool:
    """Whether `user` may do `verb` to `newsletter` (an id, an object with an id, or None for all of them).

    A role for all newsletters covers every one; a role for one newsletter covers only that one.
    """
    if not isinstance(user, User) or not user.is_active:
        return False
    wanted = getattr(newsletter, "id", newsletter)
    return any(
        verb in ALLOWED_VERBS.get(role.name, frozenset())
        and (role.newsletter_id is None or role.newsletter_id == wanted)
        for role in user.roles.all()
    )


def require(user: User | AnonymousUser | None, verb: Verb, newsletter: Any = None) -> None:
    """Raises NotAllowed unless `can(...)`."""
    if not can(user, verb, newsletter):
        raise NotAllowed(
            f"You have no right to {verb.description} here. An administrator of the desk can give it to you."
        )


def list_visible_newsletters(user: User | AnonymousUser | None, verb: Verb = Verb.VIEW) -> frozenset[int] | None:
    """The ids of the newsletters that `user` may `verb`; None means all of them."""
    if can(user, verb):
        return None
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    return frozenset(
        role.newsletter_id
        for role in user.roles.all()
        if role.newsletter_id is not None and verb in ALLOWED_VERBS.get(role.name, frozenset())
    )


def is_signed_in(user: object) -> bool:
    """Whether this is a user of the desk, signed in and active."""
    return isinstance(user, User) and user.is_active
