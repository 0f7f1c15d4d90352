"""Who may do what: the one question `can(user, verb, newsletter)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser

from newsletter.accounts.models import Role, User
from newsletter.accounts.roles import ALLOWED_VERBS
from newsletter.kernel.actors import Verb


def can(user: User | AnonymousUser | None, verb: Verb, newsletter: Any = None) -> bool:
    """Whether `user` may do `verb` to `newsletter` (an id, an object with an id, or None for all of them).

    A role for all newsletters covers every one; a role for one newsletter covers only that one.
    """
    visible = list_visible_newsletters(user, verb)
    return visible is None or getattr(newsletter, "id", newsletter) in visible


def list_addresses_with(verb: Verb, newsletter_id: int) -> tuple[str, ...]:
    """The addresses of those who may `verb` to a newsletter, in order."""
    rows = User.objects.filter(is_active=True).prefetch_related("roles").order_by("email")
    return tuple(user.email for user in rows if can(user, verb, newsletter_id))


def list_visible_newsletters(user: User | AnonymousUser | None, verb: Verb = Verb.VIEW) -> frozenset[int] | None:
    """The ids of the newsletters that `user` may `verb`; None means all of them."""
    return map_visible_newsletters(user)[verb]


def map_visible_newsletters(user: User | AnonymousUser | None) -> dict[Verb, frozenset[int] | None]:
    """The newsletters that `user` may do each verb to, as `list_visible_newsletters` has them."""
    roles: Iterable[Role] = ()
    if isinstance(user, User) and user.is_active:
        roles = user.roles.all() if user.known_roles is None else user.known_roles
    roles = tuple(roles)
    found: dict[Verb, frozenset[int] | None] = {}
    for verb in Verb:
        ids = {role.newsletter_id for role in roles if verb in ALLOWED_VERBS.get(role.name, frozenset())}
        found[verb] = None if None in ids else frozenset(each for each in ids if each is not None)
    return found


def is_signed_in(user: object) -> bool:
    """Whether this is a user of the desk, signed in and active."""
    return isinstance(user, User) and user.is_active
