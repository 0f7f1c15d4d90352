"""Actors for tests: the system, which may do everything, and users with a role."""

from __future__ import annotations

from newsletter.accounts.actors import SystemActor, UserActor, get_user_actor
from newsletter.accounts.users import get_user_row
from newsletter.catalog import newsletters

SYSTEM = SystemActor("tests")


def act_as(email: str, *, network: str = "") -> UserActor:
    """The user with this address as an actor; roles are read anew."""
    return get_user_actor(get_user_row(email), network=network, find_lists=newsletters.map_lists)
